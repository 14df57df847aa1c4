/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock.c - how long a transfer may take, and how fast it may go
 */
#ifndef ZC_CLOCK_H
#define ZC_CLOCK_H

#include <linux/math64.h>
#include <linux/types.h>

/* Higher rates count as this rate. */
#define ZC_CLOCK_RATE_MAX	(1024ULL << 30)
/* No limit to a time */
#define ZC_CLOCK_NEVER		(~0ULL)

/* struct zc_clock - a transfer's times, in nanoseconds of one clock */
struct zc_clock {
	u64 deadline;		/* when it is given up, or ZC_CLOCK_NEVER */
	u64 idle;		/* longest time without progress, or ZC_CLOCK_NEVER */
	u64 moved;		/* time of the last progress, or of the start */
	u64 full;		/* since when its socket takes nothing; 0: it does */
	u64 paid;		/* its rate is used up until then */
	bool flows;		/* bytes went since its socket last took nothing */
};

enum zc_clock_says {
	ZC_CLOCK_GO,
	ZC_CLOCK_DEADLINE,
	ZC_CLOCK_IDLE,
};

void zc_clock_start(struct zc_clock *c, u64 now, u64 deadline_ns, u64 idle_ns);
enum zc_clock_says zc_clock_look(const struct zc_clock *c, u64 now);
u64 zc_clock_due(const struct zc_clock *c, u64 now);
u64 zc_clock_room(struct zc_clock *c, u64 now, u64 rate, u64 left, u64 *wait);
void zc_clock_moved(struct zc_clock *c, u64 now, u64 rate, u64 bytes);
u64 zc_clock_full(struct zc_clock *c, u64 now);

/* Can it ever be time to give up?  The answer stays the same. */
static inline bool zc_clock_limited(const struct zc_clock *c)
{
	return c->deadline != ZC_CLOCK_NEVER || c->idle != ZC_CLOCK_NEVER;
}

/* The lower of two rates; 0 is no limit. */
static inline u64 zc_clock_lower(u64 a, u64 b)
{
	return !a || (b && b < a) ? b : a;
}

#endif /* ZC_CLOCK_H */
