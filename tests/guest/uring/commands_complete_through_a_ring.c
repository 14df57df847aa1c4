// SPDX-License-Identifier: GPL-2.0
/*
 * An io_uring command that fits into the socket is done when the submission
 * returns.  A command that does not fit waits without a thread of the ring, and its
 * CQE comes when the peer has read.  The test covers rings of all kinds, registered
 * files, and many commands in one submission.
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "ring.h"

#define SMALL	5000
#define BIG	(256 << 10)	/* several times what small buffers take */
#define NR	16

static int dev, file;

struct kind {
	const char *name;
	unsigned int setup;
	unsigned int sqe_flags;
	bool fixed;
	bool inside;		/* the submitter itself issues it */
};

static const struct kind kinds[] = {
	{ "a plain ring", 0, 0, false, true },
	{ "a registered device", 0, IOSQE_FIXED_FILE, true, true },
	{ "deferred task work", RING_SINGLE_ISSUER | RING_DEFER_TASKRUN, 0, false, true },
	{ "long SQEs", IORING_SETUP_SQE128, 0, false, true },
	{ "long CQEs", IORING_SETUP_CQE32, 0, false, true },
	{ "a polling thread", IORING_SETUP_SQPOLL, 0, false, false },
	/* Last: its idle workers stay for a while. */
	{ "IOSQE_ASYNC", 0, IOSQE_ASYNC, false, false },
};

static void put(struct ring *r, const struct kind *k, struct raw *q,
		uint64_t data)
{
	struct io_uring_sqe *sqe = ring_sqe(r);

	q->s.results = (uintptr_t)&q->r;
	q->s.result_size = sizeof(q->r);
	ring_send(sqe, k->fixed ? 0 : dev, &q->s, data);
	sqe->flags = k->sqe_flags;
}

static bool open_kind(struct ring *r, const struct kind *k)
{
	int err = ring_open(r, 2 * NR, k->setup);

	if (err) {
		ktap_skip("%s: %s", k->name, strerror(-err));
		return false;
	}
	if (k->fixed && syscall(SYS_io_uring_register, r->fd,
				IORING_REGISTER_FILES, &dev, 1))
		die("registering a file");
	return true;
}

static bool is_whole(const struct zcopy_result *res, uint64_t bytes)
{
	return res->size == sizeof(*res) && res->status == ZCOPY_STATUS_DONE &&
	       res->bytes == bytes && res->id && result_adds_up(res);
}

static void small(const struct kind *k)
{
	struct io_uring_cqe cqe = { 0 };
	struct raw q;
	struct ring r;
	bool there;
	struct pair s;

	if (!open_kind(&r, k))
		return;
	s = pair_open(false);
	raw_fill(&q, s.near, file, 3, SMALL);
	q.s.cookie = 77;
	put(&r, k, &q, 0xabcdef0123456789ULL);
	ktap_eq(ring_submit(&r), 1, "%s: a small one is taken", k->name);
	there = k->inside ? ring_peek(&r, &cqe) : ring_wait(&r, &cqe, 20000);
	ktap_ok(there && cqe.res == 0 && !cqe.flags &&
		cqe.user_data == 0xabcdef0123456789ULL, "%s: its CQE is there%s",
		k->name, k->inside ? " at once" : "");
	ktap_ok(is_whole(&q.r, SMALL) && q.r.cookie == 77, "%s: so is its result",
		k->name);
	ktap_ok(!q.s.id, "%s: the request was not written to", k->name);
	ktap_eq(sock_check(s.far, 3, SMALL), SMALL, "%s: its bytes arrive", k->name);
	close(s.near);
	close(s.far);
	ring_close(&r);
}

/* Many commands at once, each to a peer that does not read yet. */
static void parked(const struct kind *k)
{
	struct raw *q = calloc(NR, sizeof(*q));
	unsigned int i, early = 0, good = 0, exact = 0, workers;
	struct reader reader[NR];
	struct io_uring_cqe cqe;
	struct ring r;
	struct pair s[NR];

	if (!open_kind(&r, k))
		return;
	for (i = 0; i < NR; i++) {
		s[i] = pair_open(true);
		raw_fill(&q[i], s[i].near, file, 0, BIG);
		put(&r, k, &q[i], i);
	}
	ktap_eq(ring_submit(&r), NR, "%s: %d in one submission", k->name, NR);
	for (i = 0; i < 2000 && live_count() != NR; i++)
		sleep_ms(10);
	live_stalled();
	/* Threads of the ring that issued commands exit after a while. */
	for (i = 0; i < 200 && ring_workers() > 2; i++)
		sleep_ms(100);
	workers = ring_workers();
	while (ring_peek(&r, &cqe))
		early++;
	ktap_eq(live_count(), NR, "%s: all wait for their peers", k->name);
	ktap_eq(early, 0, "%s: none completes before", k->name);
	if (k->sqe_flags & IOSQE_ASYNC)
		ktap_ok(workers <= 2, "%s: no worker is held", k->name);
	else
		ktap_eq(workers, 0, "%s: no worker is there", k->name);
	for (i = 0; i < NR; i++)
		if (q[i].r.id && !q[i].r.size)
			good++;
	ktap_eq(good, NR, "%s: numbers are told at once, results are not", k->name);
	for (i = 0; i < NR; i++)
		reader_expect(&reader[i], s[i].far, BIG);
	for (i = good = 0; i < NR && ring_wait(&r, &cqe, 30000); i++)
		if (cqe.res == 0 && cqe.user_data < NR &&
		    is_whole(&q[cqe.user_data].r, BIG))
			good++;
	ktap_eq(good, NR, "%s: all complete when their peers read", k->name);
	for (i = 0; i < NR; i++) {
		exact += reader_got(&reader[i]) == BIG;
		close(s[i].near);
		close(s[i].far);
	}
	ktap_eq(exact, NR, "%s: all bytes arrive", k->name);
	ktap_ok(!ring_wait(&r, &cqe, 100), "%s: no CQE too many", k->name);
	ring_close(&r);
	free(q);
}

/* Commands share a ring with one whose peer does not read. */
static void mixed(void)
{
	struct raw slow, fast[NR];
	struct io_uring_cqe cqe;
	int good = 0;
	struct pair s;
	struct pair f;
	unsigned int i;
	struct ring r;

	if (!open_kind(&r, &kinds[0]))
		return;
	s = pair_open(true);
	f = pair_open(false);
	raw_fill(&slow, s.near, file, 0, BIG);
	put(&r, &kinds[0], &slow, 999);
	for (i = 0; i < NR; i++) {
		raw_fill(&fast[i], f.near, file, i * 1000, 1000);
		put(&r, &kinds[0], &fast[i], i);
	}
	ktap_eq(ring_submit(&r), NR + 1, "one slow, %d fast ones", NR);
	for (i = 0; i < NR && ring_peek(&r, &cqe); i++)
		good += cqe.user_data == i && !cqe.res;
	ktap_eq(good, NR, "the fast ones are done, in order");
	ktap_eq(sock_check(f.far, 0, NR * 1000), NR * 1000, "in order in the stream");
	close(s.far);
	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == 999 &&
		(cqe.res == -ECONNRESET || cqe.res == -EPIPE) &&
		slow.r.status == ZCOPY_STATUS_SOCKET_ERROR &&
		(int)slow.r.error == -cqe.res,
		"the peer's reset is the slow one's errno and result");
	close(s.near);
	close(f.near);
	close(f.far);
	ring_close(&r);
}

int main(void)
{
	unsigned int i;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	dev = dev_open(0);
	file = file_to_read("source", BIG);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		small(&kinds[i]);
		parked(&kinds[i]);
	}
	mixed();
	return ktap_done();
}

