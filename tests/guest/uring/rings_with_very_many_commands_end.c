// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is closed that has more parked commands than the module handles in one
 * pass, some of them to many sockets each.  All of them end soon, and no command of
 * another ring ends until that ring is closed too.  No command sends after one of
 * which only a part was sent.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <sys/resource.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "ring.h"

#define MANY	1000
#define BESIDE	100
#define WIDE	16		/* commands with SOCKS sockets each */
#define SOCKS	30

static struct raw q[MANY + BESIDE];
static struct zcopy_sink wide[WIDE][SOCKS];
static struct zcopy_result res[MANY + BESIDE][SOCKS];
static int dev, file;
static struct pair s;
static struct pair beside;

static void park(struct ring *r, unsigned int first, unsigned int nr, int sock)
{
	for (unsigned int i = first; i < first + nr; i++) {
		raw_fill(&q[i], sock, file, i ? 1 << 20 : 0, 1 << 20);
		if (i < WIDE) {
			for (unsigned int j = 0; j < SOCKS; j++)
				wide[i][j] = q[i].k;
			q[i].s.sinks = (uintptr_t)wide[i];
			q[i].s.nr_sinks = SOCKS;
		}
		q[i].s.results = (uintptr_t)res[i];
		q[i].s.result_size = sizeof(res[i][0]);
		ring_send(ring_sqe(r), dev, &q[i].s, i);
		if (i % 32 == 31 && ring_submit(r) < 0)
			die("submit");
	}
	if (ring_submit(r) < 0)
		die("submit");
}

int main(void)
{
	unsigned int all = MANY - WIDE + WIDE * SOCKS;
	struct ring a, b;
	uint64_t start;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	file = file_to_read("source", 2 << 20);
	s = pair_open(true);
	beside = pair_open(true);
	dev = dev_open(0);
	if (ring_open(&a, 2048, 0) || ring_open(&b, 2048, 0))
		ktap_skip_all("no ring");
	park(&b, MANY, BESIDE, beside.near);
	park(&a, 0, MANY, s.near);
	ktap_ok(live_becomes(all + BESIDE, 20000), "%u are parked", all + BESIDE);
	start = now_ms();
	ring_close(&a);
	ktap_ok(live_becomes(BESIDE, 20000), "those of the ring that is closed end");
	note("after %llu ms", (unsigned long long)(now_ms() - start));
	sleep_ms(1500);
	ktap_eq(live_count(), BESIDE, "the other's do not");
	ring_close(&b);
	ktap_ok(live_becomes(0, 20000), "until that is closed too");
	close(dev);
	ktap_ok(counters_rest(), "all end");
	close(s.near);
	ktap_ok(sock_check(s.far, 0, 1 << 20) > 0, "and only the first has sent a part");
	return ktap_done();
}

