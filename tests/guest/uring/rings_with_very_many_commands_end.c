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
#include "life.h"
#include "ring.h"

#define MANY	1000
#define BESIDE	100
#define WIDE	16		/* commands with SOCKS sockets each */
#define SOCKS	30

static struct life_req q[MANY + BESIDE];
static struct zcopy_sink wide[WIDE][SOCKS];
static struct zcopy_result res[MANY + BESIDE][SOCKS];
static int dev, file, s[2], beside[2];

static void park(struct ring *r, unsigned int first, unsigned int nr, int sock)
{
	for (unsigned int i = first; i < first + nr; i++) {
		life_req(&q[i], sock, file, i ? 1 << 20 : 0, 1 << 20);
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
			ktap_bail("submit");
	}
	if (ring_submit(r) < 0)
		ktap_bail("submit");
}

int main(void)
{
	unsigned int all = MANY - WIDE + WIDE * SOCKS;
	struct ring a, b;
	uint64_t start;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	file = life_file("source", 2 << 20);
	life_pair(s, true);
	life_pair(beside, true);
	dev = life_open();
	if (ring_open(&a, 2048, 0) || ring_open(&b, 2048, 0))
		ktap_skip_all("no ring");
	park(&b, MANY, BESIDE, beside[0]);
	park(&a, 0, MANY, s[0]);
	ktap_ok(live_becomes(all + BESIDE, 20000), "%u are parked", all + BESIDE);
	start = life_ms();
	ring_close(&a);
	ktap_ok(live_becomes(BESIDE, 20000), "those of the ring that is closed end");
	ktap_note("after %llu ms", (unsigned long long)(life_ms() - start));
	life_nap(1500);
	ktap_eq(live_count(), BESIDE, "the other's do not");
	ring_close(&b);
	ktap_ok(live_becomes(0, 20000), "until that is closed too");
	close(dev);
	ktap_ok(life_rest(), "all end");
	close(s[0]);
	ktap_ok(life_check(s[1], 0, 1 << 20) > 0, "and only the first has sent a part");
	return ktap_done();
}
