// SPDX-License-Identifier: GPL-2.0
/*
 * The jobs and the timer of an asynchronous transfer: queues them, and drops what is left
 * of them at the end.  What a job does is in run_async.c.  Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/timer.h>

#include "compat/compat.h"
#include "payer.h"
#include "run_jobs.h"
#include "xfer.h"

/**
 * zc_run_give - queue a job of a transfer
 * @x: the transfer.  REF: the caller's reference becomes the job's; it is dropped if
 *     the job is queued already
 * @lane: where
 * @job: one of @x
 *
 * Context: Any, softirq too.
 */
void zc_run_give(struct zc_xfer *x, enum zc_lane lane, struct zc_job *job)
{
	zc_crew_queue(x->payer->crew, lane, job, &x->ref);
}

/**
 * zc_run_queue - have a worker look at an asynchronous transfer
 * @x: the transfer; the caller holds a reference
 *
 * Context: Any, softirq too.
 */
void zc_run_queue(struct zc_xfer *x)
{
	zc_xfer_get(x);
	zc_run_give(x, ZC_LANE_HOT, &x->hot);
}

/* REF: the timer's reference becomes the job's. */
static void zc_run_timer(struct timer_list *timer)
{
	struct zc_xfer *x = container_of(timer, struct zc_xfer, timer);

	zc_run_give(x, ZC_LANE_HOT, &x->hot);
}

/**
 * zc_run_init_timer - set up the timer of a new transfer
 * @x: the transfer; its hot job is set up
 *
 * Context: Process context of the submitter.
 */
void zc_run_init_timer(struct zc_xfer *x)
{
	timer_setup(&x->timer, zc_run_timer, 0);
}

/* REF: a timer may run for hours, and holds a reference. */
static void zc_run_stop_timer(struct zc_xfer *x)
{
	if (timer_delete(&x->timer))
		zc_xfer_put(x);
}

/**
 * zc_run_set_timer - have the transfer looked at after a time
 * @x: the transfer
 * @ns: nanoseconds
 *
 * Only the runner sets the timer, before it lets go, so that an ended transfer leaves
 * none behind.
 *
 * Context: The runner.
 */
void zc_run_set_timer(struct zc_xfer *x, u64 ns)
{
	zc_xfer_get(x);
	/* REF: a timer that was running has a reference already. */
	if (mod_timer(&x->timer, jiffies + zc_run_jiffies(ns)))
		zc_xfer_put(x);
}

/**
 * zc_run_look_in - set the timer for the next look
 * @x: the transfer
 * @ns: nanoseconds; or at the deadline or the idle limit, if that is sooner
 *
 * Context: The runner.
 */
void zc_run_look_in(struct zc_xfer *x, u64 ns)
{
	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns != ZC_CLOCK_NEVER)
		zc_run_set_timer(x, ns);
}

/**
 * zc_run_forget - drop the timer and the hot job of a transfer that has ended
 * @x: the transfer, asynchronous
 *
 * A queued hot job holds a reference.  While all hot workers of the user are stuck,
 * that would keep an ended transfer in memory.
 *
 * Context: The runner, for the last time.
 */
void zc_run_forget(struct zc_xfer *x)
{
	/* RACE: from now on no new kick queues it; a kick under way may, once. */
	set_bit(ZC_XFER_WOKEN, &x->bits);
	zc_run_stop_timer(x);
	if (!list_empty_careful(&x->hot.link))
		zc_crew_unqueue(x->payer->crew, ZC_LANE_HOT, &x->hot, &x->ref);
}
