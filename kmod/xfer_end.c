// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a transfer: when it has come, what the socket is told, and in
 * which order everything is let go.  Once, by the runner.  Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "account.h"
#include "ctx.h"
#include "genl.h"
#include "payer.h"
#include "registry.h"
#include "stats.h"
#include "trace.h"
#include "worker.h"
#include "xfer.h"

/* Longest that an end waits for others who are in a send */
#define ZC_XFER_SETTLE		(3 * NSEC_PER_SEC)
/* Milliseconds between two looks whether they are, at most */
#define ZC_XFER_NAP_MOST	40

/**
 * zc_xfer_over - has it been told to stop, or run out of time?
 * @x: the transfer
 *
 * Context: The runner.
 * Return: true if so; its status is set then.
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
 * Context: The runner; the first word counts.
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

static void zc_xfer_next_acked(struct zc_fifo *next)
{
	zc_xfer_kick(container_of(next, struct zc_xfer, acks));
}

/*
 * Who did not wait for room, or not longer, calls again for the rest: a record of
 * TLS goes on with that, as after a short sendfile(2).
 */
static bool zc_xfer_closes_record(const struct zc_xfer *x)
{
	return x->status != ZCOPY_STATUS_AGAIN ||
	       (x->terms.flags & ZCOPY_F_NOWAIT);
}

/* More is to follow, by the caller's word: what is held back stays so. */
static bool zc_xfer_leaves_open(const struct zc_xfer *x, bool all)
{
	return (all && x->terms.end == ZCOPY_END_CORK) ||
	       (x->terms.flags & ZCOPY_F_MORE);
}

/*
 * The socket is told what it was promised, and what the caller asked for.  The
 * latter is for those who sent all.
 */
static void zc_xfer_end_action(struct zc_xfer *x, bool all)
{
	if (x->end_done)
		return;
	x->end_done = true;
	if (all && x->terms.end == ZCOPY_END_SHUTDOWN) {
		zc_sink_shutdown(&x->sink);
		return;
	}
	if (x->promised && !zc_xfer_leaves_open(x, all))
		zc_sink_flush(&x->sink, zc_xfer_closes_record(x));
}

/**
 * zc_xfer_settle - close the record of TLS that the last bytes are in
 * @x: its status is set
 *
 * A transfer that ends early may have left one open, which goes to nobody until
 * more is sent.  It cannot be closed while the program is in a send of its own,
 * or TLS's work in one that the program gave up: the end waits for that, for so
 * long at most, as they may wait for a peer that never reads.  After that the
 * record goes with what is sent next; the program's own send is next.
 *
 * Context: The runner, no lock held.  May sleep.
 * Return: nanoseconds until it should be tried again, or 0: it can be finished.
 */
u64 zc_xfer_settle(struct zc_xfer *x)
{
	u64 now;

	if (x->end_done || !x->promised || !zc_xfer_closes_record(x) ||
	    zc_xfer_leaves_open(x, zc_xfer_sent_all(x)))
		return 0;
	if (!(zc_sink_settle(&x->sink, true) & ZC_SINK_OPEN) ||
	    zc_sink_gone(&x->sink))
		return 0;
	now = ktime_get_ns();
	if (!x->settle_ns) {
		x->settle_ns = now + ZC_XFER_SETTLE;
		x->nap = 0;
	}
	if (now >= x->settle_ns)
		return 0;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	x->nap = clamp_t(unsigned int, 2 * x->nap, 1, ZC_XFER_NAP_MOST);
	return x->nap * NSEC_PER_MSEC;
}

/**
 * zc_xfer_all_queued - the socket has all bytes, the peer must be waited for
 * @x: at the head of its line, which the next one may run from now on
 *
 * RACE: in the second line before it leaves the first, so that both are in the
 * same order.
 *
 * Context: The runner, no lock held.  May sleep.
 */
void zc_xfer_all_queued(struct zc_xfer *x)
{
	/* ORDER: a FIN counts as a byte; it is not ours to wait for. */
	zc_sink_note_end(&x->sink);
	zc_xfer_end_action(x, true);
	zc_xfer_unwatch(x);
	x->acking = true;
	x->nap = 0;
	zc_fifo_enter_acks(&x->acks, x->sink.sock->sk);
	zc_fifo_leave(&x->fifo, zc_xfer_next);
}

/* Buffers of the socket hold it, though it was given up. */
static bool zc_xfer_held(const struct zc_xfer *x)
{
	return x->terms.until == ZCOPY_UNTIL_RELEASED &&
	       !test_bit(ZC_XFER_RELEASED, &x->bits);
}

/*
 * Its place among the transfers stays taken for as long as its memory is: until
 * its completion was read, or the last of those that are told together has ended.
 */
static void zc_xfer_give_back(struct zc_xfer *x)
{
	bool stays = x->notify || (x->ctx && !x->sync) || zc_xfer_held(x);

	zc_limits_give_back(x->payer, &x->claim,
			    stays ? ZC_CLAIM_ELEMENTS : ZC_CLAIM_TRANSFERS);
}

/**
 * zc_xfer_told - the caller was told of the end: others may take its place
 * @x: has ended, and was told; not freed yet
 *
 * A caller who was told may submit the next at once, though a runner, a buffer
 * or a queued work item has a reference still.
 *
 * Context: Process context or worker; once.
 */
void zc_xfer_told(struct zc_xfer *x)
{
	if (!zc_xfer_held(x))
		zc_limits_give_back(x->payer, &x->claim, ZC_CLAIM_TRANSFERS);
}

/*
 * One that ends counts as held until it is released.
 *
 * RACE: the release may come first, or meanwhile; the second of the two takes back
 * what is counted here.
 */
static void zc_xfer_count_held(struct zc_xfer *x)
{
	atomic_inc(&zc_stats_held);
	if (test_and_set_bit(ZC_XFER_PARTED, &x->bits))
		atomic_dec(&zc_stats_held);
}

/**
 * zc_xfer_finish - end a transfer
 * @x: its status is set.  REF: the runner's reference is dropped
 *
 * What a completion tells is final before it can be collected: counters are
 * up to date, and a worker has closed the files.
 *
 * Context: The runner, no lock held.  May sleep.
 */
void zc_xfer_finish(struct zc_xfer *x)
{
	bool in_worker = current->flags & PF_KTHREAD;

	zc_xfer_does(x, ZC_DOING_CLOSE);
	zc_wait_disarm(&x->wait);
	zc_xfer_unwatch(x);
	zc_xfer_end_action(x, zc_xfer_sent_all(x));
	x->retrans = zc_sink_retrans(&x->sink);
	zc_account_time(x);
	set_bit(ZC_XFER_ENDED, &x->bits);
	WRITE_ONCE(x->state, ZCOPY_STATE_ENDED);
	if (!x->sync)
		zc_worker_forget(x);

	zc_registry_del(x);
	zc_account_close(x);
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_xfer_count_held(x);
	trace_zcopy_complete(x);
	zc_genl_event(x, ZCOPY_EVENT_COMPLETED);

	/* ORDER: the namespace is pinned by the socket; not used any more. */
	zc_src_drop(&x->src, in_worker);
	zc_sink_drop(&x->sink, in_worker);
	zc_xfer_give_back(x);
	if (x->ctx)
		zc_ctx_completed(x->ctx, x);
	if (x->notify)
		x->notify(x);
	/*
	 * ORDER: last, so that completions come in the order of the line too.
	 * The socket may be gone; its address is only a key.
	 */
	zc_fifo_leave(&x->acks, zc_xfer_next_acked);
	zc_fifo_leave(&x->fifo, zc_xfer_next);
	zc_xfer_put(x);
}
