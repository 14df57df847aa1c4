// SPDX-License-Identifier: GPL-2.0
/*
 * Which thread runs an asynchronous transfer, when, and with which credentials: its
 * submitter for its first turn, then jobs of its user's workers (crew.c), one at a time.
 * What the transfer needs next is said by run.c.
 *
 * A turn in the lane "hot" does not wait for a disk.  A turn that must wait goes on
 * in the lane "disk", or in "far" if a file server may have to answer, so that a
 * user's cold files do not hold up the user's other bytes.  A close that may wait
 * for a server or a peer has its own lane, too.  A file that its last close erases
 * is closed in "disk".
 *
 * A transfer that waits for its socket, its place in line, its rate or its peer has
 * no runner and holds no thread.  A kick or its timer makes it go on; the timer is
 * set for the next look, for its deadline or for its idle limit, whichever is first.
 *
 * Workers act with the submitter's credentials, memory cgroup and block cgroup, and
 * within the CPU time of its cgroup (run_meter.c).  Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/timer.h>

#include "compat/compat.h"
#include "crew.h"
#include "payer.h"
#include "run.h"
#include "run_jobs.h"
#include "run_meter.h"
#include "xfer.h"

/* Bytes of one turn: long enough to be cheap, short enough to be fair. */
#define ZC_RUN_SHARE	(1024 * 1024)

/* The runner lets go; a kick that came meanwhile gets a new runner. */
static void zc_async_let_go(struct zc_xfer *x)
{
	zc_xfer_does(x, ZC_DOING_NOTHING);
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	/*
	 * RACE: the job of a kick that finds RUNNING set does nothing but leave
	 * the mark.  Either the mark is seen here, or that job finds RUNNING
	 * cleared.
	 */
	smp_mb__after_atomic();
	if (test_bit(ZC_XFER_WOKEN, &x->bits))
		zc_run_queue(x);
}

/**
 * zc_run_start - hand a new transfer over to the workers
 * @x: in its socket's line; the caller holds a reference of its own
 * @head: it is at the head of that line
 *
 * Context: Process context of the submitter.
 */
void zc_run_start(struct zc_xfer *x, bool head)
{
	if (head)
		set_bit(ZC_XFER_WOKEN, &x->bits);
	else
		zc_run_look_in(x, ZC_CLOCK_NEVER);
	zc_async_let_go(x);
}

/* Hands over to a job in another lane, which becomes the runner: RUNNING stays. */
static void zc_async_go_on_in(struct zc_xfer *x, enum zc_lane lane,
			      struct zc_job *job)
{
	zc_xfer_does(x, ZC_DOING_NOTHING);
	zc_xfer_get(x);
	zc_run_give(x, lane, job);
}

static enum zc_lane zc_async_read_lane(const struct zc_xfer *x)
{
	return x->src.far ? ZC_LANE_FAR : ZC_LANE_DISK;
}

/*
 * A transfer may wait for a thread of its lane.  It must not wait for that any longer
 * if it was told to stop, or if the timer for its deadline or idle time has expired.
 * The timer may expire early: then the runner sets it again.
 */
static bool zc_async_overdue(const struct zc_xfer *x)
{
	if (zc_xfer_ended(x))
		return false;
	return zc_xfer_cancelled(x) ||
	       (zc_clock_limited(&x->clock) && !timer_pending(&x->timer));
}

/*
 * Hands over to the job that may wait for the file, which becomes the runner: RUNNING
 * stays.  All threads of its lane may sleep, perhaps for ever, so the hot job of a
 * cancel or of the timer may take it back: zc_async_take_back().
 *
 * RACE: a hot job that comes before the job is queued finds nothing to take back.
 * Both look under the crew's lock; so what brought the hot job is seen here.
 */
static void zc_async_wait_for_file(struct zc_xfer *x)
{
	if (zc_clock_limited(&x->clock))
		zc_run_look_in(x, ZC_CLOCK_NEVER);
	zc_async_go_on_in(x, zc_async_read_lane(x), &x->read);
	if (zc_async_overdue(x))
		zc_run_queue(x);
}

/*
 * A hot job found a runner.  If that is a job that still waits for a thread, and the
 * transfer may be over, the hot job becomes the runner in its place.
 *
 * RACE: with the worker that picks the job up, the crew's lock decides: one of the two
 * is the runner.  A worker that won looks for cancels and limits at the start of its
 * turn.  It may not see the latest, as if its turn had begun a moment before.
 */
static bool zc_async_take_back(struct zc_xfer *x)
{
	return zc_async_overdue(x) &&
	       zc_crew_unqueue(x->payer->crew, zc_async_read_lane(x), &x->read, &x->ref);
}

/*
 * The end, charged to the submitter's cgroups like each step.  REF: the caller has a
 * reference, so that the cgroups stay.
 */
static void zc_async_end(struct zc_xfer *x)
{
	struct mem_cgroup *old_memcg = zc_memcg_enter(x->memcg);

	zc_blkcg_enter(x->blkcg);
	zc_xfer_finish(x);
	zc_blkcg_enter(NULL);
	zc_memcg_leave(old_memcg);
}

/*
 * The lane of a close that erases a file.  A transfer that was told to stop, or is out
 * of time, may have been taken out of the lane "disk" because that has no thread.
 */
static enum zc_lane zc_async_erase_lane(const struct zc_xfer *x)
{
	switch (x->status) {
	case ZCOPY_STATUS_CANCELLED:
	case ZCOPY_STATUS_DEADLINE:
	case ZCOPY_STATUS_IDLE:
		return ZC_LANE_CLOSE;
	default:
		return ZC_LANE_DISK;
	}
}

/*
 * If a close may sleep, a job in another lane does it.  A submitter need not hand
 * over: its closes are deferred, see zc_xfer_finish().
 */
static void zc_async_close(struct zc_xfer *x)
{
	if (!(current->flags & PF_KTHREAD))
		zc_async_end(x);
	else if (x->src.far || zc_sink_slow_close(&x->sink))
		zc_async_go_on_in(x, ZC_LANE_CLOSE, &x->close);
	else if (zc_src_erases(&x->src))
		zc_async_go_on_in(x, zc_async_erase_lane(x), &x->close);
	else
		zc_async_end(x);
}

/*
 * One step, charged to the submitter's memory and block cgroups.  What disks read for the
 * submitter itself is counted already.
 */
static struct zc_step zc_async_step(struct zc_xfer *x, unsigned int flags)
{
	struct mem_cgroup *old_memcg = zc_memcg_enter(x->memcg);
	u64 before = zc_account_disk_read();
	struct zc_step step;

	zc_blkcg_enter(x->blkcg);
	step = zc_run_step(x, ZC_RUN_SHARE, flags);
	zc_blkcg_enter(NULL);
	if (current->flags & PF_KTHREAD)
		x->disk_read += zc_account_disk_read() - before;
	zc_memcg_leave(old_memcg);
	return step;
}

static void zc_async_run(struct zc_xfer *x, unsigned int flags)
{
	struct zc_step step = zc_async_step(x, flags);

	switch (step.need) {
	case ZC_NEED_KICK:
		zc_run_look_in(x, step.ns);
		zc_async_let_go(x);
		break;
	case ZC_NEED_TIME:
		/* It is over: its deadline does not matter any more. */
		zc_run_set_timer(x, step.ns);
		zc_async_let_go(x);
		break;
	case ZC_NEED_READ:
		zc_async_wait_for_file(x);
		break;
	case ZC_NEED_CLOSE:
		zc_async_close(x);
		break;
	default:
		zc_xfer_does(x, ZC_DOING_NOTHING);
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		zc_run_queue(x);
	}
}

/**
 * zc_run_start_here - start a new transfer with a turn in the submitter
 * @x: in its socket's line; the caller holds a reference of its own
 * @head: it is at the head of that line
 *
 * Context: Process context of the submitter.  Waits for no room and no disk.
 */
void zc_run_start_here(struct zc_xfer *x, bool head)
{
	zc_xfer_turn_begins(x);
	if (!head) {
		zc_run_start(x, false);
		return;
	}
	WRITE_ONCE(x->phase, ZC_PHASE_PUSH);
	zc_async_run(x, 0);
}

/*
 * Its cgroup has used up its CPU time: the runner lets go until the timer runs out.  The
 * mark is left set meanwhile, so that kicks queue no jobs, which would use more.
 *
 * RACE: the timer, or a cancel, which queues a job in any case, may have come before
 * RUNNING is cleared; then its job did nothing.
 */
static void zc_async_wait_for_time(struct zc_xfer *x, u64 ns)
{
	WRITE_ONCE(x->state, ZCOPY_STATE_RATE);
	set_bit(ZC_XFER_WOKEN, &x->bits);
	zc_run_look_in(x, ns);
	zc_xfer_does(x, ZC_DOING_NOTHING);
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	/* ORDER: pairs with zc_async_hot(). */
	smp_mb__after_atomic();
	if (zc_xfer_cancelled(x) || !timer_pending(&x->timer))
		zc_run_queue(x);
}

/*
 * @metered is what zc_run_metered() said.  REF: the job has a reference, so that what is
 * charged stays.
 */
static void zc_async_turn(struct zc_xfer *x, unsigned int flags, bool metered)
{
	bool exempt = false;
	u64 wait = 0;

	zc_xfer_turn_begins(x);
	if (metered)
		wait = zc_run_must_wait(x, flags & ZC_SRC_MAY_BLOCK, &exempt);
	if (wait)
		zc_async_wait_for_time(x, wait);
	else
		zc_async_run(x, flags);
	if (metered)
		zc_run_meter_end(x, exempt);
}

static void zc_async_hot(struct zc_job *job)
{
	struct zc_xfer *x = container_of(job, struct zc_xfer, hot);
	const struct cred *old;

	/* RACE: the timer may run out while a runner is at work; the mark tells it. */
	set_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_async_let_go(). */
	smp_mb__after_atomic();
	if (test_and_set_bit_lock(ZC_XFER_RUNNING, &x->bits) &&
	    !zc_async_take_back(x))
		goto out;	/* the runner will see the mark */
	if (zc_xfer_ended(x)) {
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		goto out;
	}
	/* REF: some kernels take no reference here; @x has one until its end. */
	old = override_creds(x->cred);
	zc_async_turn(x, 0, zc_run_metered(x));
	revert_creds(old);
out:
	zc_xfer_put(x);
}

static void zc_async_read(struct zc_job *job)
{
	struct zc_xfer *x = container_of(job, struct zc_xfer, read);
	bool metered = zc_run_metered(x);
	const struct cred *old;

	old = override_creds(zc_crew_cred);
	zc_src_prepare(&x->src);
	revert_creds(old);
	old = override_creds(x->cred);
	zc_async_turn(x, ZC_SRC_MAY_BLOCK, metered);
	revert_creds(old);
	zc_xfer_put(x);
}

static void zc_async_finish(struct zc_job *job)
{
	struct zc_xfer *x = container_of(job, struct zc_xfer, close);
	const struct cred *old = override_creds(x->cred);
	bool metered = zc_run_metered(x);

	zc_xfer_turn_begins(x);
	zc_async_end(x);
	if (metered)
		zc_run_meter_end(x, true);
	revert_creds(old);
	zc_xfer_put(x);
}

/*
 * The nice value of the submitter.  A thread of the idle class gets less than any nice
 * value, so its workers are as nice as can be.
 */
static int zc_run_nice(void)
{
	return current->policy == SCHED_IDLE ? MAX_NICE : task_nice(current);
}

/**
 * zc_run_prepare - set up the jobs of a new transfer
 * @x: the transfer
 *
 * Context: Process context of the submitter; the jobs get its priorities.
 */
void zc_run_prepare(struct zc_xfer *x)
{
	x->nice = zc_run_nice();
	x->sched.nice = x->nice;
	x->sched.ioprio = get_current_ioprio();
	x->src.sched = &x->sched;
	zc_job_init(&x->hot, zc_async_hot, &x->sched);
	zc_job_init(&x->read, zc_async_read, &x->sched);
	zc_job_init(&x->close, zc_async_finish, &x->sched);
	zc_run_init_timer(x);
}
