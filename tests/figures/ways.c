// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to send a file, as the articles on zero copy list them.  A mapping is made
 * and removed by the way that needs it, as a server does for each file; what does not
 * depend on the file (buffer, pipes, descriptors) is there before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "zcctl/bench_ways.h"

#define SMALL_BUFFER	4096

uint64_t map_ns, unmap_ns;

static int second_pipe[2], nowhere;

static void check(int err, const char *way)
{
	errno = -err;
	if (err)
		fail(way);
}

void ways_prepare(const struct job *j)
{
	(void)j;
	OR_FAIL(pipe(second_pipe));
	OR_FAIL(fcntl(second_pipe[0], F_SETPIPE_SZ, PIPE_BYTES));
	OR_FAIL(nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC));
}

void ways_end(void)
{
	close(second_pipe[0]);
	close(second_pipe[1]);
	close(nowhere);
}

/* The program of 2008: a buffer of 4 KiB */
static void by_read_write_4k(const struct job *j)
{
	char buffer[SMALL_BUFFER];
	size_t at = 0;

	while (at < j->size) {
		size_t left = j->size - at;
		ssize_t n = pread(j->file, buffer,
				  left < sizeof(buffer) ? left : sizeof(buffer), at);

		OR_FAIL(n);
		check(way_write_all(j->sock, buffer, n), "write");
		at += n;
	}
}

static void by_read_write(const struct job *j)
{
	check(way_read_write(j->sock, j->file, j->size, j->buffer, 0), "read and write");
}

static char *map(const struct job *j, int how)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	char *at = mmap(NULL, j->size, PROT_READ, MAP_SHARED | how, j->file, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	map_ns = now_ns(CLOCK_MONOTONIC) - start;
	return at;
}

static void unmap(const struct job *j, char *at)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	OR_FAIL(munmap(at, j->size));
	unmap_ns = now_ns(CLOCK_MONOTONIC) - start;
}

static void by_mmap_write(const struct job *j)
{
	char *at = map(j, 0);

	check(way_write_all(j->sock, at, j->size), "write");
	unmap(j, at);
}

static void by_mmap_populate(const struct job *j)
{
	char *at = map(j, MAP_POPULATE);

	check(way_write_all(j->sock, at, j->size), "write");
	unmap(j, at);
}

void by_sendfile(const struct job *j)
{
	check(way_sendfile(sendfile, j->sock, j->file, j->size), "sendfile");
}

void by_interposed(const struct job *j)
{
	check(way_sendfile(j->interposed, j->sock, j->file, j->size),
	      "sendfile of the interposer");
}

static void by_splice(const struct job *j)
{
	check(way_splice(j->sock, j->file, j->size, j->pipe, PIPE_BYTES), "splice");
}

/* One copy of the pages for the socket, one for another reader, which is /dev/null. */
static void by_tee(const struct job *j)
{
	off_t at = 0;

	while ((size_t)at < j->size) {
		ssize_t n = way_splice_in(j->file, &at, j->size, j->pipe[1], PIPE_BYTES);

		check(n < 0 ? n : 0, "splice");
		if (tee(j->pipe[0], second_pipe[1], n, 0) != n)
			fail("tee");
		check(way_splice_out(second_pipe[0], j->sock, n,
				     way_splice_how(at, j->size)), "splice");
		check(way_splice_out(j->pipe[0], nowhere, n, 0), "splice");
	}
}

static void by_vmsplice(const struct job *j)
{
	char *from = map(j, 0);
	size_t at = 0;

	while (at < j->size) {
		struct iovec v = {
			from + at,
			j->size - at < PIPE_BYTES ? j->size - at : PIPE_BYTES,
		};
		ssize_t n = vmsplice(j->pipe[1], &v, 1, 0);

		OR_FAIL(n);
		at += n;
		check(way_splice_out(j->pipe[0], j->sock, n, way_splice_how(at, j->size)),
		      "splice");
	}
	unmap(j, from);
}

/* Takes one message that tells which sends no longer need the memory: how many. */
static unsigned int released(int sock)
{
	struct pollfd p = { .fd = sock };
	char control[128];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *e;

	OR_FAIL(poll(&p, 1, -1));
	OR_FAIL(recvmsg(sock, &m, MSG_ERRQUEUE));
	e = (void *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	return e->ee_data - e->ee_info + 1;
}

static void by_msg_zerocopy(const struct job *j)
{
	unsigned int held = 0;
	char *from = map(j, 0);
	size_t at = 0;
	int one = 1;

	OR_FAIL(setsockopt(j->sock, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)));
	while (at < j->size) {
		ssize_t n = send(j->sock, from + at, j->size - at, MSG_ZEROCOPY);

		if (n < 0 && errno == ENOBUFS && held) {
			held -= released(j->sock);
			continue;
		}
		OR_FAIL(n);
		held++;
		at += n;
	}
	while (held)
		held -= released(j->sock);
	unmap(j, from);
}

const struct way ways[] = {
	{ .name = "read_write_4k", .send = by_read_write_4k, .in_2008 = true },
	{ .name = "read_write", .send = by_read_write },
	{ .name = "mmap_write", .send = by_mmap_write, .in_2008 = true },
	{ .name = "mmap_populate_write", .send = by_mmap_populate },
	{ .name = "sendfile", .send = by_sendfile, .in_2008 = true },
	{ .name = "splice", .send = by_splice, .in_2008 = true },
	{ .name = "tee", .send = by_tee },
	{ .name = "vmsplice", .send = by_vmsplice },
	{ .name = "uring_splice", .send = by_uring_splice },
	{ .name = "msg_zerocopy", .send = by_msg_zerocopy },
	{ .name = "interposed", .send = by_interposed, .in_2008 = true },
	{ .name = "zcopy_send", .send = by_zcopy_send, .in_2008 = true },
	{ .name = "zcopy_submit", .send = by_zcopy_submit },
	{ .name = "zcopy_ring", .send = by_zcopy_ring },
	{ .name = "zcopy_netlink", .send = by_zcopy_netlink },
	{ 0 },
};
