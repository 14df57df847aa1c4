// SPDX-License-Identifier: GPL-2.0
/*
 * Events for a transfer: it is woken, told to stop, or gets a new rate.  They only set
 * marks and have the runner look; the runner does the rest.  Takes no lock.
 */
#include <linux/wait.h>

#include "run_jobs.h"
#include "xfer.h"

/* A mark that was set already needs no new job, unless @anyway. */
static void zc_xfer_mark(struct zc_xfer *x, bool anyway)
{
	/*
	 * ORDER: the event before the mark, and the mark before the look for a
	 * runner; see run_async.c.
	 */
	bool marked = test_and_set_bit(ZC_XFER_WOKEN, &x->bits);

	if (x->sync)
		wake_up(&x->wq);
	else if (!marked || anyway)
		zc_run_queue(x);
}

/**
 * zc_xfer_kick - an event happened: have the runner look at the transfer
 * @x: the transfer; the caller holds a reference, or is sure of one
 *
 * Context: Any, softirq too.
 */
void zc_xfer_kick(struct zc_xfer *x)
{
	zc_xfer_mark(x, false);
}

/**
 * zc_xfer_cancel - tell a transfer to stop
 * @x: the transfer; may have ended
 *
 * Context: Process context; locks may be held.
 */
void zc_xfer_cancel(struct zc_xfer *x)
{
	if (test_and_set_bit(ZC_XFER_CANCEL, &x->bits))
		return;
	/*
	 * RACE: a mark that an earlier kick left stays until the runner looks, and
	 * the runner may be a job that gets no thread.  Only a new hot job takes
	 * that job out of its lane.  An ended transfer needs none: zc_run_forget().
	 */
	zc_xfer_mark(x, !zc_xfer_ended(x));
}

/**
 * zc_xfer_doom - a transfer will be cancelled, with others of its line
 * @x: the transfer; zc_xfer_cancel() must follow
 *
 * If its turn comes before the cancel, it sends nothing.  If it has sent a part, it
 * goes on: its end would start the next in line, which may not be doomed yet.
 *
 * Context: Any.
 */
void zc_xfer_doom(struct zc_xfer *x)
{
	set_bit(ZC_XFER_DOOMED, &x->bits);
}

/**
 * zc_xfer_set_rate - change the rate of a transfer
 * @x: the transfer; may have ended
 * @rate: bytes per second from now on, 0 for no limit
 *
 * Context: Process context; locks may be held.
 */
void zc_xfer_set_rate(struct zc_xfer *x, u64 rate)
{
	WRITE_ONCE(x->rate, rate);
	zc_xfer_kick(x);
}
