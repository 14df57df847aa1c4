// SPDX-License-Identifier: GPL-2.0
/*
 * One open device: what it has besides its transfers, and its references.
 * ctx_xfers.c has its transfers and their completions.  Takes no lock.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "ctx.h"
#include "payer.h"
#include "xfer.h"

/**
 * zc_ctx_create - make the context of a device that is being opened
 *
 * Context: May sleep.
 * Return: the context, with one reference, or NULL.
 */
struct zc_ctx *zc_ctx_create(void)
{
	struct zc_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	ctx->payer = zc_payer_get_current();
	if (!ctx->payer) {
		kfree(ctx);
		return NULL;
	}
	refcount_set(&ctx->ref, 1);
	spin_lock_init(&ctx->lock);
	ctx->all = RB_ROOT;
	INIT_LIST_HEAD(&ctx->done);
	init_waitqueue_head(&ctx->wq);
	zc_memory_init(&ctx->memory);
	return ctx;
}

/**
 * zc_ctx_get - take a reference
 * @ctx: the context
 *
 * Context: Any.
 */
void zc_ctx_get(struct zc_ctx *ctx)
{
	refcount_inc(&ctx->ref);
}

/**
 * zc_ctx_put - drop a reference
 * @ctx: the context; freed with the last one
 *
 * Context: Any.
 */
void zc_ctx_put(struct zc_ctx *ctx)
{
	struct eventfd_ctx *eventfd;

	if (!refcount_dec_and_test(&ctx->ref))
		return;
	/* RACE: each runner that signals the eventfd holds a reference to @ctx. */
	eventfd = rcu_dereference_protected(ctx->eventfd, true);
	if (eventfd)
		eventfd_ctx_put(eventfd);
	zc_memory_exit(&ctx->memory);
	zc_xfer_free_memory(ctx->spare);
	zc_payer_put(ctx->payer);
	kfree(ctx);
}

/**
 * zc_ctx_set_eventfd - set the eventfd that completions signal
 * @ctx: the context
 * @eventfd: REF: consumed; or NULL
 *
 * Context: Process context with a file of the device, may sleep; any number of callers
 * at a time.  Waits for a grace period of RCU, in the caller's own call.
 */
void zc_ctx_set_eventfd(struct zc_ctx *ctx, struct eventfd_ctx *eventfd)
{
	eventfd = unrcu_pointer(xchg(&ctx->eventfd, RCU_INITIALIZER(eventfd)));
	if (!eventfd)
		return;
	/* RACE: a completion may use the old eventfd until this returns. */
	synchronize_rcu();
	eventfd_ctx_put(eventfd);
}
