// SPDX-License-Identifier: GPL-2.0
/*
 * The transfers of an open device and their completions.  A completion is the
 * ended transfer itself: its memory exists from submission on, so none can be
 * lost.  A device may have tens of thousands of transfers: a tree finds each by
 * number, and a walk over all drops the lock after every stretch.  Takes the device's
 * lock, and inside it only those that zc_xfer_kick() takes.  Never waits for a
 * transfer to end.
 */
#include <linux/sched.h>

#include "compat/compat.h"
#include "ctx.h"
#include "xfer.h"

/* Transfers that are told to stop before the lock is dropped */
#define ZC_CTX_STRETCH	64

static bool zc_ctx_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct zc_xfer, own)->id <
	       rb_entry(b, struct zc_xfer, own)->id;
}

/* The transfer with the highest number up to @id.  Under the lock. */
static struct zc_xfer *zc_ctx_up_to(const struct zc_ctx *ctx, u64 id)
{
	struct rb_node *node = ctx->all.rb_node;
	struct zc_xfer *x, *found = NULL;

	lockdep_assert_held(&ctx->lock);
	while (node) {
		x = rb_entry(node, struct zc_xfer, own);
		if (x->id <= id) {
			found = x;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

/* Finds a transfer that is live or waits to be collected.  Under the lock. */
static struct zc_xfer *zc_ctx_find(const struct zc_ctx *ctx, u64 id)
{
	struct zc_xfer *x = zc_ctx_up_to(ctx, id);

	return x && x->id == id ? x : NULL;
}

/* Can the completion of a transfer that was found be collected? */
static bool zc_ctx_is_done(const struct zc_xfer *x)
{
	return !list_empty(&x->link);
}

static struct zc_xfer *zc_ctx_find_live(const struct zc_ctx *ctx, u64 id)
{
	struct zc_xfer *x = zc_ctx_find(ctx, id);

	return x && !zc_ctx_is_done(x) ? x : NULL;
}

/**
 * zc_ctx_adopt - make a context the owner of a transfer
 * @ctx: the context
 * @x: about to start; REF: the context keeps one reference that the caller took
 *     for it
 *
 * RACE: a light transfer may have sent bytes when it comes here.  All that were told to
 * stop after it had begun include it, although the walk did not find it.
 *
 * Context: Process context.
 * Return: 0; if it sent nothing, -EAGAIN if the context has too many, and -ECANCELED if
 * the device was closed.
 */
int zc_ctx_adopt(struct zc_ctx *ctx, struct zc_xfer *x)
{
	int err = 0;

	spin_lock(&ctx->lock);
	if (ctx->closed)
		err = -ECANCELED;
	else if (ctx->nr_live + ctx->nr_done >= ZC_MAX_TRANSFERS)
		err = -EAGAIN;
	if (x->acct.sent)
		err = 0;
	if (!err) {
		rb_add(&x->own, &ctx->all, zc_ctx_less);
		ctx->nr_live++;
		if (x->sweep != ctx->sweep)
			zc_xfer_cancel(x);
	}
	spin_unlock(&ctx->lock);
	return err;
}

static void zc_ctx_raise(struct zc_ctx *ctx)
{
	struct eventfd_ctx *eventfd;

	rcu_read_lock();
	eventfd = rcu_dereference(ctx->eventfd);
	if (eventfd)
		zc_eventfd_signal(eventfd);
	rcu_read_unlock();
}

/**
 * zc_ctx_completed - a transfer has ended
 * @ctx: its context
 * @x: the transfer.  From now on its completion can be collected; but if it is
 *     synchronous, its submitter is told in another way, or the device was
 *     closed, it leaves the context.  REF: then the context's reference is dropped
 *
 * Context: Process context or worker; @x's runner, for the last time.
 */
void zc_ctx_completed(struct zc_ctx *ctx, struct zc_xfer *x)
{
	bool keep;

	spin_lock(&ctx->lock);
	keep = !ctx->closed && !x->sync && !x->notify;
	ctx->nr_live--;
	if (keep) {
		list_add_tail(&x->link, &ctx->done);
		ctx->nr_done++;
	} else {
		rb_erase(&x->own, &ctx->all);
	}
	spin_unlock(&ctx->lock);

	if (wq_has_sleeper(&ctx->wq))
		wake_up_all(&ctx->wq);
	/* RACE: a close of the device at this moment may come before the signal. */
	if (keep && rcu_access_pointer(ctx->eventfd) && !READ_ONCE(ctx->closed))
		zc_ctx_raise(ctx);
	if (!keep)
		zc_xfer_put(x);
}

/**
 * zc_ctx_cancel - tell a live transfer to stop
 * @ctx: the context
 * @id: its number
 *
 * Context: Process context.
 * Return: false if no live transfer has this number.
 */
bool zc_ctx_cancel(struct zc_ctx *ctx, u64 id)
{
	struct zc_xfer *x;

	spin_lock(&ctx->lock);
	x = zc_ctx_find_live(ctx, id);
	if (x)
		zc_xfer_cancel(x);
	spin_unlock(&ctx->lock);
	return x;
}

/* Must a walk of zc_ctx_cancel_all() tell this transfer to stop? */
static bool zc_ctx_tells(const struct zc_ctx *ctx, const struct zc_xfer *x, bool again)
{
	if (zc_ctx_is_done(x))
		return false;
	return !again || (x->sweep != ctx->sweep && !test_bit(ZC_XFER_CANCEL, &x->bits));
}

/* Cancels a stretch, from number @id down.  Returns the next @id, 0 at the end. */
static u64 zc_ctx_cancel_some(struct zc_ctx *ctx, u64 id, unsigned int *told, bool again)
{
	unsigned int left = ZC_CTX_STRETCH;
	struct rb_node *node;
	struct zc_xfer *x;

	spin_lock(&ctx->lock);
	x = zc_ctx_up_to(ctx, id);
	for (; x && left; left--) {
		if (zc_ctx_tells(ctx, x, again)) {
			zc_xfer_cancel(x);
			(*told)++;
		}
		node = rb_prev(&x->own);
		x = rb_entry_safe(node, struct zc_xfer, own);
	}
	id = x ? x->id : 0;
	spin_unlock(&ctx->lock);
	return id;
}

/* @again: the second walk, after the sweep */
static void zc_ctx_cancel_walk(struct zc_ctx *ctx, unsigned int *told, bool again)
{
	u64 id = U64_MAX;

	while (id) {
		id = zc_ctx_cancel_some(ctx, id, told, again);
		cond_resched();
	}
}

/**
 * zc_ctx_cancel_all - tell all live transfers to stop
 * @ctx: the context
 *
 * ORDER: the youngest first.  When a transfer ends, the next in its socket's line
 * runs.  It must have been told to stop by then: its bytes must not follow a part
 * of the bytes before them.
 *
 * RACE: transfers may come and go between two stretches.  The walk goes on by
 * number, so it misses no transfer that stays.  New ones have higher numbers, so
 * a thread that keeps submitting cannot prolong the walk.
 *
 * RACE: a light transfer that has sent a part may become known at any time.  After the
 * sweep, zc_ctx_adopt() tells it to stop; that must not be earlier, because the first walk
 * tells those behind it.  The second walk tells those that became known during the first.
 *
 * Context: Process context, may sleep.
 * Return: the number of transfers that were told.
 */
unsigned int zc_ctx_cancel_all(struct zc_ctx *ctx)
{
	unsigned int told = 0;

	zc_ctx_cancel_walk(ctx, &told, false);
	spin_lock(&ctx->lock);
	WRITE_ONCE(ctx->sweep, ctx->sweep + 1);
	spin_unlock(&ctx->lock);
	zc_ctx_cancel_walk(ctx, &told, true);
	return told;
}

/**
 * zc_ctx_set_rate - change the rate of a live transfer
 * @ctx: the context
 * @id: its number
 * @rate: bytes per second, 0 for no limit
 *
 * Context: Process context.
 * Return: false if no live transfer has this number.
 */
bool zc_ctx_set_rate(struct zc_ctx *ctx, u64 id, u64 rate)
{
	struct zc_xfer *x;

	spin_lock(&ctx->lock);
	x = zc_ctx_find_live(ctx, id);
	if (x)
		zc_xfer_set_rate(x, rate);
	spin_unlock(&ctx->lock);
	return x;
}

/**
 * zc_ctx_close - the device is closed: stop its transfers, drop completions
 * @ctx: REF: the file's reference is dropped
 *
 * Does not wait: a transfer that hangs in a file system must not hang the
 * close.  What is still running ends by itself soon and pins the module.  Not even for
 * a grace period of RCU: the kernel closes the files that kernel threads drop last one
 * by one, those of all users.  So the eventfd goes with the last reference.
 *
 * Context: Process context, may sleep.
 */
void zc_ctx_close(struct zc_ctx *ctx)
{
	struct zc_xfer *x;

	spin_lock(&ctx->lock);
	ctx->closed = true;
	spin_unlock(&ctx->lock);

	/* RACE: from here on, no transfer is adopted or left to be collected. */
	zc_ctx_cancel_all(ctx);
	while ((x = zc_ctx_reap(ctx, 0))) {
		zc_xfer_told(x);
		zc_xfer_put(x);
		cond_resched();
	}
	zc_ctx_put(ctx);
}

/**
 * zc_ctx_reap - collect a completion
 * @ctx: the context
 * @id: of which transfer, or 0 for the oldest
 *
 * Context: Process context.
 * Return: the ended transfer, REF: with the context's reference, now the
 * caller's; or NULL.
 */
struct zc_xfer *zc_ctx_reap(struct zc_ctx *ctx, u64 id)
{
	struct zc_xfer *x;

	spin_lock(&ctx->lock);
	if (id)
		x = zc_ctx_find(ctx, id);
	else
		x = list_first_entry_or_null(&ctx->done, struct zc_xfer, link);
	if (x && !zc_ctx_is_done(x))
		x = NULL;
	if (x) {
		list_del_init(&x->link);
		rb_erase(&x->own, &ctx->all);
		ctx->nr_done--;
	}
	spin_unlock(&ctx->lock);
	return x;
}

/**
 * zc_ctx_unreap - give back a completion that could not be delivered
 * @ctx: the context
 * @x: as zc_ctx_reap() returned it; REF: the reference goes back
 *
 * Context: Process context.
 */
void zc_ctx_unreap(struct zc_ctx *ctx, struct zc_xfer *x)
{
	spin_lock(&ctx->lock);
	rb_add(&x->own, &ctx->all, zc_ctx_less);
	list_add(&x->link, &ctx->done);
	ctx->nr_done++;
	spin_unlock(&ctx->lock);
	wake_up_all(&ctx->wq);
}

/**
 * zc_ctx_ample - may a context have many more transfers?
 * @ctx: the context
 *
 * Context: Any.
 * Return: true if it has less than half of what it may, as it was a moment ago.
 */
bool zc_ctx_ample(const struct zc_ctx *ctx)
{
	return READ_ONCE(ctx->nr_live) + READ_ONCE(ctx->nr_done) < ZC_MAX_TRANSFERS / 2;
}

/**
 * zc_ctx_has - does a context have this transfer, live or to be collected?
 * @ctx: the context
 * @id: its number
 *
 * Context: Process context.
 * Return: true if it has.
 */
bool zc_ctx_has(struct zc_ctx *ctx, u64 id)
{
	bool has;

	spin_lock(&ctx->lock);
	has = zc_ctx_find(ctx, id);
	spin_unlock(&ctx->lock);
	return has;
}

/**
 * zc_ctx_has_live - does a context have this transfer, not ended yet?
 * @ctx: the context
 * @id: its number
 *
 * Context: Process context.
 * Return: true if it has.
 */
bool zc_ctx_has_live(struct zc_ctx *ctx, u64 id)
{
	bool has;

	spin_lock(&ctx->lock);
	has = zc_ctx_find_live(ctx, id);
	spin_unlock(&ctx->lock);
	return has;
}

/**
 * zc_ctx_ready - how many completions can be collected?
 * @ctx: the context
 *
 * Context: Any.
 * Return: the number now.
 */
unsigned int zc_ctx_ready(const struct zc_ctx *ctx)
{
	return READ_ONCE(ctx->nr_done);
}

/**
 * zc_ctx_drained - is no transfer live, and none waiting to be collected?
 * @ctx: the context
 *
 * Context: Process context.
 * Return: true if there is no completion, and none will come.
 */
bool zc_ctx_drained(struct zc_ctx *ctx)
{
	bool drained;

	spin_lock(&ctx->lock);
	drained = !ctx->nr_live && !ctx->nr_done;
	spin_unlock(&ctx->lock);
	return drained;
}
