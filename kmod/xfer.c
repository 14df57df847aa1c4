// SPDX-License-Identifier: GPL-2.0
/*
 * One transfer: its memory and its references.  xfer_build.c makes it, xfer_submit.c
 * submits it once, xfer_kick.c wakes and stops it, and its runner ends it once in
 * xfer_end.c.  Every live transfer pins the module.  Takes no lock of its own.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "compat/compat.h"
#include "cpus.h"
#include "ctx.h"
#include "hearer.h"
#include "payer.h"
#include "ration.h"
#include "xfer.h"

/* Bytes that are cleared for each transfer: few, as many transfers are short */
#define ZC_XFER_CORE		(offsetof(struct zc_xfer, src.ZC_SRC_UNCLEARED) - \
				 offsetof(struct zc_xfer, acct.ZC_ACCOUNT_CLEARED))
#define ZC_XFER_CORE_MOST	(70 * sizeof(u64))
/* With KASAN each byte of a new transfer that is not cleared */
#define ZC_XFER_UNSET		0x6b

static struct kmem_cache *zc_xfer_cache;

/**
 * zc_xfer_init - set up the cache of transfers
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_xfer_init(void)
{
	zc_xfer_cache = KMEM_CACHE(zc_xfer, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return zc_xfer_cache ? 0 : -ENOMEM;
}

/**
 * zc_xfer_exit - free the cache; no transfer is left
 *
 * Context: Module unload.
 */
void zc_xfer_exit(void)
{
	kmem_cache_destroy(zc_xfer_cache);
}

/**
 * zc_xfer_alloc - memory of a new transfer
 * @ctx: the open device, or NULL
 *
 * An open device keeps the memory of one freed transfer: a program that sends
 * one transfer after the other then saves the allocator, and the clearing that
 * kernels may do there.  Not with KASAN, which must see a use after free.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: the memory, or NULL.  What each run needs is cleared, but not what others
 * need.
 */
struct zc_xfer *zc_xfer_alloc(struct zc_ctx *ctx)
{
	struct zc_xfer *x = ctx ? xchg(&ctx->spare, NULL) : NULL;

	if (!x)
		x = kmem_cache_alloc(zc_xfer_cache, GFP_KERNEL);
	if (!x)
		return NULL;
	/* What is read without having been set is then not mistaken for 0. */
	if (IS_ENABLED(CONFIG_KASAN))
		memset(x, ZC_XFER_UNSET, sizeof(*x));
	BUILD_BUG_ON(ZC_XFER_CORE % sizeof(u64) || ZC_XFER_CORE > ZC_XFER_CORE_MOST);
	memset64((u64 *)&x->acct.ZC_ACCOUNT_CLEARED, 0, ZC_XFER_CORE / sizeof(u64));
	return x;
}

static void zc_xfer_release(struct zc_xfer *x, struct zc_ctx *ctx)
{
	if (IS_ENABLED(CONFIG_KASAN) || !ctx ||
	    cmpxchg(&ctx->spare, NULL, x))
		kmem_cache_free(zc_xfer_cache, x);
}

/**
 * zc_xfer_free_memory - free memory that holds no transfer
 * @x: as zc_xfer_alloc() returned it, or what an open device kept for reuse; or NULL
 *
 * Context: Any.
 */
void zc_xfer_free_memory(struct zc_xfer *x)
{
	if (x)
		kmem_cache_free(zc_xfer_cache, x);
}

static void zc_xfer_free(struct zc_xfer *x)
{
	struct zc_ctx *ctx = x->ctx;

	zc_hearer_leave(x);
	if (x->door)
		put_net(x->door);
	zc_memcg_put(x->memcg);
	zc_blkcg_put(x->blkcg);
	zc_ration_put(x->ration);
	zc_cpus_put(x->sched.cpus);
	put_cred(x->cred);
	if (x->claim.amount[ZC_CLAIM_TRANSFERS])
		zc_limits_give_back(x->payer, &x->claim, ZC_CLAIM_TRANSFERS);
	zc_payer_put(x->payer);
	zc_xfer_release(x, ctx);
	if (ctx)
		zc_ctx_put(ctx);
	/*
	 * Last, as the module may be unloaded from here on.  In zc_crew_exit(),
	 * unloading waits for workers that get here; by RCU it waits for the
	 * callback of a buffer that outlived its transfer.  All other callers
	 * came in through a file or a call that pins the module.
	 */
	module_put(THIS_MODULE);
}

/**
 * zc_xfer_put - drop a reference
 * @x: the transfer; freed with the last one, which a light one's submitter has
 *
 * Context: Any, softirq too.
 */
void zc_xfer_put(struct zc_xfer *x)
{
	if (x->light)
		zc_xfer_release(x, x->ctx);
	else if (refcount_dec_and_test(&x->ref))
		zc_xfer_free(x);
}
