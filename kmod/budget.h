/* SPDX-License-Identifier: GPL-2.0 */
/*
 * budget.c - how much CPU time workers may use for a cgroup
 */
#ifndef ZC_BUDGET_H
#define ZC_BUDGET_H

#include <linux/math64.h>
#include <linux/types.h>

/* What the cgroup itself used is looked at, and the budget filled, this often. */
#define ZC_BUDGET_TICK		(10 * 1000000ULL)
/* No wait for a budget is longer, unless more than a thousand wait. */
#define ZC_BUDGET_WAIT_MOST	(1000 * 1000000ULL)
/* The weight that a cgroup has at first, in the unit of cpu.shares */
#define ZC_BUDGET_WEIGHT	1024

/* struct zc_budget - CPU time of a limited cgroup, in nanoseconds unless said otherwise */
struct zc_budget {
	u64 quota;		/* microseconds in each period, 0: no limit */
	u64 period;		/* microseconds */
	s64 left;		/* negative: a debt */
	u64 since;		/* when it was last filled */
	u64 used;		/* by the cgroup itself until then */
	u64 own;		/* of that, not yet subtracted */
	u64 turn;		/* what a job costs, on average */
};

void zc_budget_set(struct zc_budget *b, s64 quota, u64 period, u64 now, u64 used);
bool zc_budget_due(const struct zc_budget *b, u64 now);
void zc_budget_fill(struct zc_budget *b, u64 now, u64 used);
u64 zc_budget_wait(const struct zc_budget *b, unsigned int ahead);
void zc_budget_charge(struct zc_budget *b, u64 ns, bool exempt);
bool zc_budget_full(const struct zc_budget *b, u64 now);
u64 zc_budget_share(u64 share, u64 weight, u64 all);
int zc_budget_nice(u64 share);

#endif /* ZC_BUDGET_H */
