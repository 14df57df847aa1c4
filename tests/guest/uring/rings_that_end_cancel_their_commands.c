// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is closed, or its process is killed, exits or executes another program,
 * while commands are parked.  The commands end soon, on every kernel, and leave
 * nothing.  Closing only the device's descriptor ends no command.
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "ring.h"

#define NR	8
#define BIG	(1 << 20)

enum { CLOSE_RING, KILL, EXIT, EXEC, THREAD_EXITS, HOWS };

static const char *const hows[] = {
	"the ring is closed", "the process is killed", "the process exits",
	"the process executes another program",
	"the thread that submitted exits, then the ring is closed",
};

static int file;
static struct pair socks[NR];
static struct raw q[NR];
static struct ring r;

/* The longest look at commands without a descriptor of their device: once per kind */
static unsigned int settle_ms(unsigned int how)
{
	return how == CLOSE_RING ? 700 : 50;
}

static void submit(unsigned int how, unsigned int kind)
{
	int dev = dev_open(0);
	unsigned int i;

	if (ring_open(&r, 2 * NR, ring_kinds[kind].setup))
		_exit(77);
	for (i = 0; i < NR; i++) {
		struct io_uring_sqe *sqe = ring_sqe(&r);

		raw_fill(&q[i], socks[i].near, file, 0, BIG);
		q[i].s.results = (uintptr_t)&q[i].r;
		q[i].s.result_size = sizeof(q[i].r);
		ring_send(sqe, dev, &q[i].s, i);
		sqe->flags = ring_kinds[kind].flags;
	}
	if (ring_submit(&r) != NR)
		_exit(1);
	for (i = 0; i < 2000 && live_count() != NR; i++)
		sleep_ms(10);
	if (live_count() != NR)
		_exit(2);
	close(dev);
	sleep_ms(settle_ms(how));
	if (live_count() != NR)
		_exit(3);
}

static void *submit_thread(void *arg)
{
	submit(THREAD_EXITS, *(unsigned int *)arg);
	return NULL;
}

static void child(unsigned int how, unsigned int kind, int ready)
{
	pthread_t thread;

	for (unsigned int i = 0; i < NR; i++)
		close(socks[i].far);
	if (how == THREAD_EXITS) {
		if (pthread_create(&thread, NULL, submit_thread, &kind))
			_exit(4);
		pthread_join(thread, NULL);
	} else {
		submit(how, kind);
	}
	switch (how) {
	case THREAD_EXITS:
	case CLOSE_RING:
		ring_close(&r);
		break;
	case EXIT:
		_exit(0);
	case EXEC:
		fcntl(r.fd, F_SETFD, 0);
		if (write(ready, "x", 1) != 1)
			_exit(5);
		execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(6);
	}
	if (write(ready, "x", 1) != 1)
		_exit(5);
	for (;;)
		pause();
}

static void once(unsigned int how, unsigned int kind)
{
	uint64_t cancelled = counter_of("transfers_cancelled");
	int ready[2], status = 0;
	unsigned int i;
	char c = 0;
	pid_t pid;

	for (i = 0; i < NR; i++)
		socks[i] = pair_open(true);
	if (pipe(ready))
		die("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(how, kind, ready[1]);
	close(ready[1]);
	for (i = 0; i < NR; i++)
		close(socks[i].near);
	if (how != EXIT && read(ready[0], &c, 1) != 1) {
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			ktap_skip("%s: no such ring here", ring_kinds[kind].name);
		else
			ktap_ok(0, "%s, %s: parked (status %x)", hows[how],
				ring_kinds[kind].name, status);
		goto out;
	}
	if (how == KILL)
		kill(pid, SIGKILL);
	if (how == KILL || how == EXIT)
		waitpid(pid, &status, 0);
	if (how == EXIT && WEXITSTATUS(status)) {
		ktap_ok(WEXITSTATUS(status) == 77, "%s, %s: parked (status %x)",
			hows[how], ring_kinds[kind].name, status);
		goto out;
	}
	ktap_ok(live_becomes(0, 20000), "%s, %s: nothing is live any more",
		hows[how], ring_kinds[kind].name);
	ktap_ok(counters_rest() && counter_of("transfers_cancelled") == cancelled + NR,
		"%s, %s: all were cancelled", hows[how], ring_kinds[kind].name);
	if (how != KILL && how != EXIT) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
out:
	close(ready[0]);
	for (i = 0; i < NR; i++)
		close(socks[i].far);
}

int main(void)
{
	unsigned int how, kind;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	file = file_to_read("source", BIG);
	for (how = 0; how < HOWS; how++)
		for (kind = 0; kind < RING_KINDS; kind++)
			once(how, kind);
	return ktap_done();
}

