// SPDX-License-Identifier: GPL-2.0
/*
 * A submission through netlink from a cgroup that is far over its memory.high: the
 * kernel lets the submitter sleep for that, but not while its message is handled, under
 * a lock that all generic netlink families share.  The sleep comes afterwards.
 * A pause of the guest may fall into a round, so there are several.
 *
 * needs: nl
 * guest: timeout=120
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "nlraw.h"
#include "peers.h"

#define TOP	"/sys/fs/cgroup"
#define CGROUP	TOP "/throttled"
#define USED	(24 * MIB)
#define ELEMS	1024
#define SOCKETS	64
#define ROUNDS	5

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static struct nlraw nl;
static struct nlraw_msg msg;
static _Atomic uint64_t begun, returned;

static void *say(void *arg)
{
	begun = now_ns();
	if (send(nl.fd, &msg, msg.h.nlmsg_len, 0) != (ssize_t)msg.h.nlmsg_len)
		die("a long message");
	returned = now_ns();
	return arg;
}

static void build(int file, int dev)
{
	struct nlattr *nest;

	nlraw_begin(&nl, &msg, ZCOPY_CMD_SUBMIT, NLM_F_ACK);
	nlraw_u32(&msg, ZCOPY_A_DEV, dev);
	for (unsigned int i = 0; i < ELEMS; i++) {
		nest = nlraw_nest(&msg, ZCOPY_A_ELEM);
		nlraw_u32(&msg, ZCOPY_A_ELEM_FD, file);
		nlraw_end(&msg, nest);
	}
	for (unsigned int i = 0; i < SOCKETS; i++) {
		nest = nlraw_nest(&msg, ZCOPY_A_SINK);
		nlraw_u32(&msg, ZCOPY_A_SINK_FD, pair_loopback(AF_INET).near);
		nlraw_end(&msg, nest);
	}
	nlraw_number(&nl, &msg);
}

/* In the cgroup; seconds from the submission, shared with the test */
static struct round {
	bool taken;
	double answer, all;
} *seen;

static void submits(void)
{
	char *used = mmap(NULL, USED, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t;
	int err;

	build(file_make("file", 0, 5, 100), dev_open(0));
	memset(used, 1, USED);
	if (!put(CGROUP "/memory.high", "1M"))
		die("memory.high");
	pthread_create(&t, NULL, say, NULL);
	err = nlraw_listen(&nl);
	seen->answer = (now_ns() - begun) / 1e9;
	pthread_join(t, NULL);
	seen->all = (returned - begun) / 1e9;
	put(CGROUP "/memory.high", "max");
	seen->taken = !err;
	if (err)
		note("%d %s", err, nl.words);
	note("handled in %.1f s, %.1f s in all", seen->answer, seen->all);
}

static bool handled_soon(void)
{
	return seen->taken && seen->answer < 1.5 * guest_scale();
}

static bool sleeps_then(void)
{
	return seen->taken && seen->all > seen->answer + 0.5;
}

/* In a process of its own, which begins without the penalty of the one before */
static void try_round(void)
{
	pid_t pid;

	memset(seen, 0, sizeof(*seen));
	pid = fork();
	if (!pid) {
		if (!put(CGROUP "/cgroup.procs", "0"))
			die("a cgroup");
		nlraw_open(&nl);
		submits();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("a submitter");
}

int main(void)
{
	mount("none", TOP, "cgroup2", 0, NULL);
	put(TOP "/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755) || !put(CGROUP "/memory.high", "max"))
		ktap_skip_all("no memory cgroups");
	put(CGROUP "/memory.swap.max", "0");
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		die("shared memory");
	try_round();
	for (unsigned int i = 1; i < ROUNDS && !(handled_soon() && sleeps_then()); i++)
		try_round();
	ktap_ok(seen->taken, "it is taken");
	ktap_ok(handled_soon(), "its message is handled in %.1f s", seen->answer);
	ktap_ok(sleeps_then(), "and the submitter sleeps then: %.1f s in all", seen->all);
	for (unsigned int i = 0; i < 100 * guest_scale() && rmdir(CGROUP); i++)
		sleep_ms(100);
	return ktap_done();
}
