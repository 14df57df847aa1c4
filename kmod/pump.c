// SPDX-License-Identifier: GPL-2.0
/*
 * One bounded turn: moves pages from the source to the socket, and accounts for
 * them.  Only this file moves bytes between the two.  The transfer's runner calls
 * it.  Takes no lock, and waits for the disk only if the caller allows it.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "batch.h"
#include "net.h"
#include "pump.h"
#include "sink_tls.h"
#include "trace.h"
#include "xfer.h"

/* Bounds of what one push offers, as far as the buffer's size decides */
#define ZC_PUMP_MOST	(16 * 1024 * 1024)
#define ZC_PUMP_LEAST	(64 * 1024)
/* Offered at least, where the estimate decides how much a socket takes */
#define ZC_PUMP_AGAIN	(128 * 1024)
/* Milliseconds between two looks at a record that TLS holds, at most */
#define ZC_PUMP_NAP_MOST	40

/* Storage of a batch on the stack: small transfers need no heap. */
struct zc_pump_small {
	struct bio_vec bv[ZC_BATCH_SMALL];
	u8 class[ZC_BATCH_SMALL];
};

/*
 * TLS may still hold bytes that TCP had no room for; closing the socket now would lose
 * them.  Also closes the last record, if it is open for bytes that will not come: only a
 * closed record can go.  While another thread's send keeps it open, an end waits for a
 * limited time.  A DONTWAIT caller gets the short count, as from sendfile(2).
 */
static bool zc_pump_unsent(struct zc_xfer *x, bool all)
{
	unsigned int holds;

	if (!x->acct.sent || x->dontwait)
		return false;
	if (!x->promised || zc_xfer_leaves_open(x, all))
		return zc_sink_unsent(&x->sink) &&
		       zc_sink_settle(&x->sink, false) & ZC_TLS_RECORDS;
	holds = zc_sink_settle(&x->sink, true);
	if (holds & ZC_TLS_OPEN && !zc_sink_unsent(&x->sink))
		return !zc_xfer_waited_for_others(x);
	return holds;
}

static bool zc_pump_gone(struct zc_xfer *x)
{
	int err = zc_sink_gone(&x->sink);

	if (err)
		zc_xfer_set_status(x, ZCOPY_STATUS_SOCKET_ERROR, err);
	return err;
}

/* Sets the time until the next look without a wakeup, longer each time. */
static void zc_pump_nap(struct zc_xfer *x)
{
	x->nap = clamp_t(unsigned int, 2 * x->nap, 1, ZC_PUMP_NAP_MOST);
}

/* No wakeup comes when TLS passes a record on by itself: look again later. */
static enum zc_turn zc_pump_await_record(struct zc_xfer *x)
{
	x->drained = true;
	if (zc_pump_gone(x))
		return ZC_TURN_END;
	zc_pump_nap(x);
	return ZC_TURN_SOCKET;
}

/* Ends the transfer with what was sent, once TLS has passed that on. */
static enum zc_turn zc_pump_cut(struct zc_xfer *x, int said)
{
	x->said = said;
	if (zc_pump_unsent(x, false))
		return zc_pump_await_record(x);
	if (said == ZC_SRC_SHORT)
		zc_xfer_set_status(x, ZCOPY_STATUS_TRUNCATED, -ENODATA);
	else
		zc_xfer_set_status(x, said == -ENOMEM ? ZCOPY_STATUS_NO_MEMORY :
				   ZCOPY_STATUS_FILE_ERROR, said);
	return ZC_TURN_END;
}

static enum zc_turn zc_pump_source_said(struct zc_xfer *x, int said)
{
	switch (said) {
	case ZC_SRC_BLOCKED:
		if (!(x->terms.flags & ZCOPY_F_NOWAIT))
			return ZC_TURN_DISK;
		zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
		return ZC_TURN_END;
	case -EINTR:
	case -ERESTARTSYS:
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
		return ZC_TURN_END;
	default:
		return zc_pump_cut(x, said);
	}
}

/*
 * A caller that does not wait polls for room next, so have the socket wake its pollers.
 * TCP does so itself when a push finds no room, but not when another thread's send kept
 * the push from reaching TCP.
 */
static enum zc_turn zc_pump_socket_full(struct zc_xfer *x)
{
	if (x->dontwait)
		zc_sink_watch_acks(&x->sink);
	if (x->took)
		x->took_before = x->took;
	x->took = 0;
	x->nap = 0;
	return ZC_TURN_SOCKET;
}

/*
 * Another thread is sending through TLS.  That thread may have found no room and sleep
 * until its peer reads, so go the way of a full socket.  If its send is over by now,
 * nothing may wake pollers: try again.
 */
static enum zc_turn zc_pump_held(struct zc_xfer *x)
{
	enum zc_turn turn = zc_pump_socket_full(x);

	return x->dontwait && !zc_sink_held(&x->sink, false) ? ZC_TURN_MORE : turn;
}

static enum zc_turn zc_pump_socket_said(struct zc_xfer *x, int err)
{
	if (err == -EAGAIN)
		return zc_pump_socket_full(x);
	if (err == -EINTR || err == -ERESTARTSYS) {
		/*
		 * A signal kept the push from waiting for TLS's lock: one that
		 * zc_sink_push() made pending, or one for the submitter, which
		 * may not wait for this transfer.  The next turn asks
		 * zc_sink_held().
		 */
		if (!x->sync)
			return ZC_TURN_MORE;
		if (!signal_pending(current))
			return zc_pump_held(x);
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
		return ZC_TURN_END;
	}
	if (err == -ENOMEM)
		return zc_pump_cut(x, err);
	zc_xfer_set_status(x, ZCOPY_STATUS_SOCKET_ERROR, err);
	return ZC_TURN_END;
}

/**
 * zc_pump_sent_all - set the status of a transfer that needs nothing more
 * @x: all its bytes are where they should be
 *
 * Context: The runner.
 */
void zc_pump_sent_all(struct zc_xfer *x)
{
	zc_xfer_set_status(x, zc_src_changed(&x->src) ? ZCOPY_STATUS_CHANGED :
			   ZCOPY_STATUS_DONE, 0);
}

/*
 * TLS says that the stream ends before TCP does.  Until TLS has taken that record, the
 * transfer waits as for any other bytes, but asks its files for no more.
 */
static int zc_pump_say_end(struct zc_xfer *x)
{
	int err = zc_sink_say_end(&x->sink);

	x->drained = x->drained || err;
	return err;
}

static enum zc_turn zc_pump_done(struct zc_xfer *x)
{
	bool later = x->terms.until != ZCOPY_UNTIL_QUEUED;
	bool shuts = x->terms.end == ZCOPY_END_SHUTDOWN;
	int err;

	/* To wait for the peer, or to shut down, the last byte must have left TLS. */
	if ((later || shuts) && zc_sink_settle(&x->sink, true))
		return zc_pump_await_record(x);
	err = shuts ? zc_pump_say_end(x) : 0;
	if (err)
		return zc_pump_socket_said(x, err);
	if (shuts && zc_sink_settle(&x->sink, true))
		return zc_pump_await_record(x);
	if (zc_pump_unsent(x, true))
		return zc_pump_await_record(x);
	if (later && !zc_xfer_released_all(x))
		return ZC_TURN_ACK;
	zc_pump_sent_all(x);
	return ZC_TURN_END;
}

/* What ended it stays, even if the file grows while TLS is waited for. */
static enum zc_turn zc_pump_drained(struct zc_xfer *x)
{
	return x->said ? zc_pump_cut(x, x->said) : zc_pump_done(x);
}

/* The rate is used up: send bytes that were held back because more will come. */
static enum zc_turn zc_pump_paced(struct zc_xfer *x)
{
	if (zc_pump_gone(x))
		return ZC_TURN_END;
	x->promised = x->promised && zc_sink_flush(&x->sink, true);
	if (x->promised)
		zc_pump_nap(x);
	else
		x->nap = 0;
	/* The rate may make it wait for hours: have a socket that fails wake it. */
	if (!x->wait.head)
		zc_wait_arm(&x->wait, x->sink.file);
	return ZC_TURN_RATE;
}

/* Looks up pages, which brings them into the page cache, and releases them. */
static enum zc_turn zc_pump_warm(struct zc_xfer *x, struct zc_batch *b,
				 u64 share, unsigned int flags)
{
	int ret;

	while (share) {
		if (zc_xfer_over(x))
			return ZC_TURN_END;
		/* As in zc_pump_run() */
		if (x->sync && zc_account_began(x) && signal_pending(current)) {
			zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
			return ZC_TURN_END;
		}
		ret = zc_src_fill(&x->src, b, min_t(u64, share, ZC_PUMP_MOST),
				  flags);
		if (ret)
			return zc_pump_source_said(x, ret);
		if (!b->bytes)
			return zc_pump_done(x);
		zc_account_warmed(x, b);
		zc_src_advance(&x->src, b->bytes);
		zc_clock_moved(&x->clock, ktime_get_ns(), 0, b->bytes);
		share -= min_t(u64, share, b->bytes);
		zc_batch_release(b);
		cond_resched();
	}
	return ZC_TURN_MORE;
}

/*
 * Bytes to offer.  Pages that the socket does not take must be looked up again, so
 * do not offer too many.  The estimate: between two waits for room, a socket takes
 * about as much as between the two waits before.
 */
static size_t zc_pump_offer(const struct zc_xfer *x)
{
	size_t most = clamp_t(long, zc_sink_offer(&x->sink), ZC_PUMP_LEAST,
			      ZC_PUMP_MOST);
	u64 likely = x->took_before + x->took_before / 8;

	/*
	 * Offer a page to a full socket, too: the push in vain makes the socket
	 * wake its pollers when there is room, and sends a tail that was held
	 * back for more.
	 */
	if (zc_sink_full(&x->sink))
		return PAGE_SIZE;
	if (!likely)
		return most;
	likely = likely > x->took ? likely - x->took : 0;
	return min_t(u64, max_t(u64, likely, ZC_PUMP_AGAIN), most);
}

/* As zc_xfer_over(), which need not be called for most transfers. */
static bool zc_pump_over(struct zc_xfer *x)
{
	return (READ_ONCE(x->bits) & (BIT(ZC_XFER_CANCEL) | BIT(ZC_XFER_DOOMED)) ||
		x->terms.deadline_ns || x->terms.idle_ns) && zc_xfer_over(x);
}

static bool zc_pump_replaced(struct zc_xfer *x)
{
	if (!zc_sink_replaced(&x->sink))
		return false;
	zc_xfer_set_status(x, ZCOPY_STATUS_SOCKET_ERROR, -ECONNRESET);
	return true;
}

/*
 * Do bytes of another transfer follow at once?  Only the submitter may say so: it goes on
 * with its batch right after this turn, and sends what TCP holds back if nothing follows.
 */
static bool zc_pump_followed(const struct zc_xfer *x)
{
	return x->followed && !(current->flags & PF_KTHREAD);
}

static enum zc_turn zc_pump_run(struct zc_xfer *x, struct zc_batch *b,
				u64 share, unsigned int flags)
{
	bool keep_open = x->terms.end == ZCOPY_END_CORK ||
			 (x->terms.flags & ZCOPY_F_MORE);

	while (share) {
		u64 rate = READ_ONCE(x->rate);
		u64 room = share, wait;
		size_t want;
		ssize_t ret;

		if (zc_pump_over(x))
			return ZC_TURN_END;
		/*
		 * Only a send that has made progress yields to a signal; otherwise
		 * a periodic timer could restart it for ever.
		 */
		if (x->sync && x->acct.sent && signal_pending(current)) {
			zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
			return ZC_TURN_END;
		}
		if (zc_pump_replaced(x))
			return ZC_TURN_END;
		if (x->drained)
			return zc_pump_drained(x);
		/*
		 * A program blocked in send(2) holds TLS's tx_lock until its peer
		 * reads; do not queue behind it.  Software TLS lets a submitter find
		 * out by its push, which spins while the holder runs: short sends
		 * of other threads are waited for, as sendfile(2) does.
		 */
		if (zc_sink_held(&x->sink, x->sync))
			return zc_pump_held(x);
		if (rate) {
			room = zc_clock_room(&x->clock, ktime_get_ns(), rate,
					     x->src.left, &wait);
			if (!room)
				return zc_pump_paced(x);
			room = min(room, share);
		}
		zc_xfer_does(x, ZC_DOING_READ);
		/* A record of TLS goes whole, or not yet. */
		want = x->src.record ? x->src.left :
		       min_t(u64, zc_pump_offer(x), room);
		ret = zc_src_fill(&x->src, b, want, flags);
		/*
		 * SECURITY: again, as a file server decides how long a read takes.  A
		 * transfer that was told to stop meanwhile sends nothing more: its
		 * submitter may use the socket by now.
		 */
		if (zc_pump_replaced(x) || zc_pump_over(x)) {
			zc_batch_release(b);
			return ZC_TURN_END;
		}
		if (ret)
			return zc_pump_source_said(x, ret);
		if (!b->bytes)
			return zc_pump_done(x);

		b->more |= keep_open;
		b->followed = zc_pump_followed(x);
		zc_xfer_does(x, ZC_DOING_SEND);
		ret = zc_sink_push(&x->sink, b);
		if (ret > 0) {
			zc_account_sent(x, b, ret);
			zc_src_advance(&x->src, ret);
			/* zc_account_sent() has just read the time. */
			zc_clock_moved(&x->clock, x->acct.submitted_ns +
				       x->acct.last_byte_ns, rate, ret);
			x->promised = b->more || ret < b->bytes;
			share -= min_t(u64, share, ret);
			x->took += ret;
			/* A short push means that there is no more room. */
			if (ret < b->bytes)
				ret = -EAGAIN;
			x->stalls = 0;
			x->nap = 0;
		}
		if (!b->more && ret > 0) {
			zc_batch_release(b);
			return zc_pump_done(x);
		}
		zc_batch_release(b);
		if (ret < 0)
			return zc_pump_socket_said(x, ret);
		zc_src_look_fully(&x->src);
		cond_resched();
	}
	return ZC_TURN_MORE;
}

/**
 * zc_pump_turn - move bytes until the turn is over
 * @x: a transfer at the head of its socket's line
 * @share: most bytes to move
 * @flags: ZC_SRC_*
 *
 * Context: The runner, no lock held.  Sleeps for the file only with
 * ZC_SRC_MAY_BLOCK, for the socket never.
 * Return: why the turn is over.
 */
enum zc_turn zc_pump_turn(struct zc_xfer *x, u64 share, unsigned int flags)
{
	/* No entry is read before it is written. */
	struct zc_pump_small small __uninitialized;
	struct zc_batch b = {
		.bv	= small.bv,
		.class	= small.class,
		.max	= ZC_BATCH_SMALL,
		.record	= x->src.record,
	};
	enum zc_turn turn;
	void *heap = NULL;

	if (x->src.left > ZC_BATCH_SMALL / 2 * PAGE_SIZE)
		heap = zc_batch_grow(&b);
	zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_turns);
	WRITE_ONCE(x->state, ZCOPY_STATE_RUNNING);
	trace_zcopy_turn_start(x);
	if (x->terms.flags & ZCOPY_F_NOWAIT)
		flags = ZC_SRC_CACHED;
	if (zc_xfer_warms(x))
		turn = zc_pump_warm(x, &b, share, flags);
	else
		turn = zc_pump_run(x, &b, share, flags);
	if (turn != ZC_TURN_END)
		zc_src_look_fully(&x->src);
	if (x->src.drop_behind)
		zc_ahead_drop(&x->src);
	trace_zcopy_turn_done(x, turn);
	zc_batch_free(heap);
	return turn;
}
