// SPDX-License-Identifier: GPL-2.0
/*
 * How much CPU time workers may use for a cgroup that has a limit (cpu.max), as pure
 * arithmetic: the caller passes the time and does the waiting.  A budget is a token
 * bucket of CPU time.  It is filled with what the quota gives, less what the cgroup's
 * own tasks have used, but with half of the quota at least, as a busy program would
 * otherwise have no transfer done.  So both together use one and a half times the quota at
 * most.  A program may use its quota at the beginning of each period; what cannot be
 * subtracted at once is subtracted later on.  A turn that used more than was left makes a
 * debt, which is paid first.  So does work that never waits, but no more than a few
 * seconds' worth: all that share the budget wait for the debt.
 *
 * Takes no lock: the caller does.
 */
#include "budget.h"

/* Most that a budget may save up: what its quota gives in this time */
#define ZC_BUDGET_WINDOW	(100 * 1000000ULL)
/* No more time counts at once.  Keeps the products below within 64 bits. */
#define ZC_BUDGET_LONGEST	(100 * 1000000000ULL)
/* A transfer waits until there is so much again, or what the quota gives in this time */
#define ZC_BUDGET_MEAL		50000
#define ZC_BUDGET_MEAL_TIME	(50 * 1000000ULL)
/* Work that never waits makes no greater debt than what the quota gives in this time */
#define ZC_BUDGET_DEBT		(5 * 1000000000ULL)
/* Where many wait, each asks again so much later for every other one, but no later than */
#define ZC_BUDGET_WAIT_EACH	1000000ULL
#define ZC_BUDGET_CROWD		100000
/* No cgroup has more CPUs: a power of two.  Keeps the products below within 64 bits. */
#define ZC_BUDGET_CPUS_SHIFT	16

/* What the quota gives in a time.  A period is at most a second. */
static u64 zc_budget_gives(const struct zc_budget *b, u64 ns)
{
	u64 us = div64_u64(ns < ZC_BUDGET_LONGEST ? ns : ZC_BUDGET_LONGEST, 1000);
	u64 periods = div64_u64(us, b->period);

	us -= periods * b->period;
	return (periods * b->quota + div64_u64(us * b->quota, b->period)) * 1000;
}

/* How long it takes until the quota has given so much */
static u64 zc_budget_takes(const struct zc_budget *b, u64 ns)
{
	u64 us = div64_u64(ns < ZC_BUDGET_LONGEST ? ns : ZC_BUDGET_LONGEST, 1000);

	return div64_u64(us * b->period, b->quota) * 1000;
}

/**
 * zc_budget_set - set or change the limit
 * @b: the budget
 * @quota: microseconds of CPU time in each period; 0 or less: no limit
 * @period: microseconds
 * @now: the time
 * @used: CPU time that the cgroup itself has used
 *
 * A new limit begins with a full budget.
 *
 * Context: Any.
 */
void zc_budget_set(struct zc_budget *b, s64 quota, u64 period, u64 now, u64 used)
{
	bool limited = b->quota;
	s64 most;

	if (quota <= 0 || !period) {
		b->quota = 0;
		return;
	}
	if (quota > (s64)(period << ZC_BUDGET_CPUS_SHIFT))
		quota = period << ZC_BUDGET_CPUS_SHIFT;
	if (limited && b->quota == (u64)quota && b->period == period)
		return;
	b->quota = quota;
	b->period = period;
	most = zc_budget_gives(b, ZC_BUDGET_WINDOW);
	if (!limited) {
		b->since = now;
		b->used = used;
		b->own = 0;
		b->left = most;
		b->turn = 0;
	}
	/* A debt made with a larger quota would take ages to pay with a smaller one. */
	if (b->left < -(s64)zc_budget_gives(b, ZC_BUDGET_DEBT))
		b->left = -(s64)zc_budget_gives(b, ZC_BUDGET_DEBT);
	if (b->left > most)
		b->left = most;
}

/**
 * zc_budget_due - is it time to fill the budget again?
 * @b: has a limit
 * @now: the time
 *
 * Context: Any.
 * Return: true if zc_budget_fill() should be called.
 */
bool zc_budget_due(const struct zc_budget *b, u64 now)
{
	return now >= b->since + ZC_BUDGET_TICK;
}

/**
 * zc_budget_fill - add what the quota has given since the last call
 * @b: has a limit
 * @now: the time when @used was read; nothing is added if another call was later
 * @used: CPU time that the cgroup itself has used; 0: unknown
 *
 * Context: Any.
 */
void zc_budget_fill(struct zc_budget *b, u64 now, u64 used)
{
	s64 most = zc_budget_gives(b, ZC_BUDGET_WINDOW);
	u64 given, own;

	if (now <= b->since)
		return;
	if (used > b->used)
		b->own += used - b->used;
	given = zc_budget_gives(b, now - b->since);
	own = b->own < given / 2 ? b->own : given / 2;
	b->left += given - own;
	b->own -= own;
	/* No more is remembered than what it may use in a period, and a budget may save up. */
	if (b->own > b->quota * 1000 + most)
		b->own = b->quota * 1000 + most;
	if (b->left > most)
		b->left = most;
	b->since = now;
	b->used = used;
}

/**
 * zc_budget_wait - how long must a transfer wait for the budget?
 * @b: has a limit, and was filled
 * @ahead: other transfers that wait; they are spread over time, so that not all of them
 *         come to find the budget empty again, which costs CPU time, too
 *
 * Context: Any.
 * Return: nanoseconds, 0: it may go on.
 */
u64 zc_budget_wait(const struct zc_budget *b, unsigned int ahead)
{
	u64 spread, wait, meal, most;

	if (b->left > 0)
		return 0;
	meal = zc_budget_gives(b, ZC_BUDGET_MEAL_TIME);
	if (meal < ZC_BUDGET_MEAL)
		meal = ZC_BUDGET_MEAL;
	wait = zc_budget_takes(b, meal - b->left);
	if (wait < ZC_BUDGET_TICK)
		wait = ZC_BUDGET_TICK;
	spread = b->turn < ZC_BUDGET_LONGEST / ((u64)ahead + 1) ?
		 b->turn * ahead : ZC_BUDGET_LONGEST;
	wait += zc_budget_takes(b, spread);
	most = (ahead < ZC_BUDGET_CROWD ? ahead : ZC_BUDGET_CROWD) * ZC_BUDGET_WAIT_EACH;
	if (most < ZC_BUDGET_WAIT_MOST)
		most = ZC_BUDGET_WAIT_MOST;
	return wait < most ? wait : most;
}

/**
 * zc_budget_charge - a job has used CPU time
 * @b: has a limit
 * @ns: how much
 * @exempt: the job did not wait for the budget, and its debt is bounded
 *
 * Context: Any.
 */
void zc_budget_charge(struct zc_budget *b, u64 ns, bool exempt)
{
	u64 debt = exempt ? zc_budget_gives(b, ZC_BUDGET_DEBT) : ZC_BUDGET_LONGEST;
	s64 room = b->left + (s64)(debt < ZC_BUDGET_LONGEST ? debt : ZC_BUDGET_LONGEST);

	if (ns > ZC_BUDGET_LONGEST)
		ns = ZC_BUDGET_LONGEST;
	if (room > 0)
		b->left -= (s64)ns < room ? (s64)ns : room;
	b->turn = b->turn - b->turn / 8 + ns / 8;
}

/**
 * zc_budget_full - would a new budget have as much as this one?
 * @b: a budget
 * @now: the time
 *
 * Context: Any.
 * Return: true if it can be forgotten.
 */
bool zc_budget_full(const struct zc_budget *b, u64 now)
{
	s64 gives;

	if (!b->quota)
		return true;
	gives = now > b->since ? zc_budget_gives(b, now - b->since) / 2 : 0;
	return b->left + gives >= (s64)zc_budget_gives(b, ZC_BUDGET_WINDOW);
}

/**
 * zc_budget_share - a cgroup's share of what its parent has
 * @share: the parent's, in units of ZC_BUDGET_WEIGHT
 * @weight: the cgroup's weight
 * @all: the weights of all children that share it, or ZC_BUDGET_WEIGHT at the top
 *
 * At the top a cgroup competes with workers, which stand there as cgroups of the usual
 * weight do.
 *
 * Context: Any.
 * Return: the share, never 0.
 */
u64 zc_budget_share(u64 share, u64 weight, u64 all)
{
	share = all ? div64_u64(share * weight, all) : share;
	return share ? share : 1;
}

/**
 * zc_budget_nice - the nice value that gives a worker such a share
 * @share: in units of ZC_BUDGET_WEIGHT
 *
 * A step of nice is a quarter more or less, as in the scheduler.
 *
 * Context: Any.
 * Return: nice value, to be added to the submitter's.
 */
int zc_budget_nice(u64 share)
{
	/* In units of 1/1024, so that the steps do not add up to an error */
	u64 have = (u64)ZC_BUDGET_WEIGHT << 10, want = share << 10;
	int nice = 0;

	/* Halfway to the next step, it is nearer. */
	for (; nice < 39 && want + want / 8 < have; nice++)
		have = div64_u64(have * 4, 5);
	for (; nice > -39 && want > have + have / 8; nice--)
		have = div64_u64(have * 5, 4);
	return nice;
}
