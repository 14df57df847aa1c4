// SPDX-License-Identifier: GPL-2.0
/*
 * Linked io_uring commands run one after the other.  A command that is refused, or
 * that does not send all its bytes, breaks the chain, whether it completed at once
 * or was parked.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "ring.h"

#define NR	4
#define BIG	(1 << 20)

static int dev, file;
static struct pair s;
static struct raw q[NR];
static struct ring r;

static void put(unsigned int i, bool link)
{
	struct io_uring_sqe *sqe = ring_sqe(&r);

	q[i].s.results = (uintptr_t)&q[i].r;
	q[i].s.result_size = sizeof(q[i].r);
	ring_send(sqe, dev, &q[i].s, i);
	sqe->flags = link ? IOSQE_IO_LINK : 0;
}

/* The CQEs that come, by their place in the chain */
static unsigned int take(int *res)
{
	struct io_uring_cqe cqe;
	unsigned int n = 0;

	while (n < NR && ring_wait(&r, &cqe, 20000)) {
		res[cqe.user_data] = cqe.res;
		n++;
	}
	return n;
}

static void chain(const char *what, int refused, uint64_t first)
{
	int res[NR] = { 1, 1, 1, 1 }, want[NR] = { 0 };
	struct reader reader;
	uint64_t bytes = 0;
	unsigned int i;

	s = pair_open(true);
	for (i = 0; i < NR; i++) {
		uint64_t len = i ? 1000 : first;

		raw_fill(&q[i], s.near, file, bytes, len);
		if ((int)i == refused)
			q[i].k.fd = -1;
		want[i] = refused < 0 || (int)i < refused ? 0 :
			  (int)i == refused ? -EBADF : -ECANCELED;
		if (!want[i])
			bytes += len;
		put(i, i < NR - 1);
	}
	ktap_eq(ring_submit(&r), NR, "%s: taken", what);
	reader_expect(&reader, s.far, BIG + NR * 1000);
	ktap_eq(take(res), NR, "%s: each has its CQE", what);
	for (i = 0; i < NR; i++)
		ktap_eq(res[i], want[i], "%s: number %u", what, i);
	shutdown(s.near, SHUT_WR);
	ktap_eq(reader_got(&reader), bytes, "%s: the bytes of those that ran",
		what);
	close(s.near);
	close(s.far);
}

static void truncated(void)
{
	int res[NR] = { 1, 1, 1, 1 };
	unsigned int i;

	s = pair_open(false);
	for (i = 0; i < NR; i++) {
		raw_fill(&q[i], s.near, file, i ? 0 : BIG - 100, 1000);
		put(i, i < NR - 1);
	}
	ring_submit(&r);
	ktap_eq(take(res), NR, "a file that ends early: each has its CQE");
	ktap_ok(res[0] == -ENODATA && q[0].r.status == ZCOPY_STATUS_TRUNCATED &&
		q[0].r.bytes == 100, "it is told of the first");
	ktap_ok(res[1] == -ECANCELED && res[2] == -ECANCELED &&
		res[3] == -ECANCELED, "the rest is not run");
	ktap_ok(!q[1].r.size && !q[2].r.size && !q[3].r.size,
		"nor are there results of it");
	close(s.near);
	close(s.far);
}

int main(void)
{
	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	dev = dev_open(0);
	file = file_to_read("source", BIG + NR * 1000);
	if (ring_open(&r, 16, 0))
		die("a ring");
	chain("a chain", -1, 1000);
	chain("a chain with a parked head", -1, BIG);
	chain("the first is refused", 0, 1000);
	chain("the third is refused", 2, 1000);
	chain("the third is refused after a parked head", 2, BIG);
	close(file);
	file = file_to_read("source", BIG);
	truncated();
	ring_close(&r);
	return ktap_done();
}

