// SPDX-License-Identifier: GPL-2.0
/*
 * A time limit counts from the first call, however often signals interrupt it.  A SEND
 * that has a limit is not restarted, as with SO_SNDTIMEO; a WAIT that has one returns,
 * as epoll_wait(2) does, even if the signal has no handler.  Without a limit both go on.
 * guest: timeout=90
 */
#include "ktap.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE		(1 << 20)
#define LIMIT		1000
#define SECONDS		(1000 * (int)guest_scale())
#define LATE		(20 * SECONDS)	/* an alarm each 100 ms would prolong it for ever */

static int dev, file;
static struct pair s;

/* What the child tells its parent */
static struct report {
	int ret;
	uint32_t status;
	uint64_t took;
	volatile bool done;
} *told;

static void on_alarm(int sig)
{
	(void)sig;
}

static void alarms(unsigned int ms)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval it = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void child_send(uint64_t deadline_ms, uint64_t idle_ms)
{
	uint64_t start = now_ms();
	struct raw q;

	alarms(100);
	raw_fill(&q, s.near, file, 0, SIZE);
	q.s.deadline_ns = deadline_ms * 1000000;
	q.s.idle_ns = idle_ms * 1000000;
	told->ret = raw_send(dev, &q);
	told->status = q.r.status;
	told->took = now_ms() - start;
	told->done = true;
}

static void child_wait(uint64_t id, int limit_ms)
{
	uint64_t start = now_ms();
	struct zcopy_result res;

	told->ret = dev_wait(dev, id, &res, 1, 1, limit_ms);
	told->took = now_ms() - start;
	told->done = true;
}

/* Waits for a child, and stops and continues it meanwhile if @stops. */
static bool comes_back(pid_t pid, bool stops, int ms)
{
	uint64_t end = now_ms() + ms;

	while (!told->done && now_ms() < end) {
		sleep_ms(300);
		if (stops) {
			kill(pid, SIGSTOP);
			sleep_ms(20);
			kill(pid, SIGCONT);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return told->done;
}

static pid_t begin(void)
{
	memset(told, 0, sizeof(*told));
	return fork();
}

static void send_with(uint64_t deadline_ms, uint64_t idle_ms, const char *what)
{
	pid_t pid = begin();

	if (!pid) {
		child_send(deadline_ms, idle_ms);
		_exit(0);
	}
	ktap_ok(comes_back(pid, false, LIMIT + LATE), "SEND with %s comes back", what);
	ktap_ok(told->ret == -EINTR ||
		(!told->ret && told->status >= ZCOPY_STATUS_CANCELLED),
		"%s: interrupted, or out of time", what);
	ktap_ok(told->done && told->took < LIMIT + (uint64_t)LATE, "%s: in time",
		what);
	note("returned %d, status %u after %llu ms", told->ret, told->status,
	     (unsigned long long)told->took);
}

static void wait_with(uint64_t id, int limit_ms, bool ends)
{
	const char *what = ends ? "a limit" : "no limit";
	pid_t pid = begin();

	if (!pid) {
		child_wait(id, limit_ms);
		_exit(0);
	}
	ktap_eq(comes_back(pid, true, ends ? LIMIT + LATE : 4 * SECONDS), ends,
		"WAIT with %s %s", what, ends ? "comes back" : "goes on");
	if (!ends)
		return;
	ktap_ok(told->done && (told->ret == -EINTR || !told->ret), "%s: interrupted, or out of time",
		what);
	ktap_ok(told->done && told->took < LIMIT + (uint64_t)LATE, "%s: in time",
		what);
	note("returned %d after %llu ms", told->ret,
	     (unsigned long long)told->took);
}

int main(void)
{
	struct zcopy_result res;
	struct raw q;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dev = dev_open(0);
	file = file_to_read("file", SIZE);
	s = pair_open(true);
	/* The first transfer fills the socket and waits; the others send nothing. */
	raw_fill(&q, s.near, file, 0, SIZE);
	if (told == MAP_FAILED || raw_submit(dev, &q))
		die("setup");
	send_with(LIMIT, 0, "a deadline");
	send_with(0, LIMIT, "an idle limit");
	wait_with(q.s.id, LIMIT, true);
	wait_with(q.s.id, -1, false);
	dev_cancel(dev, 0);
	ktap_eq(dev_wait(dev, q.s.id, &res, 1, 1, 10 * SECONDS), 1, "it ends");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

