// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs of /dev/zcopy that start transfers and return: one, or many in a call.
 */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "ioctl_priv.h"
#include "reject.h"
#include "request.h"
#include "user.h"
#include "xfer.h"

/* A submission moves up to so many bytes itself, if it need not wait */
#define ZC_IOCTL_HERE		(64 * 1024)
/* Transfers of a batch that are started before other threads may run */
#define ZC_IOCTL_STRETCH	16

/* struct zc_ioctl_item - one of a batch: built, but not started */
struct zc_ioctl_item {
	struct zcopy_send s;
	struct zc_request r;
};

static long zc_ioctl_build(struct zc_ctx *ctx, struct zc_request *r,
			   const struct zcopy_send *s)
{
	if (s->results || s->result_size)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	if (s->flags & (ZCOPY_F_DONTWAIT | ZCOPY_F_POSITION))
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	return zc_request_build(r, ctx, s, ZC_SRC_READ_NOW);
}

/*
 * The caller takes the first turn of a short transfer: that saves waking a worker,
 * whether the bytes can be sent at once or the transfer has to wait.
 */
static bool zc_ioctl_here(const struct zc_request *r)
{
	return r->nr == 1 && r->x[0]->src.asked <= ZC_IOCTL_HERE;
}

/* REF: takes over the request. @held: what was held back for it, or NULL */
static long zc_ioctl_start(struct zc_request *r, u64 *id, struct zc_held *held)
{
	bool here = zc_ioctl_here(r);
	int err;

	err = zc_request_prepare(r, here, NULL);
	if (err)
		return err;
	*id = r->x[0]->id;
	if (!here) {
		zc_request_start(r);
		return 0;
	}
	zc_request_start_here(r);
	if (held)
		zc_xfer_let_go(r->x[0], held);
	zc_request_put(r);
	return 0;
}

/**
 * zc_ioctl_submit - ZCOPY_IOC_SUBMIT
 * @ctx: the open device
 * @a: the struct, copied in; its id is set
 *
 * Context: Process context of the submitter, with its memory.  May sleep.
 * Return: 0, or the errno of a refusal.
 */
long zc_ioctl_submit(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zc_request r;
	long err;

	err = zc_ioctl_build(ctx, &r, &a->send);
	return err ?: zc_ioctl_start(&r, &a->send.id, NULL);
}

static long zc_ioctl_batch_build(struct zc_ctx *ctx, struct zc_ioctl_item *item,
				 struct zcopy_send __user *user, u32 size)
{
	long err;

	err = zc_user_copy_in(&item->s, sizeof(item->s), ZC_SEND_VER0, user, size);
	if (err)
		return err;
	if (item->s.size != size)
		return zc_reject(ZC_REJECT_batch_wrong, NULL);
	/* The caller needs the number: if it cannot be written, refuse before the start. */
	if (put_user(item->s.id, &user->id))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	return zc_ioctl_build(ctx, &item->r, &item->s);
}

/*
 * The same without waiting for anything that the caller decides about, such as a fault
 * in its memory.  Returns false if that is not possible, for whatever reason.
 */
static bool zc_ioctl_batch_try(struct zc_ctx *ctx, struct zc_ioctl_item *item,
			       struct zcopy_send __user *user, u32 size)
{
	long err;

	pagefault_disable();
	err = zc_ioctl_batch_build(ctx, item, user, size);
	pagefault_enable();
	return !err;
}

static bool zc_ioctl_put_id(const struct zcopy_send *s, struct zcopy_send __user *user)
{
	int err;

	pagefault_disable();
	err = put_user(s->id, &user->id);
	pagefault_enable();
	return !err;
}

/*
 * Builds each transfer before it starts the one in front, so as to know whether that is
 * followed by bytes for the same socket.  Nothing is held back when a transfer must be
 * built in a way that may wait, when other threads may run, and at the end.
 */
static long zc_ioctl_batch_run(struct zc_ctx *ctx, struct zcopy_batch *b,
			       struct zc_held *held)
{
	struct zcopy_send __user *user = u64_to_user_ptr(b->sends);
	struct zc_ioctl_item items[2];
	bool built = false;
	long err;

	for (b->started = 0; b->started < b->nr_sends;) {
		struct zc_ioctl_item *item = &items[b->started % 2];
		struct zc_ioctl_item *next = &items[(b->started + 1) % 2];
		void __user *after = (void __user *)user + b->send_size;
		/* Not after each, so that a local reader is woken once for several. */
		bool rest = b->started % ZC_IOCTL_STRETCH == ZC_IOCTL_STRETCH - 1;

		/* Nothing is held back then: only what is built makes the one in front wait. */
		if (!built) {
			err = zc_ioctl_batch_build(ctx, item, user, b->send_size);
			if (err)
				return err;
		}
		built = !rest && b->started + 1 < b->nr_sends &&
			zc_ioctl_batch_try(ctx, next, after, b->send_size);
		if (built && zc_ioctl_here(&item->r) && zc_ioctl_here(&next->r))
			zc_xfer_hold_back(item->r.x[0], next->r.x[0], held);
		err = zc_ioctl_start(&item->r, &item->s.id, held);
		if (!err && !zc_ioctl_put_id(&item->s, user)) {
			zc_held_send(held);
			put_user(item->s.id, &user->id);
		}
		b->started += !err;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err) {
			if (built)
				zc_request_abandon(&next->r);
			return err;
		}
		if (rest)
			cond_resched();
		user = after;
	}
	return 0;
}

/**
 * zc_ioctl_batch - ZCOPY_IOC_BATCH
 * @ctx: the open device
 * @a: the struct, copied in; @started is set
 *
 * Context: Process context of the submitter, with its memory.  May sleep.
 * Return: 0 if a transfer was started, or the errno of the first refusal.
 */
long zc_ioctl_batch(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_batch *b = &a->batch;
	struct zc_held held = { };
	long err;

	err = zc_request_check_batch(b);
	if (err)
		return err;
	err = zc_ioctl_batch_run(ctx, b, &held);
	zc_held_send(&held);
	return b->started ? 0 : err;
}
