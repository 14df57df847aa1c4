// SPDX-License-Identifier: GPL-2.0
/*
 * How many workers a crew may have at work, and which kind of jobs is next.
 *
 * Each lane of jobs has a limit of threads.  Workers of the hot lane that are stuck in
 * a job do not count, up to a bound, so that a few stuck transfers do not hold up
 * their user's other transfers.  Neither do workers that are bound to some CPUs or weighed
 * down, which have room apart (kinds.c): a user may have many cgroups, and one without CPU
 * time must not hold up the others.
 *
 * All is called under the crew's lock.
 */
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "crew_priv.h"

/* Most threads of a crew in a lane, other than the hot one */
#define ZC_CREW_SLEEPERS	16
/* Most stuck workers of the hot lane that do not count; time until they are stuck */
#define ZC_CREW_STUCK		14
#define ZC_CREW_STUCK_AFTER	msecs_to_jiffies(50)
/* What a thread that is not weighed down counts for */
#define ZC_CREW_WEIGHT		1024

/* Of the hot lane.  Under the crew's lock */
static unsigned int zc_crew_stuck(const struct zc_crew *c, unsigned int kind)
{
	const struct zc_crew_worker *w;
	unsigned int nr = 0;

	lockdep_assert_held(&c->lock);
	list_for_each_entry(w, &c->workers, link) {
		/* A worker that only waits for a CPU is not stuck. */
		if (w->busy && w->lane == ZC_LANE_HOT && w->kind == kind &&
		    !task_is_running(w->task) &&
		    time_after(jiffies, w->since + ZC_CREW_STUCK_AFTER))
			nr++;
	}
	return min_t(unsigned int, nr, ZC_CREW_STUCK);
}

/* Most threads that may have jobs of a kind now.  Under the crew's lock. */
static unsigned int zc_crew_room(const struct zc_crew *c, enum zc_lane lane,
				 unsigned int kind)
{
	const struct zc_kind *k = &c->lane[lane].kinds.kind[kind];
	unsigned int cpus;

	lockdep_assert_held(&c->lock);
	if (lane != ZC_LANE_HOT)
		return ZC_CREW_SLEEPERS;
	cpus = min(num_online_cpus(), k->cpus);
	if (k->running < cpus)
		return cpus;
	return cpus + zc_crew_stuck(c, kind);
}

/* Threads that are bound to some CPUs or weighed down.  Under the crew's lock. */
static unsigned int zc_crew_apart(const struct zc_crew *c, enum zc_lane lane)
{
	return c->lane[lane].running - c->lane[lane].kinds.kind[0].running;
}

/* Most of these.  They take no room from the first kind, nor does it from them. */
static unsigned int zc_crew_apart_most(enum zc_lane lane)
{
	return lane == ZC_LANE_HOT ? num_online_cpus() + ZC_CREW_STUCK : ZC_CREW_SLEEPERS;
}

/**
 * zc_crew_ready - which job of a lane can be run now?
 * @c: the crew
 * @lane: the lane
 *
 * Context: Any, under the crew's lock.
 * Return: the kind of which the first is next, or -1.
 */
int zc_crew_ready(const struct zc_crew *c, enum zc_lane lane)
{
	const struct zc_crew_lane *l = &c->lane[lane];
	unsigned int full = 0;
	int kind;

	lockdep_assert_held(&c->lock);
	if (!l->queued)
		return -1;
	if (zc_crew_apart(c, lane) >= zc_crew_apart_most(lane))
		full = GENMASK(ZC_KINDS - 1, 1);
	while ((kind = zc_kinds_next(&l->kinds, full)) >= 0) {
		if (l->kinds.kind[kind].running < zc_crew_room(c, lane, kind))
			break;
		full |= BIT(kind);
	}
	return kind;
}

/* What a thread counts for in a lane, in units of ZC_CREW_WEIGHT */
static unsigned int zc_crew_weight(const struct zc_crew_worker *w)
{
	unsigned int weight = ZC_CREW_WEIGHT;
	int nice = w->lane == ZC_LANE_HOT ? w->job_nice : 0;

	for (; nice > 0; nice--)
		weight = weight * 4 / 5;
	return weight;
}

/**
 * zc_crew_nice - a nice value for all workers of a lane
 * @c: the crew
 * @lane: the lane
 *
 * Lanes other than the hot one may have more threads than there are CPUs, as these
 * are expected to sleep.  But they do not if their files are cached, which only the
 * file system may know.  Nice values then give all of them together as much CPU time
 * as one thread per CPU would get; a step of nice is a quarter more or less.
 *
 * SECURITY: the hot lane has more threads, too, while some are bound to CPUs or weighed
 * down.  A user that submits from such threads must not get more than others.
 *
 * Context: Any, under the crew's lock.
 * Return: to be added to that of each job.
 */
int zc_crew_nice(const struct zc_crew *c, enum zc_lane lane)
{
	const struct zc_crew_worker *w;
	unsigned int awake = 0;
	int nice = 0;

	lockdep_assert_held(&c->lock);
	if (c->lane[lane].running <= num_online_cpus() ||
	    (lane == ZC_LANE_HOT && !zc_crew_apart(c, lane)))
		return 0;
	list_for_each_entry(w, &c->workers, link) {
		if (w->busy && w->lane == lane && task_is_running(w->task))
			awake += zc_crew_weight(w);
	}
	awake = DIV_ROUND_UP(awake, ZC_CREW_WEIGHT);
	for (; awake > num_online_cpus(); awake = awake * 4 / 5)
		nice++;
	return nice;
}

/* Jobs of a kind that there is room for.  Under the crew's lock. */
static unsigned int zc_crew_fit_kind(const struct zc_crew *c, enum zc_lane lane,
				     unsigned int kind)
{
	const struct zc_kind *k = &c->lane[lane].kinds.kind[kind];

	if (!k->queued)
		return k->running;
	return min(k->queued + k->running, zc_crew_room(c, lane, kind));
}

/* Jobs of a lane that there is room for.  Under the crew's lock. */
static unsigned int zc_crew_fit(const struct zc_crew *c, enum zc_lane lane)
{
	unsigned int i, apart = 0;

	for (i = 1; i < ZC_KINDS; i++)
		apart += zc_crew_fit_kind(c, lane, i);
	return zc_crew_fit_kind(c, lane, 0) + min(apart, zc_crew_apart_most(lane));
}

/**
 * zc_crew_useful - how many threads could the present jobs use?
 * @c: the crew
 *
 * Context: Any, under the crew's lock.
 * Return: the number, including threads at work.
 */
unsigned int zc_crew_useful(const struct zc_crew *c)
{
	unsigned int lane, nr = 0;

	lockdep_assert_held(&c->lock);
	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		if (c->lane[lane].queued + c->lane[lane].running)
			nr += zc_crew_fit(c, lane);
	}
	return nr;
}
