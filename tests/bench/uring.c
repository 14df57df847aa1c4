// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to get a file into sockets through io_uring: chains of two splices, file to
 * pipe to socket, and zcopy's command.  All connections share one ring; each has its
 * own pipe, because a chain must not find bytes of another chain in its pipe.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/zcopy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"
#include "verbs.h"

#define NOBODY		65534
#define RING_ENDS_US	200000
#define LEAST_ENTRIES	64	/* for the methods with one connection, which send in chains */

/* struct lane - one connection's part of a round */
struct lane {
	int sock;
	int pipe[2];
	size_t room;			/* of the pipe */
	size_t at;			/* bytes of the file spliced into the pipe so far */
	size_t piped;			/* bytes in the pipe */
	unsigned int flying;		/* operations that are not complete */
	struct zcopy_sink sink;
	struct zcopy_send send;
	struct zcopy_result result;
};

struct uring {
	struct ring ring;
	unsigned int nr;
	struct zcopy_elem elem;
	struct lane lanes[];
};

/*
 * The kernel limits the pages of all pipes of a user (16,384 pages, or 1,024 pipes of
 * the usual 64 KiB; further pipes get 8 KiB).  Root is exempt but a server is not, so
 * an ordinary user creates these pipes.
 */
static void make_pipes(struct uring *u, size_t room)
{
	OR_FAIL(setresuid(NOBODY, NOBODY, 0));
	for (unsigned int i = 0; i < u->nr; i++) {
		struct lane *l = &u->lanes[i];
		int got;

		OR_FAIL(pipe2(l->pipe, O_CLOEXEC));
		if (room)
			OR_FAIL(fcntl(l->pipe[0], F_SETPIPE_SZ, room));
		OR_FAIL(got = fcntl(l->pipe[0], F_GETPIPE_SZ));
		l->room = got;
	}
	OR_FAIL(setresuid(0, 0, 0));
}

/* One connection gets the largest pipe that a user may have, many the default. */
void uring_prepare(struct job *j, unsigned int nr)
{
	struct uring *u = calloc(1, sizeof(*u) + nr * sizeof(u->lanes[0]));

	if (!u)
		fail("memory");
	u->nr = nr;
	u->elem = file_elem(j);
	ring_open(&u->ring, nr < LEAST_ENTRIES / 2 ? LEAST_ENTRIES : 2 * nr);
	make_pipes(u, nr == 1 && j->size >= PIPE_BYTES ? PIPE_BYTES : 0);
	j->uring = u;
}

void uring_end(struct job *j)
{
	struct uring *u = j->uring;

	if (!u)
		return;
	for (unsigned int i = 0; i < u->nr; i++) {
		close(u->lanes[i].pipe[0]);
		close(u->lanes[i].pipe[1]);
	}
	ring_close(&u->ring);
	/* A ring ends in the background, and then interrupts the call of its task. */
	usleep(RING_ENDS_US);
	free(u);
	j->uring = NULL;
}

size_t uring_least_pipe(const struct job *j)
{
	size_t least = PIPE_BYTES;

	for (unsigned int i = 0; i < j->uring->nr; i++)
		if (j->uring->lanes[i].room < least)
			least = j->uring->lanes[i].room;
	return least;
}

struct ring *uring_ring(const struct job *j)
{
	return &j->uring->ring;
}

const int *uring_pipe(const struct job *j)
{
	return j->uring->lanes[0].pipe;
}

static void splice_one(struct ring *r, struct lane *l, int in, size_t at, int out,
		       size_t len, bool more, bool linked)
{
	struct io_uring_sqe *sqe = ring_sqe(r);

	sqe->opcode = IORING_OP_SPLICE;
	sqe->flags = linked ? IOSQE_IO_LINK : 0;
	sqe->splice_fd_in = in;
	sqe->splice_off_in = at;
	sqe->fd = out;
	sqe->off = -1;
	sqe->len = len;
	sqe->splice_flags = SPLICE_F_MOVE | (more ? SPLICE_F_MORE : 0);
	sqe->user_data = (uintptr_t)l | (out == l->sock);
	l->flying++;
}

/*
 * Fills in the next chain.  If the last chain was short or broken, bytes are left in
 * the pipe, and these go out first.  Returns false if there is nothing to submit.
 */
static bool splice_next(const struct job *j, struct lane *l)
{
	struct ring *r = &j->uring->ring;
	size_t len = l->piped;

	if (!len) {
		len = j->size - l->at < l->room ? j->size - l->at : l->room;
		if (!len)
			return false;
		splice_one(r, l, j->file, l->at, l->pipe[1], len, true, true);
	}
	splice_one(r, l, l->pipe[0], -1, l->sock, len,
		   l->at + (l->piped ? 0 : len) < j->size, false);
	return true;
}

static void splice_account(struct lane *l, const struct io_uring_cqe *cqe)
{
	bool sent = cqe->user_data & 1;

	l->flying--;
	if (cqe->res <= 0 && !(sent && cqe->res == -ECANCELED)) {
		errno = -cqe->res;
		fail("splice in a ring");
	}
	if (cqe->res < 0)
		return;
	if (sent) {
		l->piped -= cqe->res;
	} else {
		l->piped += cqe->res;
		l->at += cqe->res;
	}
}

void by_uring_splice(const struct job *j)
{
	struct uring *u = j->uring;
	unsigned int live = u->nr;

	for (unsigned int i = 0; i < u->nr; i++) {
		u->lanes[i].sock = j->socks[i];
		u->lanes[i].at = 0;
		splice_next(j, &u->lanes[i]);
	}
	while (live) {
		struct io_uring_cqe cqe;

		ring_enter(&u->ring, 1);
		while (ring_reap(&u->ring, &cqe)) {
			struct lane *l = (void *)(uintptr_t)(cqe.user_data & ~1ULL);

			splice_account(l, &cqe);
			if (!l->flying && !splice_next(j, l))
				live--;
		}
	}
}

static void zcopy_command(const struct job *j, uint32_t verb, const void *arg,
			  void *data)
{
	struct zcopy_uring cmd = { .addr = (uintptr_t)arg };
	struct io_uring_sqe *sqe = ring_sqe(&j->uring->ring);

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = j->zcopy;
	sqe->user_data = (uintptr_t)data;
	/* cmd_op and cmd[]: older headers do not name these fields. */
	sqe->off = verb;
	memcpy((char *)sqe + 48, &cmd, sizeof(cmd));
}

/* Has one command start the transfers of a batch, and waits for their end. */
void uring_batch(const struct job *j, const struct zcopy_batch *b)
{
	struct io_uring_cqe cqe;

	zcopy_command(j, ZCOPY_IOC_BATCH, b, NULL);
	ring_enter(&j->uring->ring, 1);
	if (!ring_reap(&j->uring->ring, &cqe) || cqe.res != (int)b->nr_sends)
		fail("a batch in a ring");
}

static void zcopy_start(const struct job *j, struct lane *l, int sock)
{
	l->sink = (struct zcopy_sink) { .fd = sock };
	l->send = send_list(&l->sink, &j->uring->elem, 1);
	l->send.results = (uintptr_t)&l->result;
	l->send.result_size = sizeof(l->result);
	zcopy_command(j, ZCOPY_IOC_SEND, &l->send, l);
}

static void by_uring_zcopy(const struct job *j)
{
	struct uring *u = j->uring;
	unsigned int live = u->nr;

	for (unsigned int i = 0; i < u->nr; i++)
		zcopy_start(j, &u->lanes[i], j->socks[i]);
	while (live) {
		struct io_uring_cqe cqe;

		ring_enter(&u->ring, 1);
		while (ring_reap(&u->ring, &cqe)) {
			struct lane *l = (void *)(uintptr_t)cqe.user_data;

			if (cqe.res || l->result.bytes != j->size) {
				fprintf(stderr, "bench: zcopy in a ring: %d, %llu bytes\n",
					cqe.res, (unsigned long long)l->result.bytes);
				exit(1);
			}
			live--;
		}
	}
}

const struct method uring_methods[] = {
	{ .name = "uring_splice", .send = by_uring_splice },
	{ .name = "uring_zcopy", .send = by_uring_zcopy, .guard = true },
	{ 0 },
};
