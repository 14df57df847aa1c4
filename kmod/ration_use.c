// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at the limits and the weight of a cgroup, makes transfers wait for CPU time, and
 * charges what was used to the cgroup and to all above it.  The arithmetic is in budget.c,
 * what is read from the kernel in compat/cpucg.h.
 *
 * Takes the lock of one budget at a time, and zc_ration_lock for the weights, never both.
 */
#include <linux/cgroup.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "compat/compat.h"
#include "ration_priv.h"

/* How long limits and weights may be out of date */
#define ZC_RATION_FRESH	HZ

static void zc_ration_read(struct zc_ration *r)
{
	u64 weight = zc_cpucg_weight(r->css), period = 0;
	s64 quota = zc_cpucg_quota(r->css, &period);
	u64 used = 0;

	if (quota > 0 && !READ_ONCE(r->budget.quota))
		used = zc_cpucg_used(r->css);
	spin_lock(&r->lock);
	zc_budget_set(&r->budget, quota, period, ktime_get_ns(), used);
	spin_unlock(&r->lock);
	if (READ_ONCE(r->weight) == weight)
		return;
	spin_lock(&zc_ration_lock);
	if (r->up)
		r->up->below += weight - r->weight;
	WRITE_ONCE(r->weight, weight);
	spin_unlock(&zc_ration_lock);
}

/**
 * zc_ration_look - look at limits and weights of a cgroup and those above it
 * @leaf: its ration
 *
 * Context: Process context, may schedule.
 */
void zc_ration_look(struct zc_ration *leaf)
{
	u64 share = ZC_BUDGET_WEIGHT;
	bool limited = false;
	struct zc_ration *r;

	for (r = leaf; r; r = r->up) {
		u64 all = ZC_BUDGET_WEIGHT, weight;

		zc_ration_read(r);
		limited |= READ_ONCE(r->budget.quota);
		weight = READ_ONCE(r->weight);
		/* RACE: others change the sum; no share is more than the whole. */
		if (r->up)
			all = max(READ_ONCE(r->up->below), weight);
		share = zc_budget_share(share, weight, all);
		cond_resched();
	}
	WRITE_ONCE(leaf->nice, zc_budget_nice(share));
	WRITE_ONCE(leaf->limited, limited);
}

/**
 * zc_ration_limits - is CPU time limited?  Also looks at the cgroups from time to time
 * @r: the ration
 *
 * Context: Process context, may schedule.
 * Return: true if the cgroup, or one above it, has a limit.
 */
bool zc_ration_limits(struct zc_ration *r)
{
	unsigned long looked = READ_ONCE(r->looked), now = jiffies;

	/* RACE: one of several workers looks. */
	if (time_after_eq(now, looked + ZC_RATION_FRESH) &&
	    cmpxchg(&r->looked, looked, now) == looked)
		zc_ration_look(r);
	return READ_ONCE(r->limited);
}

/**
 * zc_ration_nice - what the cgroup's weight is worth as a nice value
 * @r: the ration
 *
 * Context: Any.
 * Return: to be added to the nice value of the submitter.
 */
int zc_ration_nice(const struct zc_ration *r)
{
	return READ_ONCE(r->nice);
}

/*
 * Is the budget to be filled by the caller?  What the cgroup itself used is counted without
 * the lock, as that may take long, by one worker; if it has not come back after the next
 * tick, by another one.
 */
static bool zc_ration_claims(struct zc_ration *r, u64 now)
{
	bool claims;

	spin_lock(&r->lock);
	claims = r->budget.quota && zc_budget_due(&r->budget, now) &&
		 now >= r->counted + ZC_BUDGET_TICK;
	if (claims)
		r->counted = now;
	spin_unlock(&r->lock);
	return claims;
}

/* The wait for the budget of one cgroup */
static u64 zc_ration_wait_here(struct zc_ration *r)
{
	u64 used = 0, wait = 0, now = ktime_get_ns();
	bool fill = zc_ration_claims(r, now);

	if (fill) {
		used = zc_cpucg_used(r->css);
		cond_resched();
	}
	spin_lock(&r->lock);
	if (r->budget.quota) {
		if (fill)
			zc_budget_fill(&r->budget, now, used);
		wait = zc_budget_wait(&r->budget, atomic_read(&r->waiting));
	}
	spin_unlock(&r->lock);
	return wait;
}

/**
 * zc_ration_wait - must a transfer wait for CPU time?
 * @r: its ration
 *
 * Context: Process context, may schedule.
 * Return: 0, or nanoseconds until it should ask again.
 */
u64 zc_ration_wait(struct zc_ration *r)
{
	u64 wait = 0;

	for (; r; r = r->up) {
		if (READ_ONCE(r->budget.quota))
			wait = max(wait, zc_ration_wait_here(r));
	}
	return wait;
}

/**
 * zc_ration_waits - count the transfers that wait for CPU time
 * @r: their ration; they are counted in all above it as well
 * @more: 1 or -1
 *
 * Context: Any.
 */
void zc_ration_waits(struct zc_ration *r, int more)
{
	for (; r; r = r->up)
		atomic_add(more, &r->waiting);
}

/**
 * zc_ration_charge - CPU time was used for a cgroup
 * @r: its ration
 * @ns: how much
 * @exempt: the job did not wait for CPU time
 *
 * Context: Process context.
 */
void zc_ration_charge(struct zc_ration *r, u64 ns, bool exempt)
{
	for (; r; r = r->up) {
		if (!READ_ONCE(r->budget.quota))
			continue;
		spin_lock(&r->lock);
		if (r->budget.quota)
			zc_budget_charge(&r->budget, ns, exempt);
		spin_unlock(&r->lock);
	}
}
