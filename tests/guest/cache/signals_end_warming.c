// SPDX-License-Identifier: GPL-2.0
/*
 * A signal ends a WARM by SEND, even if its handler has SA_RESTART, and the result says
 * how many bytes were looked up: the call would begin at the first byte again, and under
 * a periodic timer it would never end.  A pending signal alone does not end it.
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

#define SIZE		(16 * MIB)
#define NR		1024		/* times the file: longer than any timer here */
#define SECONDS		(1000 * (int)guest_scale())

static struct zcopy_elem elems[NR];

/* What the child tells its parent */
static struct report {
	int ret;
	struct zcopy_result res;
	uint64_t took;
	volatile bool done;
} *told;

static void on_alarm(int sig)
{
	(void)sig;
}

static void child(int dev, int file, unsigned int us)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval it = { { 0, us }, { 0, us } };
	uint64_t start = now_ms();
	struct raw q;

	raw_fill(&q, -1, file, 0, SIZE);
	for (unsigned int i = 0; i < NR; i++)
		elems[i] = q.e[0];
	q.s.elems = (uintptr_t)elems;
	q.s.nr_elems = NR;
	q.s.nr_sinks = 0;
	q.s.sink_size = 0;
	q.s.sinks = 0;
	q.s.flags = ZCOPY_F_WARM;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	told->ret = raw_send(dev, &q);
	told->took = now_ms() - start;
	told->res = q.r;
	told->done = true;
}

static void warm_under(int dev, int file, unsigned int us)
{
	uint64_t end = now_ms() + 30 * SECONDS, hits;
	pid_t pid;

	memset(told, 0, sizeof(*told));
	pid = fork();
	if (!pid) {
		child(dev, file, us);
		_exit(0);
	}
	while (!told->done && now_ms() < end)
		sleep_ms(10);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	hits = told->res.cache_hit_bytes + told->res.cache_miss_bytes;
	ktap_ok(told->done && !told->ret, "a timer of %u us: it comes back", us);
	ktap_ok(told->res.status == ZCOPY_STATUS_CANCELLED &&
		told->res.error == EINTR, "%u us: ended by the signal", us);
	ktap_ok(hits > 0 && hits < NR * SIZE, "%u us: it says what was looked up", us);
	note("returned %d, status %u, %llu bytes, after %llu ms", told->ret,
	     told->res.status, (unsigned long long)hits,
	     (unsigned long long)told->took);
}

int main(void)
{
	int dev = dev_open(0), file = file_to_read("file", SIZE);

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		die("memory");
	warm_under(dev, file, 50000);
	warm_under(dev, file, 1000);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
