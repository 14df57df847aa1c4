// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a transfer: when a transfer is over, what is done to its socket
 * then, and in which order its resources are dropped.  The runner ends each
 * transfer once.  Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "ctx.h"
#include "hearer.h"
#include "registry.h"
#include "run_jobs.h"
#include "sink_tls.h"
#include "trace.h"
#include "xfer.h"

/* Longest time that an end waits for other sends to the socket */
#define ZC_XFER_SETTLE		(3 * NSEC_PER_SEC)
/* Milliseconds between two looks at those sends, at most */
#define ZC_XFER_NAP_MOST	40

/**
 * zc_xfer_over - has it been told to stop, or run out of time?
 * @x: the transfer
 *
 * Context: The runner.
 * Return: true if it is over; its status is set then.
 */
bool zc_xfer_over(struct zc_xfer *x)
{
	if (zc_xfer_cancelled(x)) {
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -ECANCELED);
		return true;
	}
	if (!x->terms.deadline_ns && !x->terms.idle_ns)
		return false;
	switch (zc_clock_look(&x->clock, ktime_get_ns())) {
	case ZC_CLOCK_DEADLINE:
		zc_xfer_set_status(x, ZCOPY_STATUS_DEADLINE, -ETIMEDOUT);
		return true;
	case ZC_CLOCK_IDLE:
		zc_xfer_set_status(x, ZCOPY_STATUS_IDLE, -ETIMEDOUT);
		return true;
	case ZC_CLOCK_GO:
		break;
	}
	return false;
}

/**
 * zc_xfer_set_status - say how a transfer ends
 * @x: the transfer
 * @status: how
 * @err: 0, or a negative errno
 *
 * Context: The runner; only the first call has an effect.
 */
void zc_xfer_set_status(struct zc_xfer *x, enum zcopy_status status, int err)
{
	if (x->status != ZCOPY_STATUS_RUNNING)
		return;
	x->status = status;
	x->error = -err;
}

static void zc_xfer_next(struct zc_fifo *next)
{
	zc_xfer_kick(container_of(next, struct zc_xfer, fifo));
}

/**
 * zc_xfer_leave_line - leave the line of the socket, and have the next go on
 * @x: need not be in it
 *
 * Context: The runner.
 */
void zc_xfer_leave_line(struct zc_xfer *x)
{
	zc_fifo_leave(&x->fifo, zc_xfer_next);
}

static void zc_xfer_next_acked(struct zc_fifo *next)
{
	zc_xfer_kick(container_of(next, struct zc_xfer, acks));
}

/* May the end wait for TLS?  Not if the transfer does not wait for its socket. */
static bool zc_xfer_may_settle(const struct zc_xfer *x)
{
	return x->status != ZCOPY_STATUS_AGAIN || (x->terms.flags & ZCOPY_F_NOWAIT);
}

/*
 * Is an open TLS record closed at the end?  Not if the transfer ended because it does
 * not wait for the socket (ZCOPY_F_DONTWAIT, O_NONBLOCK, SO_SNDTIMEO) and has no
 * ZCOPY_F_NOWAIT: its caller calls again for the rest, which goes on in that record, as
 * after a short sendfile(2).  If nothing is left to be sent, no rest will follow.
 */
static bool zc_xfer_closes_record(const struct zc_xfer *x)
{
	return zc_xfer_may_settle(x) || x->drained;
}

/* Were all bytes given to the socket, even if TLS still holds some of them? */
static bool zc_xfer_gave_all(const struct zc_xfer *x)
{
	return zc_xfer_sent_all(x) || (x->drained && !x->said);
}

/**
 * zc_xfer_leaves_open - has the caller announced more bytes?
 * @x: the transfer
 * @all: all its bytes were sent
 *
 * Context: Any.
 * Return: true if so: bytes that are held back for them stay held back.
 */
bool zc_xfer_leaves_open(const struct zc_xfer *x, bool all)
{
	return (all && x->terms.end == ZCOPY_END_CORK) ||
	       (x->terms.flags & ZCOPY_F_MORE);
}

/*
 * Shuts down the sending side if the caller asked for that and all bytes were sent.
 * Otherwise sends the bytes that the socket holds back, unless the caller announced more.
 */
static void zc_xfer_end_action(struct zc_xfer *x, bool all)
{
	if (all && x->terms.end == ZCOPY_END_SHUTDOWN) {
		zc_sink_shutdown(&x->sink);
		return;
	}
	if (x->promised && !zc_xfer_leaves_open(x, zc_xfer_gave_all(x)))
		zc_sink_flush(&x->sink, zc_xfer_closes_record(x));
}

/**
 * zc_xfer_waited_for_others - has an end waited long enough for other sends?
 * @x: has nothing more to send, but a record of TLS cannot be closed
 *
 * The first call begins the time.
 *
 * Context: The runner.
 * Return: true after ZC_XFER_SETTLE.
 */
bool zc_xfer_waited_for_others(struct zc_xfer *x)
{
	u64 now = ktime_get_ns();

	if (!x->settle_ns)
		x->settle_ns = now + ZC_XFER_SETTLE;
	return now >= x->settle_ns;
}

/**
 * zc_xfer_settle - close the record of TLS that the last bytes are in
 * @x: its status is set
 *
 * A transfer that ends early may leave a record open, which the peer does not get
 * until more is sent.  The record cannot be closed while the program is in a send of
 * its own, or while TLS's work goes on with a send that the program gave up.  The end
 * waits for these, but not longer than ZC_XFER_SETTLE, as they may wait for a peer
 * that never reads.  After that, the record goes out with the bytes that are sent
 * next: those of the program's own send.
 *
 * Context: The runner, no lock held.  May sleep.
 * Return: nanoseconds until the next try, or 0: the transfer can be finished.
 */
u64 zc_xfer_settle(struct zc_xfer *x)
{
	if (!x->promised || !zc_xfer_may_settle(x) ||
	    zc_xfer_leaves_open(x, zc_xfer_gave_all(x)))
		return 0;
	if (x->sync && fatal_signal_pending(current))
		return 0;
	if (!(zc_sink_settle(&x->sink, true) & ZC_TLS_OPEN) ||
	    zc_sink_gone(&x->sink))
		return 0;
	if (!x->settle_ns)
		x->nap = 0;
	if (zc_xfer_waited_for_others(x))
		return 0;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	x->nap = clamp_t(unsigned int, 2 * x->nap, 1, ZC_XFER_NAP_MOST);
	return x->nap * NSEC_PER_MSEC;
}

/**
 * zc_xfer_all_queued - the socket has all bytes: begin to wait for the peer
 * @x: at the head of its line; the next transfer in it may run from now on
 *
 * RACE: it enters the second line of its level before it leaves the first, so that
 * both lines have the same order.
 *
 * Context: The runner, no lock held.  May sleep.
 */
void zc_xfer_all_queued(struct zc_xfer *x)
{
	/* ORDER: before the end action: a FIN counts as a byte, but is not awaited. */
	zc_sink_note_end(&x->sink);
	zc_xfer_end_action(x, true);
	zc_xfer_unwatch(x);
	x->nap = 0;
	zc_fifo_enter_sent(&x->acks, x->sink.sock->sk, x->terms.until);
	zc_fifo_leave(&x->fifo, zc_xfer_next);
}

/*
 * Reports the end.  @net: REF: consumed; the namespace that hears of it, or NULL.
 *
 * ORDER: netlink hears of its own transfers last, so that a submitter at its limit
 * may submit the next transfer at once.  Other ends become events before their
 * completion can be collected: the counters are final then.
 */
static void zc_xfer_report(struct zc_xfer *x, struct net *net)
{
	bool to_submitter = x->nl;

	if (!to_submitter)
		zc_hearer_ended(x, net);
	if (x->ctx)
		zc_ctx_completed(x->ctx, x);
	if (x->notify)
		x->notify(x);
	if (to_submitter)
		zc_hearer_ended(x, net);
}

/**
 * zc_xfer_finish - end a transfer
 * @x: in phase SETTLE or CLOSE.  REF: the runner's reference is dropped; a light transfer
 *     stays its submitter's
 *
 * All that a completion or an event reports is final before it can be collected: the
 * counters are up to date, and the files are closed if a worker is the runner.
 *
 * Context: The runner, no lock held.  May sleep.
 */
void zc_xfer_finish(struct zc_xfer *x)
{
	bool in_worker = current->flags & PF_KTHREAD;
	struct net *net = NULL;

	zc_xfer_does(x, ZC_DOING_CLOSE);
	if (!x->light)
		zc_wait_disarm(&x->wait);
	/* In CLOSE, zc_xfer_all_queued() has done both. */
	if (x->phase == ZC_PHASE_SETTLE) {
		zc_xfer_unwatch(x);
		zc_xfer_end_action(x, zc_xfer_sent_all(x));
	}
	x->retrans = zc_sink_retrans(&x->sink);
	zc_account_time(x);
	/* ORDER: pairs with zc_xfer_ended(). */
	smp_store_release(&x->phase, zc_phase_after(x->phase, ZC_EVENT_CLOSED).phase);
	WRITE_ONCE(x->state, ZCOPY_STATE_ENDED);
	if (!x->sync)
		zc_run_forget(x);

	if (x->light)
		trace_zcopy_submit(x);
	else
		zc_registry_del(x);
	zc_account_close(x);
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_xfer_count_held(x);
	trace_zcopy_complete(x);

	/* ORDER: the socket pins the namespace; only @net may be used from here on. */
	if (!x->light)
		net = zc_hearer_await(x);
	zc_src_drop(&x->src, in_worker);
	zc_sink_drop(&x->sink, in_worker);
	if (x->light) {
		zc_xfer_leave_line(x);
		return;
	}
	zc_xfer_give_back(x);
	zc_xfer_report(x, net);
	/*
	 * ORDER: last, so that completions come in the order of the line, too.
	 * The socket may be gone; its address is only a key.
	 */
	zc_fifo_leave(&x->acks, zc_xfer_next_acked);
	zc_xfer_leave_line(x);
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	zc_xfer_put(x);
}
