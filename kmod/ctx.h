/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ctx.c - one open device
 * ctx_xfers.c - its transfers and their completions
 */
#ifndef ZC_CTX_H
#define ZC_CTX_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "src.h"

struct eventfd_ctx;
struct zc_payer;
struct zc_xfer;

/* Transfers of one open device, running or waiting to be collected */
#define ZC_MAX_TRANSFERS	65536

/*
 * struct zc_ctx - one open device
 *
 * REF: the open file has one reference, and so has each of its transfers.
 */
struct zc_ctx {
	refcount_t ref;
	spinlock_t lock;	/* for all up to @closed */
	struct rb_root all;	/* by number, live and done */
	struct list_head done;	/* in the order of their ends */
	unsigned int nr_live;
	unsigned int nr_done;
	u32 sweep;		/* how often all were told to stop */
	bool closed;
	struct eventfd_ctx __rcu *eventfd;	/* REF, until @ref is 0; completions
						 * signal it
						 */
	struct zc_memory memory;	/* has a lock of its own */
	struct zc_payer *payer;		/* REF; the opener's */
	struct zc_xfer *spare;		/* a freed transfer, for reuse; xchg(), no lock */
	wait_queue_head_t wq;	/* woken when a transfer ends */
};

struct zc_ctx *zc_ctx_create(void);
void zc_ctx_get(struct zc_ctx *ctx);
void zc_ctx_put(struct zc_ctx *ctx);
void zc_ctx_set_eventfd(struct zc_ctx *ctx, struct eventfd_ctx *eventfd);

/* ---- ctx_xfers.c: transfers ---- */
void zc_ctx_close(struct zc_ctx *ctx);
int zc_ctx_adopt(struct zc_ctx *ctx, struct zc_xfer *x);
void zc_ctx_completed(struct zc_ctx *ctx, struct zc_xfer *x);
bool zc_ctx_cancel(struct zc_ctx *ctx, u64 id);
unsigned int zc_ctx_cancel_all(struct zc_ctx *ctx);
bool zc_ctx_ample(const struct zc_ctx *ctx);
bool zc_ctx_set_rate(struct zc_ctx *ctx, u64 id, u64 rate);

/* ---- ctx_xfers.c: completions ---- */
struct zc_xfer *zc_ctx_reap(struct zc_ctx *ctx, u64 id);
void zc_ctx_unreap(struct zc_ctx *ctx, struct zc_xfer *x);
bool zc_ctx_has(struct zc_ctx *ctx, u64 id);
bool zc_ctx_has_live(struct zc_ctx *ctx, u64 id);
unsigned int zc_ctx_ready(const struct zc_ctx *ctx);
bool zc_ctx_drained(struct zc_ctx *ctx);

#endif /* ZC_CTX_H */
