// SPDX-License-Identifier: GPL-2.0
/*
 * The rivals in a ring with one connection: chains of reads and sends, which copy, and a
 * small response as a chain that ends with two splices.  A chain is one system call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bench.h"
#include "ring.h"
#include "zcctl/bench_ways.h"

#define CHAIN_PAIRS	16	/* reads and sends in one chain */

static struct io_uring_sqe *entry(struct ring *r, int opcode, int fd, size_t len,
				  bool linked)
{
	struct io_uring_sqe *sqe = ring_sqe(r);

	sqe->opcode = opcode;
	sqe->flags = linked ? IOSQE_IO_LINK : 0;
	sqe->fd = fd;
	sqe->len = len;
	sqe->user_data = len;
	return sqe;
}

static void add_read(const struct job *j, char *to, size_t at, size_t len)
{
	struct io_uring_sqe *sqe = entry(uring_ring(j), IORING_OP_READ, j->file, len,
					 true);

	sqe->addr = (uintptr_t)to;
	sqe->off = at;
}

static void add_send(const struct job *j, size_t len, int flags, bool linked)
{
	struct io_uring_sqe *sqe = entry(uring_ring(j), IORING_OP_SEND, j->sock, len,
					 linked);

	sqe->addr = (uintptr_t)j->buffer;
	sqe->msg_flags = MSG_WAITALL | flags;
}

static void add_splice(const struct job *j, int in, size_t at, int out, bool linked)
{
	struct io_uring_sqe *sqe = entry(uring_ring(j), IORING_OP_SPLICE, out, j->size,
					 linked);

	sqe->splice_fd_in = in;
	sqe->splice_off_in = at;
	sqe->off = -1;
	sqe->splice_flags = SPLICE_F_MOVE;
}

/* Submits a chain of @nr operations, all of which must do all that they were told. */
static void run_chain(const struct job *j, unsigned int nr)
{
	struct ring *r = uring_ring(j);
	struct io_uring_cqe cqe;

	ring_enter(r, nr);
	while (nr && ring_reap(r, &cqe)) {
		if (cqe.res < 0 || (uint64_t)cqe.res != cqe.user_data) {
			fprintf(stderr, "bench: a chain of a ring: %d, not %llu\n", cqe.res,
				(unsigned long long)cqe.user_data);
			exit(1);
		}
		nr--;
	}
	if (nr)
		fail("a ring lost completions");
}

/* One operation of a chain ends before the next begins, so one buffer is enough. */
void by_uring_read_send(const struct job *j)
{
	size_t at = 0;

	while (at < j->size) {
		unsigned int pairs = 0;

		while (at < j->size && pairs < CHAIN_PAIRS) {
			size_t left = j->size - at;
			size_t len = left < WAY_BUFFER ? left : WAY_BUFFER;

			pairs++;
			add_read(j, j->buffer, at, len);
			at += len;
			add_send(j, len, at < j->size ? MSG_MORE : 0,
				 at < j->size && pairs < CHAIN_PAIRS);
		}
		run_chain(j, 2 * pairs);
	}
}

void response_by_uring_read_send(const struct job *j)
{
	add_read(j, j->buffer + HEADER_BYTES, 0, j->size);
	add_send(j, HEADER_BYTES + j->size, 0, false);
	run_chain(j, 2);
}

void response_by_uring_splice(const struct job *j)
{
	const int *pipe = uring_pipe(j);

	add_send(j, HEADER_BYTES, MSG_MORE, true);
	add_splice(j, j->file, 0, pipe[1], true);
	add_splice(j, pipe[0], -1, j->sock, false);
	run_chain(j, 3);
}
