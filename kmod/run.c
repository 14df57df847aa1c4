// SPDX-License-Identifier: GPL-2.0
/*
 * One step of a transfer: looks at what its phase waits for, moves bytes if it can, and
 * says what the transfer needs next.  The table in phase.c has the moves.  A
 * transfer has one runner at a time, which calls this: its submitter (run_sync.c) or a
 * worker (run_async.c).
 *
 * A step never waits for the socket, the peer, the rate or the line.  It waits for a
 * file only if its caller allows that.  Takes no lock.
 *
 * A submitter that runs its transfer itself gets the rules of sendfile(2) for
 * nonblocking sockets and for SO_SNDTIMEO.
 */
#include <linux/ktime.h>
#include <net/sock.h>

#include "ack.h"
#include "pump.h"
#include "run.h"
#include "xfer.h"

/* After so many vain pushes to a socket that polls ready, wait so long. */
#define ZC_RUN_STALLS	3
#define ZC_RUN_BACKOFF	(10 * NSEC_PER_MSEC)

/* Clears the mark.  A later kick sets it again, so look for events after this. */
static void zc_run_unmark(struct zc_xfer *x)
{
	clear_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_xfer_kick(). */
	smp_mb__after_atomic();
}

/* Nanoseconds until the next look, if no wakeup comes before */
static u64 zc_run_nap(const struct zc_xfer *x)
{
	return x->nap ? x->nap * NSEC_PER_MSEC : ZC_CLOCK_NEVER;
}

/* Nanoseconds that a submitter still waits after @in_vain without progress */
static u64 zc_run_patience(const struct zc_xfer *x, u64 in_vain)
{
	long timeo;
	u64 ns;

	if (!x->sync)
		return ZC_CLOCK_NEVER;
	if (x->dontwait)
		return 0;
	timeo = READ_ONCE(x->sink.sock->sk->sk_sndtimeo);
	/* As good as no timeout, and too long for nanoseconds */
	if (timeo >= MAX_SCHEDULE_TIMEOUT / TICK_NSEC)
		return ZC_CLOCK_NEVER;
	ns = jiffies_to_nsecs(timeo);
	return ns > in_vain ? ns - in_vain : 0;
}

static enum zc_event zc_run_gives_up(struct zc_xfer *x, int err)
{
	zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, err);
	return ZC_EVENT_OVER;
}

static enum zc_event zc_run_line(struct zc_xfer *x, u64 *ns)
{
	u64 now;

	zc_run_unmark(x);
	if (zc_xfer_over(x))
		return ZC_EVENT_OVER;
	now = ktime_get_ns();
	if (zc_fifo_is_head(&x->fifo)) {
		x->acct.first_try_ns = now - x->acct.submitted_ns;
		return ZC_EVENT_FIRST;
	}
	/* No -EAGAIN: the socket need not be full, so no wakeup for room may come. */
	if (x->dontwait)
		return zc_run_gives_up(x, -EBUSY);
	WRITE_ONCE(x->state, ZCOPY_STATE_QUEUED);
	*ns = zc_run_patience(x, now - x->acct.submitted_ns);
	return *ns ? ZC_EVENT_BEHIND : zc_run_gives_up(x, -EAGAIN);
}

/*
 * Asks the socket for a wakeup when it has room.  Returns true if it can be tried again
 * at once.  EPOLLERR without sk_err is a pending error queue, which the program must
 * read.
 */
static bool zc_run_park(struct zc_xfer *x)
{
	struct sock *sk = x->sink.sock->sk;
	__poll_t mask;

	zc_run_unmark(x);
	/* A cancel during the turn may have set the mark that is cleared now. */
	if (zc_xfer_cancelled(x))
		return true;
	mask = zc_wait_arm(&x->wait, x->sink.file);
	return (mask & (EPOLLOUT | EPOLLHUP)) || READ_ONCE(sk->sk_err) ||
	       (!x->nap && zc_sink_worth_a_try(&x->sink, x->src.left));
}

static enum zc_event zc_run_full(struct zc_xfer *x, u64 *ns)
{
	u64 in_vain = zc_clock_full(&x->clock, ktime_get_ns());
	u64 left = zc_run_patience(x, in_vain);

	if (!left)
		return zc_run_gives_up(x, -EAGAIN);
	if (x->light) {
		/* The look after it became known is its first. */
		x->nap = 0;
		return ZC_EVENT_WAITS;
	}
	/* Another look after a nap is not a new wait. */
	x->acct.socket_waits += x->nap <= 1;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	if (zc_run_park(x)) {
		if (zc_xfer_cancelled(x) || ++x->stalls < ZC_RUN_STALLS)
			return ZC_EVENT_AGAIN;
		x->stalls = 0;
		left = min_t(u64, left, ZC_RUN_BACKOFF);
	}
	*ns = min(left, zc_run_nap(x));
	return ZC_EVENT_FULL;
}

/* A caller that does not wait for the socket still waits for the rate that it set. */
static enum zc_event zc_run_paced(struct zc_xfer *x, u64 *ns)
{
	u64 rate, wait = 0;

	WRITE_ONCE(x->state, ZCOPY_STATE_RATE);
	zc_run_unmark(x);
	rate = READ_ONCE(x->rate);
	/* If the socket is gone, do not wait: the next turn sets the status. */
	if (rate && !zc_xfer_cancelled(x) && !zc_sink_gone(&x->sink))
		zc_clock_room(&x->clock, ktime_get_ns(), rate, x->src.left, &wait);
	*ns = min(wait, zc_run_nap(x));
	return *ns ? ZC_EVENT_PACED : ZC_EVENT_AGAIN;
}

static enum zc_event zc_run_push(struct zc_xfer *x, u64 share, unsigned int flags,
				 u64 *ns)
{
	if (zc_xfer_over(x))
		return ZC_EVENT_OVER;
	switch (zc_pump_turn(x, share, flags)) {
	case ZC_TURN_MORE:
		return ZC_EVENT_AGAIN;
	case ZC_TURN_SOCKET:
		return zc_run_full(x, ns);
	case ZC_TURN_RATE:
		return zc_run_paced(x, ns);
	case ZC_TURN_DISK:
		WRITE_ONCE(x->state, ZCOPY_STATE_DISK);
		return x->light ? ZC_EVENT_WAITS : ZC_EVENT_COLD;
	case ZC_TURN_ACK:
		zc_xfer_all_queued(x);
		return ZC_EVENT_SENT;
	case ZC_TURN_END:
		break;
	}
	return ZC_EVENT_OVER;
}

static enum zc_event zc_run_ack(struct zc_xfer *x, u64 *ns)
{
	u64 left = ZC_CLOCK_NEVER;

	WRITE_ONCE(x->state, ZCOPY_STATE_ACK);
	zc_run_unmark(x);
	if (zc_ack_look(x))
		return ZC_EVENT_OVER;
	if (x->sync)
		left = zc_run_patience(x, zc_clock_full(&x->clock, ktime_get_ns()));
	if (!left)
		return zc_run_gives_up(x, -EAGAIN);
	*ns = min(left, zc_ack_nap(x));
	return ZC_EVENT_UNACKED;
}

static enum zc_event zc_run_settle(struct zc_xfer *x, u64 *ns)
{
	*ns = zc_xfer_settle(x);
	if (!*ns)
		return ZC_EVENT_SETTLED;
	if (x->light)
		return ZC_EVENT_WAITS;
	zc_run_unmark(x);
	return ZC_EVENT_HELD;
}

static enum zc_event zc_run_look(struct zc_xfer *x, u64 share, unsigned int flags,
				 u64 *ns)
{
	/* A signal may have ended it while its submitter slept. */
	if (x->phase < ZC_PHASE_SETTLE && x->status != ZCOPY_STATUS_RUNNING)
		return ZC_EVENT_OVER;
	switch (x->phase) {
	case ZC_PHASE_LINE:
		return zc_run_line(x, ns);
	case ZC_PHASE_PUSH:
		return zc_run_push(x, share, flags, ns);
	case ZC_PHASE_ACK:
		return zc_run_ack(x, ns);
	case ZC_PHASE_SETTLE:
		return zc_run_settle(x, ns);
	default:
		return ZC_EVENT_OVER;
	}
}

/* For a bug of ours: the phase says what zc_xfer_finish() has to undo. */
static struct zc_move zc_run_give_up(const struct zc_xfer *x)
{
	bool sent = x->phase == ZC_PHASE_ACK || x->phase == ZC_PHASE_CLOSE;

	return (struct zc_move) {
		.need	= ZC_NEED_CLOSE,
		.phase	= sent ? ZC_PHASE_CLOSE : ZC_PHASE_SETTLE,
	};
}

/**
 * zc_run_step - look at a transfer, move bytes if possible, say what it needs next
 * @x: the transfer, not ended
 * @share: most bytes to move
 * @flags: ZC_SRC_*
 *
 * Context: The runner, no lock held.  May sleep, but waits only for the file, and only
 * with ZC_SRC_MAY_BLOCK.
 * Return: what it needs next, never ZC_NEED_STEP; with ZC_NEED_CLOSE, zc_xfer_finish()
 * must follow.
 */
struct zc_step zc_run_step(struct zc_xfer *x, u64 share, unsigned int flags)
{
	struct zc_step step = { };
	struct zc_move move;

	do {
		step.ns = ZC_CLOCK_NEVER;
		move = zc_phase_after(x->phase, zc_run_look(x, share, flags, &step.ns));
		if (WARN_ON_ONCE(move.need == ZC_NEED_BUG))
			move = zc_run_give_up(x);
		WRITE_ONCE(x->phase, move.phase);
	} while (move.need == ZC_NEED_STEP);
	step.need = move.need;
	return step;
}
