// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands are cancelled through the device, by the number in the result or
 * all at once, while they are parked and while bytes flow.  Each command has one CQE, with
 * ECANCELED or, if the command ended before the cancel, with its own outcome; the
 * result matches.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "ring.h"

#define NR	8
#define BIG	(256 << 10)
#define ROUNDS	(guest_is_debug() ? 10 : 40)
#define LATEST	6000		/* microseconds until the cancel of the last round */

static int dev, file;
static struct pair s[NR];
static struct raw q[NR];
static struct ring r;

static void submit(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++) {
		s[i] = pair_open(true);
		raw_fill(&q[i], s[i].near, file, 0, BIG);
		q[i].s.results = (uintptr_t)&q[i].r;
		q[i].s.result_size = sizeof(q[i].r);
		ring_send(ring_sqe(&r), dev, &q[i].s, i);
	}
	if (ring_submit(&r) != NR)
		die("submission");
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++) {
		close(s[i].near);
		close(s[i].far);
	}
}

/* Takes all CQEs and counts the cancelled ones; returns a sentence if one is wrong. */
static const char *take(unsigned int nr, unsigned int *cancelled)
{
	unsigned int i, seen = 0;
	struct io_uring_cqe cqe;

	for (i = 0; i < nr; i++) {
		struct zcopy_result *res;

		if (!ring_wait(&r, &cqe, 20000))
			return "a CQE is missing";
		if (seen & 1 << cqe.user_data)
			return "a CQE came twice";
		seen |= 1 << cqe.user_data;
		res = &q[cqe.user_data].r;
		if (cqe.res == -ECANCELED && res->status == ZCOPY_STATUS_CANCELLED &&
		    res->error == ECANCELED && res->bytes < BIG)
			++*cancelled;
		else if (cqe.res || res->status != ZCOPY_STATUS_DONE || res->bytes != BIG)
			return "CQE and result do not fit";
	}
	return ring_peek(&r, &cqe) ? "a CQE too many" : NULL;
}

static void while_parked(void)
{
	struct io_uring_cqe cqe;
	unsigned int n = 0;
	const char *wrong;

	submit();
	live_becomes(NR, 10000);
	live_stalled();
	ktap_eq(dev_cancel(dev, q[3].r.id), 1, "one is cancelled by its number");
	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == 3 &&
		cqe.res == -ECANCELED && q[3].r.status == ZCOPY_STATUS_CANCELLED,
		"it has its CQE and result");
	ktap_eq(dev_cancel(dev, q[3].r.id), -ENOENT, "it is gone");
	ktap_eq(sock_check(s[3].far, 0, q[3].r.bytes), q[3].r.bytes,
		"the bytes that it tells are there");
	ktap_eq(dev_cancel(dev, 0), NR - 1, "the rest is cancelled");
	wrong = take(NR - 1, &n);
	ktap_ok(!wrong && n == NR - 1, "each once");
	if (wrong)
		note("%s", wrong);
	finish();
}

static void while_running(void)
{
	unsigned int i, j, n = 0, rounds = ROUNDS;
	const char *wrong = NULL;

	for (i = 0; i < rounds && !wrong; i++) {
		struct reader reader[NR];

		submit();
		for (j = 0; j < NR; j++)
			reader_expect(&reader[j], s[j].far, BIG);
		usleep(i * LATEST / rounds);
		for (j = 0; j < NR; j++)
			dev_cancel(dev, i & 1 ? q[j].r.id : 0);
		wrong = take(NR, &n);
		for (j = 0; j < NR; j++) {
			shutdown(s[j].near, SHUT_WR);
			if (reader_got(&reader[j]) != (long)q[j].r.bytes)
				wrong = wrong ?: "the peer got something else";
		}
		finish();
	}
	ktap_ok(!wrong, "%u rounds while bytes flow", rounds);
	if (wrong)
		note("round %u: %s", i, wrong);
	ktap_ok(n > 0, "some were cancelled");
	note("%u of %u were", n, rounds * NR);
}

int main(void)
{
	struct zcopy_result res;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	dev = dev_open(0);
	file = file_to_read("source", BIG);
	if (ring_open(&r, 2 * NR, 0))
		die("a ring");
	while_parked();
	while_running();
	ktap_eq(dev_wait(dev, 0, &res, 1, 0, 0), 0, "the device has no completions");
	ring_close(&r);
	return ktap_done();
}

