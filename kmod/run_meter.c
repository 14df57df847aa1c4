// SPDX-License-Identifier: GPL-2.0
/*
 * Holds the work for a transfer to what the submitter's cgroups allow: the CPUs, the
 * weight and the CPU time.  The crew gives a worker the CPUs and the nice value of its
 * job; the CPU time of each job is measured here.  Where it is used up, a transfer that
 * has bytes to move waits.  All else is exempt: a transfer that is over ends at once, and
 * looks for acknowledgments cost little.  It is charged all the same, but its debts are
 * bounded, as others of the cgroup wait for them.
 *
 * Only what workers do is measured.  The submitter's own turns, and those of io_uring's
 * threads, are counted by the kernel.  Takes no lock.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched/prio.h>

#include "compat/compat.h"
#include "cpus.h"
#include "ration.h"
#include "run.h"
#include "run_meter.h"
#include "xfer.h"

/* Workers get the nice value of the submitter, and that of its cgroup's weight on top. */
static void zc_meter_nice(struct zc_xfer *x)
{
	int nice = clamp(x->nice + zc_ration_nice(x->ration), MIN_NICE, MAX_NICE);

	if (nice != x->sched.nice)
		WRITE_ONCE(x->sched.nice, nice);
}

static bool zc_meter_moves(struct zc_xfer *x)
{
	if (x->phase != ZC_PHASE_LINE && x->phase != ZC_PHASE_PUSH)
		return false;
	if (x->sink.sock && zc_sink_gone(&x->sink))
		return false;
	return x->status == ZCOPY_STATUS_RUNNING && !zc_xfer_over(x);
}

/**
 * zc_run_bind - have the work for a transfer held to what its submitter's cgroups allow
 * @x: prepared; workers will run it, or do what is left after it
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_run_bind(struct zc_xfer *x)
{
	struct zc_ration *ration = zc_ration_get_current();
	struct zc_cpus *cpus;

	x->memcg = zc_memcg_get_current();
	x->blkcg = zc_blkcg_get_current();
	x->src.memcg = x->memcg;
	x->src.blkcg = x->blkcg;
	if (IS_ERR(ration))
		return PTR_ERR(ration);
	x->ration = ration;
	x->src.ration = ration;
	if (ration)
		zc_meter_nice(x);
	cpus = zc_cpus_get_current();
	if (IS_ERR(cpus))
		return PTR_ERR(cpus);
	x->sched.cpus = cpus;
	return 0;
}

/**
 * zc_run_meter_begin - zc_run_metered() of a transfer from a cgroup
 * @x: the transfer
 *
 * Context: The runner, a worker.
 * Return: as zc_run_metered().
 */
bool zc_run_meter_begin(struct zc_xfer *x)
{
	bool limited = zc_ration_limits(x->ration);

	zc_meter_nice(x);
	if (x->rationed) {
		x->rationed = false;
		zc_ration_waits(x->ration, -1);
	}
	if (limited)
		zc_crew_meter();
	return limited;
}

/**
 * zc_run_meter_end - charge the CPU time of a job
 * @x: the transfer; may have ended
 * @exempt: the job did not wait for CPU time, as zc_run_must_wait() says
 *
 * Context: A worker.
 */
void zc_run_meter_end(struct zc_xfer *x, bool exempt)
{
	zc_ration_charge(x->ration, zc_crew_used(), exempt);
}

/**
 * zc_run_must_wait - must a transfer wait for CPU time of its cgroup?
 * @x: the transfer, metered
 * @goes_on: this job continues an earlier job.  If there was CPU time for the earlier job,
 *           there is for this job: else a transfer that reads would need luck twice in a row
 * @exempt: set if the cgroup has no CPU time, so that this job is not charged for any
 *
 * Context: The runner, a worker.
 * Return: 0, or nanoseconds that it must wait before its next turn.
 */
u64 zc_run_must_wait(struct zc_xfer *x, bool goes_on, bool *exempt)
{
	bool admitted = goes_on && x->admitted;
	u64 wait = admitted ? 0 : zc_ration_wait(x->ration);

	x->admitted = !goes_on && !wait;
	*exempt = wait;
	if (!wait || !zc_meter_moves(x))
		return 0;
	x->rationed = true;
	zc_ration_waits(x->ration, 1);
	return wait;
}
