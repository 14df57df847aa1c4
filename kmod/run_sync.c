// SPDX-License-Identifier: GPL-2.0
/*
 * The submitter as the runner of its own transfer: it sleeps for what the transfer needs
 * next, as sendfile(2) does.  A signal ends the transfer with what was sent.
 */
#include <linux/sched/signal.h>
#include <linux/sched/xacct.h>
#include <linux/wait.h>

#include "run.h"
#include "run_jobs.h"
#include "xfer.h"

static bool zc_sync_woken(const struct zc_xfer *x)
{
	return test_bit(ZC_XFER_WOKEN, &x->bits) || zc_xfer_cancelled(x);
}

/* Sleeps until the transfer is kicked, but no longer than @ns. */
static void zc_sync_sleep(struct zc_xfer *x, u64 ns)
{
	long left = MAX_SCHEDULE_TIMEOUT;

	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns != ZC_CLOCK_NEVER)
		left = zc_run_jiffies(ns);
	if (wait_event_interruptible_timeout(x->wq, zc_sync_woken(x), left) < 0)
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
}

/**
 * zc_run_sync - run a synchronous transfer to its end in the caller
 * @x: a transfer that is in its socket's line; ended on return
 * @head: it is at the head of that line
 *
 * As sendfile(2): waits for its turn and for room as long as SO_SNDTIMEO says.  The
 * bytes count as read and written by the caller, as those of sendfile(2) do.
 *
 * Context: The submitter, no lock held.  Sleeps.
 */
void zc_run_sync(struct zc_xfer *x, bool head)
{
	struct zc_step step;

	zc_xfer_turn_begins(x);
	if (head)
		WRITE_ONCE(x->phase, ZC_PHASE_PUSH);
	do {
		step = zc_run_step(x, U64_MAX, ZC_SRC_MAY_BLOCK);
		if (step.need == ZC_NEED_KICK)
			zc_sync_sleep(x, step.ns);
		else if (step.need == ZC_NEED_TIME)
			schedule_timeout_killable(zc_run_jiffies(step.ns));
	} while (step.need != ZC_NEED_CLOSE);
	add_rchar(current, x->acct.sent);
	add_wchar(current, x->acct.sent);
	inc_syscr(current);
	inc_syscw(current);
	zc_xfer_finish(x);
}
