// SPDX-License-Identifier: GPL-2.0
/*
 * A process is killed, or exits, with commands parked in its ring, and the module
 * is unloaded as soon as rmmod succeeds.  By then the last instructions of the code
 * that ended the commands must have run, whichever thread ran it.
 * guest: timeout=100
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "ring.h"

#define NR	8
#define NO_RING	77		/* this kernel has no such rings */

static int file;

static int module_in(void)
{
	int fd = open("/zcopy.ko", O_RDONLY | O_CLOEXEC);
	int ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);
	return ret;
}

static int module_out(void)
{
	uint64_t end = now_ms() + 20000 * guest_scale();

	while (syscall(SYS_delete_module, "zcopy", O_NONBLOCK)) {
		if (errno != EWOULDBLOCK || now_ms() > end)
			return -errno;
	}
	return 0;
}

static void child(unsigned int kind, bool exits, int ready)
{
	static struct raw q[NR];
	int dev = dev_open(0);
	struct pair s;
	struct ring r;

	s = pair_open(true);
	if (ring_open(&r, NR, ring_kinds[kind].setup))
		_exit(NO_RING);
	for (unsigned int i = 0; i < NR; i++) {
		struct io_uring_sqe *sqe = ring_sqe(&r);

		raw_fill(&q[i], s.near, file, 0, 1 << 20);
		q[i].s.results = (uintptr_t)&q[i].r;
		q[i].s.result_size = sizeof(q[i].r);
		ring_send(sqe, dev, &q[i].s, i);
		sqe->flags = ring_kinds[kind].flags;
	}
	if (ring_submit(&r) != NR || !live_becomes(NR, 20000))
		_exit(1);
	close(dev);
	if (exits)
		_exit(0);
	if (write(ready, "x", 1) != 1)
		_exit(2);
	for (;;)
		pause();
}

/* What became of the process: 0, NO_RING, or a failure */
static int once(unsigned int kind, bool exits)
{
	int ready[2], status = 0;
	char c;
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(ready[0]);
		child(kind, exits, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1)
		kill(pid, SIGKILL);
	close(ready[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int main(void)
{
	/* Half of the rounds kill the process, the others let it exit. */
	unsigned int kind, round, bad, rounds = guest_is_debug() ? 2 : 6;
	uint64_t start;
	int ended;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	file = file_to_read("source", 1 << 20);
	for (kind = 0; kind < RING_KINDS; kind++) {
		start = now_ms();
		for (round = bad = ended = 0; round < rounds && !bad; round++) {
			ended = once(kind, round % 2);
			if (ended)
				break;
			bad = module_out() || module_in();
		}
		if (ended == NO_RING)
			ktap_skip("%s: not in this kernel", ring_kinds[kind].name);
		else
			ktap_ok(!bad && !ended, "%s: the module goes right after them (%d)",
				ring_kinds[kind].name, ended);
		note("%u rounds in %llu ms", round,
		     (unsigned long long)(now_ms() - start));
	}
	return ktap_done();
}

