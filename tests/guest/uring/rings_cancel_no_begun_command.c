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
#include "peers.h"
#include "ring.h"

#define BIG	(1 << 20)

enum { COMMAND = 1, OTHER = 2 };

static int dev, file;
static struct pair s;
static struct raw q;
static struct ring r;

static struct io_uring_sqe *prepare(void)
{
	struct io_uring_sqe *sqe = ring_sqe(&r);

	s = pair_open(true);
	raw_fill(&q, s.near, file, 0, BIG);
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

/* What comes after a request to cancel, and for a moment longer */
struct answer {
	bool came, more;
	struct io_uring_cqe cqe;
	unsigned int live;
};

static void listen_to(struct answer *a)
{
	struct io_uring_cqe cqe;

	memset(a, 0, sizeof(*a));
	a->came = ring_wait(&r, &a->cqe, 20000);
	a->more = ring_wait(&r, &cqe, 500);
	a->live = live_count();
}

/* There is the CQE of the cancelling request; the command has none and lives. */
static void spared(const struct answer *a, const char *by, int want)
{
	ktap_ok(a->came && a->cqe.user_data == OTHER, "%s: is answered", by);
	ktap_eq(a->cqe.res, want, "%s: it found none", by);
	ktap_ok(!a->more, "%s: no other CQE comes", by);
	ktap_eq(a->live, 1, "%s: the transfer goes on", by);
}

static void ends(const char *by, int error, uint32_t status)
{
	struct io_uring_cqe cqe = { 0 };

	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == COMMAND,
		"%s: the command completes", by);
	ktap_eq(cqe.res, -error, "%s: with its errno", by);
	ktap_eq(q.r.status, status, "%s: and its result", by);
	close(s.near);
	close(s.far);
}

static void async_cancel(uint32_t flags, int want, const char *by)
{
	struct io_uring_sqe *sqe;
	struct answer a;

	begin();
	sqe = ring_sqe(&r);
	sqe->opcode = IORING_OP_ASYNC_CANCEL;
	sqe->fd = -1;
	sqe->addr = flags ? 0 : COMMAND;
	sqe->cancel_flags = flags;
	sqe->user_data = OTHER;
	if (ring_submit(&r) != 1)
		die("submission");
	listen_to(&a);
	spared(&a, by, want);
	ktap_eq(dev_cancel(dev, q.r.id), 1, "%s: the device finds it by its number", by);
	ends(by, ECANCELED, ZCOPY_STATUS_CANCELLED);
}

static void submit_with_timeout(uint64_t deadline_ns)
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
	if (ring_submit(&r) != 2)
		die("submission");
}

/* True if the deadline came first, because the guest was paused: there is no verdict. */
static bool too_late(const struct answer *a, uint64_t then, uint64_t deadline_ns)
{
	if (!a->more || !deadline_ns || now_ns() - then < deadline_ns)
		return false;
	close(s.near);
	close(s.far);
	return true;
}

static void link_timeout(uint64_t deadline_ns)
{
	unsigned int tries = 0;
	struct answer a;
	uint64_t then;

	do {
		then = now_ns();
		submit_with_timeout(deadline_ns);
		listen_to(&a);
	} while (too_late(&a, then, deadline_ns) && ++tries < 5);
	spared(&a, "LINK_TIMEOUT", -ENOENT);
	if (!deadline_ns)
		dev_cancel(dev, 0);
	ends(deadline_ns ? "deadline" : "cancel of all",
	     deadline_ns ? ETIMEDOUT : ECANCELED,
	     deadline_ns ? ZCOPY_STATUS_DEADLINE : ZCOPY_STATUS_CANCELLED);
}

int main(void)
{
	dev = dev_open(0);
	if (!dev_has(ZCOPY_FEAT_URING) || ring_open(&r, 8, 0))
		ktap_skip_all("no commands through io_uring here");
	file = file_to_read("source", BIG);
	async_cancel(0, -ENOENT, "ASYNC_CANCEL");
	/* The kernel answers with the number of cancelled requests. */
	async_cancel(IORING_ASYNC_CANCEL_ANY, 0, "ASYNC_CANCEL_ANY");
	link_timeout(0);
	link_timeout(3000000000ULL * guest_scale());
	ring_close(&r);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

