// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer that its submitter runs itself and sleeps for, as sendfile(2) does, with
 * the rules of sendfile(2) for signals and for nonblocking sockets.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/sched/xacct.h>
#include <linux/wait.h>
#include <net/sock.h>

#include "ack.h"
#include "pump.h"
#include "worker.h"
#include "xfer.h"

static bool zc_worker_woken(const struct zc_xfer *x)
{
	return test_bit(ZC_XFER_WOKEN, &x->bits) || zc_xfer_cancelled(x);
}

/*
 * Sleeps until the transfer is kicked, but no longer than @ns.  Returns ZC_TURN_MORE
 * to look again, or ZC_TURN_END with the status set.
 */
static enum zc_turn zc_worker_sleep(struct zc_xfer *x, u64 ns)
{
	long left = MAX_SCHEDULE_TIMEOUT;

	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns != ZC_CLOCK_NEVER)
		left = zc_worker_jiffies(ns);
	left = wait_event_interruptible_timeout(x->wq, zc_worker_woken(x), left);
	if (left < 0) {
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
		return ZC_TURN_END;
	}
	return zc_xfer_over(x) ? ZC_TURN_END : ZC_TURN_MORE;
}

static enum zc_turn zc_worker_again(struct zc_xfer *x)
{
	zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
	return ZC_TURN_END;
}

/* Nanoseconds left of SO_SNDTIMEO after @in_vain without progress */
static u64 zc_worker_patience(const struct zc_xfer *x, u64 in_vain)
{
	long timeo = READ_ONCE(x->sink.sock->sk->sk_sndtimeo);
	u64 ns;

	/* As good as no timeout, and too long for nanoseconds */
	if (timeo >= MAX_SCHEDULE_TIMEOUT / TICK_NSEC)
		return ZC_CLOCK_NEVER;
	ns = jiffies_to_nsecs(timeo);
	return ns > in_vain ? ns - in_vain : 0;
}

static enum zc_turn zc_worker_await_turn(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;
	u64 left;

	/* No -EAGAIN: the socket need not be full, so no wakeup for room may come. */
	if (x->dontwait && !zc_fifo_is_head(&x->fifo)) {
		zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EBUSY);
		return ZC_TURN_END;
	}
	while (turn == ZC_TURN_MORE) {
		zc_worker_unmark(x);
		if (zc_fifo_is_head(&x->fifo))
			break;
		left = zc_worker_patience(x, ktime_get_ns() -
					     x->acct.submitted_ns);
		if (!left)
			return zc_worker_again(x);
		turn = zc_worker_sleep(x, left);
	}
	return turn;
}

static enum zc_turn zc_worker_await_socket(struct zc_xfer *x)
{
	u64 left;

	if (x->dontwait)
		return zc_worker_again(x);
	left = zc_worker_patience(x, zc_clock_full(&x->clock, ktime_get_ns()));
	if (!left)
		return zc_worker_again(x);
	zc_worker_count_wait(x);
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	if (zc_worker_park(x)) {
		if (++x->stalls < ZC_WORKER_STALLS)
			return ZC_TURN_MORE;
		x->stalls = 0;
		left = min_t(u64, left, ZC_WORKER_BACKOFF);
	}
	return zc_worker_sleep(x, min(left, zc_worker_nap(x)));
}

/* A caller that does not wait for the socket still waits for the rate that it set. */
static enum zc_turn zc_worker_await_rate(struct zc_xfer *x)
{
	u64 wait;

	WRITE_ONCE(x->state, ZCOPY_STATE_RATE);
	zc_worker_unmark(x);
	wait = zc_worker_pace(x);
	return wait ? zc_worker_sleep(x, wait) : ZC_TURN_MORE;
}

static enum zc_turn zc_worker_await_ack(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;
	u64 left;

	WRITE_ONCE(x->state, ZCOPY_STATE_ACK);
	while (turn == ZC_TURN_MORE) {
		zc_worker_unmark(x);
		if (zc_ack_look(x))
			return ZC_TURN_END;
		if (x->dontwait)
			return zc_worker_again(x);
		left = zc_worker_patience(x, zc_clock_full(&x->clock,
							   ktime_get_ns()));
		if (!left)
			return zc_worker_again(x);
		turn = zc_worker_sleep(x, min(left, zc_ack_nap(x)));
	}
	return turn;
}

/* Waits for other sends to the socket, as sendfile(2) would, but not for ever */
static void zc_worker_settle_here(struct zc_xfer *x)
{
	u64 ns;

	while (!fatal_signal_pending(current)) {
		ns = zc_xfer_settle(x);
		if (!ns)
			break;
		schedule_timeout_killable(zc_worker_jiffies(ns));
	}
}

/**
 * zc_worker_run_here - run a synchronous transfer to its end in the caller
 * @x: a transfer that is in its socket's line; ended on return
 *
 * As sendfile(2): waits for its turn and for room as long as SO_SNDTIMEO says, and
 * a signal ends it with what was sent.  The bytes count as read and written by the
 * caller, as those of sendfile(2) do.
 *
 * Context: The submitter, no lock held.  Sleeps.
 */
void zc_worker_run_here(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;

	zc_xfer_turn_begins(x);
	if (!zc_fifo_is_head(&x->fifo))
		turn = zc_worker_await_turn(x);
	while (turn != ZC_TURN_END) {
		turn = zc_pump_turn(x, U64_MAX, ZC_SRC_MAY_BLOCK);
		switch (turn) {
		case ZC_TURN_SOCKET:
			turn = zc_worker_await_socket(x);
			break;
		case ZC_TURN_RATE:
			turn = zc_worker_await_rate(x);
			break;
		case ZC_TURN_ACK:
			zc_xfer_all_queued(x);
			turn = zc_worker_await_ack(x);
			break;
		default:
			break;
		}
	}
	zc_worker_settle_here(x);
	add_rchar(current, x->acct.sent);
	add_wchar(current, x->acct.sent);
	inc_syscr(current);
	inc_syscw(current);
	zc_xfer_finish(x);
}
