// SPDX-License-Identifier: GPL-2.0
/*
 * The module's clock keeps a rate over any second, whatever the rate, the timer
 * resolution and the size of pushes.  Time lost to a full socket is not made up for.
 * Deadlines and idle times expire when they should.
 * sources: kmod/clock.c
 */
#include "ktap.h"

#include "../../kmod/clock.h"

#define MS	1000000ULL
#define SEC	(1000 * MS)
#define START	(1000 * SEC)

struct run {
	struct zc_clock c;
	u64 now;
	u64 sent;
	u64 most;		/* longest burst at one time */
};

static void begin(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->now = START;
	zc_clock_start(&r->c, r->now, 0, 0);
}

/* Sends in pushes until a given time, with timers that round up to their resolution. */
static void run(struct run *r, u64 until, u64 rate, u64 push, u64 grain)
{
	u64 wait, room, burst = 0;

	while (r->now < until) {
		room = zc_clock_room(&r->c, r->now, rate, 1ULL << 62, &wait);
		if (!room) {
			if (!wait) {
				ktap_ok(0, "no room and nothing to wait for");
				return;
			}
			r->now = (r->now + wait + grain - 1) / grain * grain;
			burst = 0;
			continue;
		}
		if (room > push)
			room = push;
		zc_clock_moved(&r->c, r->now, rate, room);
		r->sent += room;
		burst += room;
		if (burst > r->most)
			r->most = burst;
	}
}

static int within(u64 got, u64 want, unsigned int percent, u64 slack)
{
	u64 d = got > want ? got - want : want - got;

	return d <= want / 100 * percent + slack;
}

static void rates(void)
{
	static const u64 rate[] = { 1, 3, 1000, 4096, 65536, 300000, 1 << 20,
		123456789, 1ULL << 30, 5000000000ULL, 1ULL << 40 };
	static const u64 grain[] = { 1, MS, 4 * MS, 10 * MS };

	for (unsigned int i = 0; i < sizeof(rate) / sizeof(*rate); i++) {
		int held = 1, even = 1;

		for (unsigned int g = 0; g < 4; g++) {
			for (u64 push = 1 << 10; push <= 1 << 24; push <<= 7) {
				struct run r;

				/* Too many pushes to try */
				if (rate[i] / push > 1000000)
					continue;
				begin(&r);
				run(&r, START + SEC, rate[i], push, grain[g]);
				held &= within(r.sent, rate[i], 5, 1);
				even &= r.most <= rate[i] / 20 + 1;
				if (!held || !even)
					note("rate %llu grain %llu push %llu: %llu, bursts of %llu",
					     (unsigned long long)rate[i],
					     (unsigned long long)grain[g],
					     (unsigned long long)push,
					     (unsigned long long)r.sent,
					     (unsigned long long)r.most);
				if (!held || !even)
					break;
			}
		}
		ktap_ok(held, "%llu B/s are held within 5 %% over a second",
			(unsigned long long)rate[i]);
		ktap_ok(even, "and sent in bursts of a twentieth at most");
	}
}

static void beyond(void)
{
	struct run a, b;
	u64 wait;

	begin(&a);
	begin(&b);
	ktap_ok(zc_clock_room(&a.c, START, ~0ULL, 0, &wait) ==
		zc_clock_room(&b.c, START, ZC_CLOCK_RATE_MAX, 0, &wait),
		"the highest rate that can be given counts as the highest");
	zc_clock_moved(&a.c, START, ~0ULL, ~0ULL);
	ktap_ok(a.c.paid > START - SEC && a.c.paid < START + SEC,
		"and costs what that does");
}

static void changes(void)
{
	struct run r;
	u64 half;

	begin(&r);
	run(&r, START + SEC, 1 << 20, 1 << 16, 4 * MS);
	half = r.sent;
	run(&r, START + 2 * SEC, 4 << 20, 1 << 16, 4 * MS);
	ktap_ok(within(r.sent - half, 4 << 20, 5, 1),
		"a rate that was raised holds from then on");
	half = r.sent;
	run(&r, START + 3 * SEC, 1 << 18, 1 << 16, 4 * MS);
	ktap_ok(within(r.sent - half, 1 << 18, 5, 1), "so does one that was lowered");
	half = r.sent;
	zc_clock_moved(&r.c, r.now, 0, 1 << 30);
	r.now += 10 * SEC;
	zc_clock_moved(&r.c, r.now, 0, 1 << 30);
	run(&r, r.now + SEC, 1 << 20, 1 << 16, 4 * MS);
	ktap_ok(within(r.sent - half, 1 << 20, 5, 1),
		"and one after a time without any");
}

static void held_up(void)
{
	const u64 rate = 1 << 20;
	struct run r;
	u64 room, wait;

	begin(&r);
	run(&r, START + SEC, rate, 1 << 16, MS);
	ktap_ok(zc_clock_full(&r.c, r.now) == 0, "a socket is full since now");
	r.now += 5 * SEC;
	ktap_ok(zc_clock_full(&r.c, r.now) == 5 * SEC, "and 5 s later since 5 s");
	room = zc_clock_room(&r.c, r.now, rate, 0, &wait);
	ktap_ok(room && room <= rate / 50, "what it held up is not made up for");
	zc_clock_moved(&r.c, r.now, rate, room);
	r.now += 100 * MS;
	ktap_ok(zc_clock_full(&r.c, r.now) == 0, "it is full anew after it took some");

	begin(&r);
	run(&r, START + SEC, rate, 1 << 16, MS);
	r.now += 100 * MS;
	room = zc_clock_room(&r.c, r.now, rate, 0, &wait);
	ktap_ok(within(room, rate / 10, 15, 0), "what a late timer held up is");
	r.now += 5 * SEC;
	room = zc_clock_room(&r.c, r.now, rate, 0, &wait);
	ktap_ok(room <= rate / 4 + 1, "but for a quarter of a second only");
}

static void rest(void)
{
	struct run r;
	u64 wait;

	begin(&r);
	zc_clock_moved(&r.c, START, 1000, 0);
	ktap_ok(zc_clock_room(&r.c, START, 1000, 5, &wait) >= 5 && !wait,
		"a small transfer goes at once");
	zc_clock_moved(&r.c, START, 1000, 30);
	ktap_ok(!zc_clock_room(&r.c, START, 1000, 5, &wait) && wait == 5 * MS,
		"the rest waits as long as its own bytes take");
}

static void limits(void)
{
	struct zc_clock c;

	zc_clock_start(&c, START, 0, 0);
	ktap_ok(zc_clock_look(&c, ~0ULL - 1) == ZC_CLOCK_GO &&
		zc_clock_due(&c, START) == ZC_CLOCK_NEVER, "no limit: never");
	zc_clock_start(&c, START, 7, 0);
	ktap_ok(zc_clock_look(&c, START + 6) == ZC_CLOCK_GO &&
		zc_clock_due(&c, START + 6) == 1, "a deadline is still to come");
	ktap_ok(zc_clock_look(&c, START + 7) == ZC_CLOCK_DEADLINE &&
		!zc_clock_due(&c, START + 8), "and has come");
	zc_clock_start(&c, START, ~0ULL, ~0ULL);
	ktap_ok(zc_clock_look(&c, ~0ULL - 1) == ZC_CLOCK_GO,
		"the longest times never pass");
	zc_clock_start(&c, START, 100, 10);
	ktap_ok(zc_clock_due(&c, START) == 10, "the nearer one is due first");
	zc_clock_moved(&c, START + 9, 0, 1);
	ktap_ok(zc_clock_look(&c, START + 18) == ZC_CLOCK_GO &&
		zc_clock_look(&c, START + 19) == ZC_CLOCK_IDLE,
		"the idle time starts again with each byte");
	ktap_ok(zc_clock_look(&c, START + 100) == ZC_CLOCK_DEADLINE,
		"the deadline counts first");
	ktap_ok(zc_clock_due(&c, START + 18) == 1 && zc_clock_due(&c, START + 50) == 0,
		"what is past is due now");
	ktap_ok(zc_clock_lower(0, 0) == 0 && zc_clock_lower(0, 3) == 3 &&
		zc_clock_lower(3, 0) == 3 && zc_clock_lower(3, 2) == 2 &&
		zc_clock_lower(2, 3) == 2, "of two rates the lower one binds");
}

int main(void)
{
	rates();
	beyond();
	changes();
	held_up();
	rest();
	limits();
	return ktap_done();
}
