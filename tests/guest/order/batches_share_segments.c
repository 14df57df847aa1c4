// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of one batch to the same socket share segments, in order, and each is
 * complete in itself.  Nothing is held back once the batch returns, nor while it waits:
 * whatever the next transfer of the batch is, the peer has the bytes of the transfers
 * before it at once, and not after the 200 ms for which TCP holds back a tail.
 * guest: timeout=100
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"
#include "peers.h"
#include "response.h"
#include "slowfile.h"

#define NR	16
#define ALL	(NR * RESPONSE_BYTES)
#define TRIES	3		/* one of them has to be prompt: guests are slow */
#define PROMPT_MS	(100 * guest_scale())
#define PAGE	4096UL

static int dev, file, cold = -1, slow;
static struct raw q[NR];
static struct zcopy_send sends[NR];
static char *holes;		/* each access waits, once they are open */

static struct pair prompt_pair(void)
{
	struct pair p = pair_loopback(AF_INET);
	int on = 1;

	if (setsockopt(p.near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
	return p;
}

static void response(unsigned int i, int sock)
{
	response_fill(&q[i], i, sock, file);
	sends[i] = q[i].s;
}

static int batch(unsigned int nr, unsigned int *started)
{
	struct zcopy_batch b = {
		.size = sizeof(b), .sends = (uintptr_t)sends, .nr_sends = nr,
		.send_size = sizeof(sends[0]),
	};
	int err = ioctl(dev, ZCOPY_IOC_BATCH, &b) ? -errno : 0;

	*started = b.started;
	return err;
}

static bool readable(int fd, size_t bytes, int ms)
{
	static char buf[ALL];

	for (; ms > 0; ms -= 2) {
		if (recv(fd, buf, bytes, MSG_DONTWAIT | MSG_PEEK) == (ssize_t)bytes)
			return true;
		sleep_ms(2);
	}
	return false;
}

static bool collected(unsigned int nr)
{
	static struct zcopy_result res[NR];
	const char *wrong = dev_collect(dev, res, nr);
	bool right = !wrong;

	for (unsigned int i = 0; right && i < nr; i++)
		right = !res[i].status && result_adds_up(&res[i]) &&
			res[i].bytes == res[i].bytes_asked;
	if (!right)
		note("%s", wrong ? wrong : "a result is wrong");
	return right;
}

/* ---- what is shared ---- */

static void to_one_socket(void)
{
	struct pair p = prompt_pair();
	unsigned int started, before, used;
	bool right = true;

	for (int round = 0; round < 2; round++) {
		before = tcp_segments(p.near);
		for (unsigned int i = 0; i < NR; i++)
			response(i, p.near);
		ktap_ok(!batch(NR, &started) && started == NR, "a batch of %d responses", NR);
		right &= readable(p.far, ALL, 10000);
		for (unsigned int i = 0; right && i < NR; i++)
			right = response_comes(p.far, i);
		used = tcp_segments(p.near) - before;
	}
	ktap_ok(right, "they come in order");
	ktap_ok(used <= NR / 4, "in few segments (%u)", used);
	ktap_ok(collected(2 * NR), "each completes");
	pair_close(&p);
}

static void to_two_sockets(void)
{
	struct pair p[2] = { prompt_pair(), prompt_pair() };
	unsigned int started;
	bool right = true;

	for (unsigned int i = 0; i < NR; i++)
		response(i, p[i / 3 % 2].near);
	ktap_ok(!batch(NR, &started) && started == NR, "to two sockets in turn");
	for (unsigned int i = 0; right && i < NR; i++)
		right = response_comes(p[i / 3 % 2].far, i);
	ktap_ok(right, "to each its own, in order");
	ktap_ok(collected(NR), "each completes");
	pair_close(&p[0]);
	pair_close(&p[1]);
}

/* ---- what is not held back ---- */

/* Each changes response 1, which comes next. */
static void refused_next(void) { q[1].k.fd = -1; }
static void other_next(void) { q[1].k.fd = q[2].k.fd; }
static void nothing_next(void) { sends[1].nr_elems = 0; }
static void unmapped_next(void) { sends[1].elems = PAGE; }
static void slow_next(void) { sends[1].rate = 1; }

static void cold_next(void)
{
	file_uncache(cold);
	q[1].e[0] = elem_file(cold, RESPONSE_FILE, RESPONSE_FILE);
	sends[1].nr_elems = 1;
}

/* The batch does not know that its server gives no answer. */
static void mute_next(void)
{
	q[1].e[0] = elem_file(slow, 0, RESPONSE_FILE);
	sends[1].nr_elems = 1;
}

static const struct next {
	const char *name;
	void (*is)(void);
	bool refused, unended;
} nexts[] = {
	{ .name = "one that is refused", .is = refused_next, .refused = true },
	{ .name = "one to another socket", .is = other_next },
	{ .name = "one without bytes", .is = nothing_next },
	{ .name = "one whose file has to be read first", .is = cold_next },
	{ .name = "one whose list cannot be read", .is = unmapped_next, .refused = true },
	{ .name = "one with a file that its server does not answer", .is = mute_next,
	  .unended = true },
	{ .name = "one with a rate", .is = slow_next, .unended = true },
};

static void is_prompt(const struct next *n)
{
	bool right = true, prompt = false;
	unsigned int started;

	for (unsigned int i = 0; i < TRIES && right && !prompt; i++) {
		struct pair p = prompt_pair(), other = prompt_pair();

		response(2, other.near);
		response(0, p.near);
		response(1, p.near);
		n->is();
		right = !batch(2, &started) && started == (n->refused ? 1 : 2);
		prompt = readable(p.far, RESPONSE_BYTES, PROMPT_MS) && response_comes(p.far, 0);
		if (n->unended) {
			dev_cancel(dev, 0);
			if (slow >= 0)
				slowfile_ends();
			dev_gather(dev, 2, RESULT_MS);
		} else {
			right &= collected(started);
		}
		pair_close(&p);
		pair_close(&other);
	}
	ktap_ok(right, "%s: starts what it can", n->name);
	ktap_ok(prompt, "%s: the peer has what was before", n->name);
}

/* A child waits in the middle of its batch for memory that no page is provided for. */
static void while_it_waits(void)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING,
				       .range.len = PAGE };
	struct uffdio_api api = { .api = UFFD_API };
	struct pair p = prompt_pair();
	unsigned int started;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

		if (uffd < 0)
			_exit(4);
		holes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		reg.range.start = (uintptr_t)holes;
		if (holes == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
		    ioctl(uffd, UFFDIO_REGISTER, &reg))
			_exit(5);
		for (unsigned int i = 0; i < 4; i++)
			response(i, p.near);
		q[3].e[0] = elem_memory(holes, RESPONSE_HEADER);
		batch(4, &started);
		_exit(6);
	}
	if (readable(p.far, 3 * RESPONSE_BYTES, 10000)) {
		ktap_ok(response_comes(p.far, 0) && response_comes(p.far, 1) &&
			response_comes(p.far, 2),
			"a batch that waits for memory: the peer has what was before");
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		ktap_ok(WIFSIGNALED(status), "it can be killed there");
		/* The child started them on the device that both have open. */
		ktap_ok(collected(3), "what it started completes");
	} else {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 4)
			ktap_skip("this kernel has no userfaultfd");
		else
			ktap_ok(false, "a batch that waits for memory: the peer has what was before");
	}
	pair_close(&p);
}

/* The last response says that more follows, or the program does. */
static void tails_that_are_held(void)
{
	char byte;
	struct pair p = prompt_pair();
	unsigned int started, held = 0;

	for (unsigned int i = 0; i < TRIES; i++) {
		response(0, p.near);
		response(1, p.near);
		sends[1].flags = ZCOPY_F_MORE;
		if (batch(2, &started) || started != 2)
			die("a batch");
		held += !readable(p.far, 2 * RESPONSE_BYTES, 50);
		if (send(p.near, "h", 1, 0) != 1 || !response_comes(p.far, 0) ||
		    !response_comes(p.far, 1) ||
		    recv(p.far, &byte, 1, MSG_WAITALL) != 1)
			die("what follows");
	}
	ktap_ok(held, "ZCOPY_F_MORE of the last is obeyed");
	ktap_ok(collected(2 * TRIES), "each completes");
	pair_close(&p);
}

/* Far more than the socket takes, through a slow reader */
static void through_a_tight_socket(void)
{
	struct pair p = pair_tight(AF_INET);
	struct reader r;
	unsigned int started;

	reader_expect(&r, p.far, NR * 20000);
	for (unsigned int i = 0; i < NR; i++) {
		raw_fill(&q[i], p.near, file, i * 20000ULL, 20000);
		sends[i] = q[i].s;
	}
	ktap_ok(!batch(NR, &started) && started == NR, "a batch that has to wait for room");
	ktap_eq(reader_got(&r), NR * 20000, "all bytes, in order");
	ktap_ok(collected(NR), "each completes");
	pair_close(&p);
}

int main(void)
{
	const char *dir = fs_mount(FS_EXT4);
	char path[128];

	dev = dev_open(0);
	file = file_to_read("source", NR * 20000);
	slow = slowfile_open(NR * RESPONSE_FILE);
	if (dir) {
		snprintf(path, sizeof(path), "%s/cold", dir);
		cold = file_to_read(path, NR * RESPONSE_FILE);
	}
	to_one_socket();
	to_two_sockets();
	for (unsigned int i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		if (nexts[i].is == cold_next && cold < 0)
			ktap_skip("%s: %s", nexts[i].name, fs_why());
		else if (nexts[i].is == mute_next && slow < 0)
			ktap_skip("%s: this kernel has no FUSE", nexts[i].name);
		else
			is_prompt(&nexts[i]);
	}
	while_it_waits();
	tails_that_are_held();
	through_a_tight_socket();
	if (slow >= 0)
		slowfile_close(slow);
	return ktap_done();
}
