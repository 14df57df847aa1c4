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

/* One step.  A light transfer must not wait for its file: nothing could stop it then. */
static struct zc_step zc_sync_step(struct zc_xfer *x)
{
	if (x->light)
		return zc_run_step(x, zc_xfer_light_share(), 0);
	return zc_run_step(x, U64_MAX, ZC_SRC_MAY_BLOCK);
}

/* Does what the transfer needs next, but closing.  Returns the errno of a refusal. */
static int zc_sync_serve(struct zc_xfer *x, const struct zc_step *step,
			 struct netlink_ext_ack *extack)
{
	switch (step->need) {
	case ZC_NEED_KICK:
		zc_sync_sleep(x, step->ns);
		return 0;
	case ZC_NEED_TIME:
		schedule_timeout_killable(zc_run_jiffies(step->ns));
		return 0;
	case ZC_NEED_KEEP:
	case ZC_NEED_TURN:
		/* A light transfer has one turn. */
		return x->light ? zc_xfer_keep(x, extack) : 0;
	default:
		return 0;
	}
}

/**
 * zc_run_sync - run a synchronous transfer to its end in the caller
 * @x: a transfer that is in its socket's line; ended on return
 * @head: it is at the head of that line; true if it is light
 * @extack: for the sentence of a refusal, or NULL
 *
 * As sendfile(2): waits for its turn and for room as long as SO_SNDTIMEO says.  The
 * bytes count as read and written by the caller, as those of sendfile(2) do.
 *
 * Context: The submitter, no lock held.  Sleeps.
 * Return: 0.  A light transfer that has to wait before its first byte may be refused:
 * the errno of that; it has not ended then, and is in its line.
 */
int zc_run_sync(struct zc_xfer *x, bool head, struct netlink_ext_ack *extack)
{
	struct zc_step step;
	int err;

	zc_xfer_turn_begins(x);
	if (head)
		WRITE_ONCE(x->phase, ZC_PHASE_PUSH);
	while ((step = zc_sync_step(x)).need != ZC_NEED_CLOSE) {
		err = zc_sync_serve(x, &step, extack);
		if (err)
			return err;
	}
	add_rchar(current, x->acct.sent);
	add_wchar(current, x->acct.sent);
	inc_syscr(current);
	inc_syscw(current);
	zc_xfer_finish(x);
	return 0;
}
