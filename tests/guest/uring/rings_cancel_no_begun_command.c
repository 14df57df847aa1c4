// SPDX-License-Identifier: GPL-2.0
/*
 * On no kernel do IORING_OP_ASYNC_CANCEL and IORING_OP_LINK_TIMEOUT stop a transfer
 * that has begun; they find no request.  The device's own cancel and the deadline
 * do stop it.  No feature bit promises more.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <unistd.h>

#include "doors.h"
#include "life.h"
#include "ring.h"

#define BIG	(1 << 20)

enum { COMMAND = 1, OTHER = 2 };

static int dev, file, s[2];
static struct life_req q;
static struct ring r;

static struct io_uring_sqe *prepare(void)
{
	struct io_uring_sqe *sqe = ring_sqe(&r);

	life_pair(s, true);
	life_req(&q, s[0], file, 0, BIG);
	q.s.results = (uintptr_t)&q.r;
	q.s.result_size = sizeof(q.r);
	ring_send(sqe, dev, &q.s, COMMAND);
	return sqe;
}

static void begin(void)
{
	prepare();
	if (ring_submit(&r) != 1 || !live_becomes(1, 10000))
		die("submission");
}

/* Takes the CQE of the cancelling request; the command has none and lives. */
static void spared(const char *by, int want)
{
	struct io_uring_cqe cqe = { 0 };

	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == OTHER, "%s: is answered", by);
	ktap_eq(cqe.res, want, "%s: it found none", by);
	ktap_ok(!ring_wait(&r, &cqe, 500), "%s: no other CQE comes", by);
	ktap_eq(live_count(), 1, "%s: the transfer goes on", by);
}

static void ends(const char *by, int error, uint32_t status)
{
	struct io_uring_cqe cqe = { 0 };

	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == COMMAND,
		"%s: the command completes", by);
	ktap_eq(cqe.res, -error, "%s: with its errno", by);
	ktap_eq(q.r.status, status, "%s: and its result", by);
	close(s[0]);
	close(s[1]);
}

static void async_cancel(uint32_t flags, int want, const char *by)
{
	struct io_uring_sqe *sqe;

	begin();
	sqe = ring_sqe(&r);
	sqe->opcode = IORING_OP_ASYNC_CANCEL;
	sqe->fd = -1;
	sqe->addr = flags ? 0 : COMMAND;
	sqe->cancel_flags = flags;
	sqe->user_data = OTHER;
	if (ring_submit(&r) != 1)
		die("submission");
	spared(by, want);
	ktap_eq(life_cancel(dev, q.r.id), 1, "%s: the device finds it by its number", by);
	ends(by, ECANCELED, ZCOPY_STATUS_CANCELLED);
}

static void link_timeout(uint64_t deadline_ns)
{
	struct __kernel_timespec soon = { .tv_nsec = 200000000 };
	struct io_uring_sqe *sqe = prepare();

	sqe->flags |= IOSQE_IO_LINK;
	sqe = ring_sqe(&r);
	sqe->opcode = IORING_OP_LINK_TIMEOUT;
	sqe->fd = -1;
	sqe->addr = (uintptr_t)&soon;
	sqe->len = 1;
	sqe->user_data = OTHER;
	q.s.deadline_ns = deadline_ns;
	if (ring_submit(&r) != 2 || !live_becomes(1, 10000))
		die("submission");
	spared("LINK_TIMEOUT", -ENOENT);
	if (!deadline_ns)
		life_cancel(dev, 0);
	ends(deadline_ns ? "deadline" : "cancel of all",
	     deadline_ns ? ETIMEDOUT : ECANCELED,
	     deadline_ns ? ZCOPY_STATUS_DEADLINE : ZCOPY_STATUS_CANCELLED);
}

int main(void)
{
	dev = life_open();
	if (!dev_has(ZCOPY_FEAT_URING) || ring_open(&r, 8, 0)) {
		printf("1..0 # SKIP no commands through io_uring here\n");
		return KTAP_SKIP;
	}
	file = life_file("source", BIG);
	async_cancel(0, -ENOENT, "ASYNC_CANCEL");
	/* The kernel answers with the number of cancelled requests. */
	async_cancel(IORING_ASYNC_CANCEL_ANY, 0, "ASYNC_CANCEL_ANY");
	link_timeout(0);
	link_timeout(3000000000ULL * guest_scale());
	ring_close(&r);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
