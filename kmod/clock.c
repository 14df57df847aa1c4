// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer's deadline, idle time and rate, as pure arithmetic: the caller passes
 * the time and does the waiting.  The rate is a token bucket, kept as a point in
 * time up to which the bytes are paid for.  Sent bytes move that point forward,
 * and it must not pass the present.  The time between the two is credit.
 *
 * Bytes go in bursts of 10 ms of the rate.  Bursts of a rate below 400 KiB/s may be
 * longer, up to 4096 bytes and up to 30 ms, but have at least one byte.  A transfer
 * that was held up by its socket catches up by one burst at most; a transfer that
 * was held up by a late timer, or by its file, by 250 ms.  Takes no lock: only the
 * runner calls.
 */
#include "clock.h"

#define ZC_NSEC			1000000000ULL
#define ZC_CLOCK_BURST		(10 * 1000000ULL)
#define ZC_CLOCK_BURST_MOST	(30 * 1000000ULL)
#define ZC_CLOCK_BURST_BYTES	4096
#define ZC_CLOCK_LATE		(250 * 1000000ULL)
/* No push is longer.  Keeps the products below within 64 bits. */
#define ZC_CLOCK_PUSH_MOST	(8ULL << 30)

/* Bytes that may go in @ns, which is a second at most; rounded down */
static u64 zc_clock_bytes(u64 ns, u64 rate)
{
	u64 whole = div64_u64(rate, ZC_NSEC);

	return whole * ns + div64_u64((rate - whole * ZC_NSEC) * ns, ZC_NSEC);
}

/* Nanoseconds that @bytes take, rounded up */
static u64 zc_clock_cost(u64 bytes, u64 rate)
{
	if (bytes > ZC_CLOCK_PUSH_MOST)
		bytes = ZC_CLOCK_PUSH_MOST;
	return div64_u64(bytes * ZC_NSEC + rate - 1, rate);
}

static u64 zc_clock_burst(u64 rate)
{
	u64 ns = zc_clock_cost(ZC_CLOCK_BURST_BYTES, rate);
	u64 least = zc_clock_cost(1, rate);

	if (ns > ZC_CLOCK_BURST_MOST)
		ns = ZC_CLOCK_BURST_MOST;
	if (ns < ZC_CLOCK_BURST)
		ns = ZC_CLOCK_BURST;
	return ns < least ? least : ns;
}

/**
 * zc_clock_start - start the clock of a transfer that is submitted
 * @c: set up
 * @now: the time, not 0
 * @deadline_ns: time after which the transfer is given up, 0 for never
 * @idle_ns: time without progress after which it is given up, 0 for never
 *
 * Context: Any.
 */
void zc_clock_start(struct zc_clock *c, u64 now, u64 deadline_ns, u64 idle_ns)
{
	c->deadline = ZC_CLOCK_NEVER;
	if (deadline_ns && deadline_ns < ZC_CLOCK_NEVER - now)
		c->deadline = now + deadline_ns;
	c->idle = idle_ns ? idle_ns : ZC_CLOCK_NEVER;
	c->moved = now;
	c->full = 0;
	c->paid = 0;
	c->flows = false;
}

/**
 * zc_clock_look - is it time to give up?
 * @c: the clock
 * @now: the time
 *
 * Context: The runner.
 * Return: ZC_CLOCK_GO if not, otherwise the reason.
 */
enum zc_clock_says zc_clock_look(const struct zc_clock *c, u64 now)
{
	if (now >= c->deadline)
		return ZC_CLOCK_DEADLINE;
	if (now >= c->moved && now - c->moved >= c->idle)
		return ZC_CLOCK_IDLE;
	return ZC_CLOCK_GO;
}

/**
 * zc_clock_due - how long until it is time to give up?
 * @c: the clock
 * @now: the time
 *
 * Context: The runner.
 * Return: nanoseconds, 0 if it is time now, or ZC_CLOCK_NEVER.
 */
u64 zc_clock_due(const struct zc_clock *c, u64 now)
{
	u64 due = ZC_CLOCK_NEVER, passed;

	if (c->deadline != ZC_CLOCK_NEVER)
		due = now < c->deadline ? c->deadline - now : 0;
	if (c->idle == ZC_CLOCK_NEVER)
		return due;
	passed = now > c->moved ? now - c->moved : 0;
	passed = passed < c->idle ? c->idle - passed : 0;
	return passed < due ? passed : due;
}

/**
 * zc_clock_room - how much may be sent now?
 * @c: the clock
 * @now: the time
 * @rate: bytes per second, not 0
 * @left: bytes left to be sent, 0 if unknown
 * @wait: set to nanoseconds until bytes may be sent, 0 if they may now
 *
 * Context: The runner.
 * Return: bytes, 0 if @wait is not 0.
 */
u64 zc_clock_room(struct zc_clock *c, u64 now, u64 rate, u64 left, u64 *wait)
{
	u64 burst, most, need, credit;

	if (rate > ZC_CLOCK_RATE_MAX)
		rate = ZC_CLOCK_RATE_MAX;
	burst = zc_clock_burst(rate);
	most = c->flows && burst < ZC_CLOCK_LATE ? ZC_CLOCK_LATE : burst;
	if (now > most && c->paid < now - most)
		c->paid = now - most;
	credit = now > c->paid ? now - c->paid : 0;

	need = burst;
	if (left && left < ZC_CLOCK_PUSH_MOST && zc_clock_cost(left, rate) < need)
		need = zc_clock_cost(left, rate);
	if (credit < need) {
		*wait = need - credit;
		return 0;
	}
	*wait = 0;
	/* The cost was rounded up: never 0. */
	return zc_clock_bytes(credit, rate);
}

/**
 * zc_clock_moved - note progress of the transfer
 * @c: the clock
 * @now: the time
 * @rate: bytes per second that it was limited to, 0 for no limit
 * @bytes: bytes that were sent; 0 if bytes were acknowledged instead
 *
 * Context: The runner.
 */
void zc_clock_moved(struct zc_clock *c, u64 now, u64 rate, u64 bytes)
{
	c->moved = now;
	c->full = 0;
	if (!rate) {
		c->paid = now;
		c->flows = false;
	} else if (bytes) {
		if (rate > ZC_CLOCK_RATE_MAX)
			rate = ZC_CLOCK_RATE_MAX;
		c->paid += zc_clock_cost(bytes, rate);
		c->flows = true;
	}
}

/**
 * zc_clock_full - note that the socket took nothing
 * @c: the clock
 * @now: the time, not 0
 *
 * Context: The runner.
 * Return: nanoseconds since it first took nothing after the last progress.
 */
u64 zc_clock_full(struct zc_clock *c, u64 now)
{
	c->flows = false;
	if (!c->full)
		c->full = now;
	return now > c->full ? now - c->full : 0;
}
