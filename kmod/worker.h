/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.c - what runs a transfer, when, and in whose name; worker_here.c - its
 * submitter
 */
#ifndef ZC_WORKER_H
#define ZC_WORKER_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "xfer.h"

void zc_worker_prepare(struct zc_xfer *x);
void zc_worker_start(struct zc_xfer *x, bool head);
void zc_worker_start_here(struct zc_xfer *x, bool head);
void zc_worker_queue(struct zc_xfer *x);
void zc_worker_forget(struct zc_xfer *x);

/* ---- worker_here.c ---- */
void zc_worker_run_here(struct zc_xfer *x);

/* ---- for both ---- */
/* A socket that says it is ready and takes nothing is asked again this late. */
#define ZC_WORKER_STALLS	3
#define ZC_WORKER_BACKOFF	(10 * NSEC_PER_MSEC)

bool zc_worker_park(struct zc_xfer *x);
u64 zc_worker_pace(struct zc_xfer *x);

/* From now on, whatever it is told sets the mark; then it is time to look. */
static inline void zc_worker_unmark(struct zc_xfer *x)
{
	clear_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_xfer_kick(). */
	smp_mb__after_atomic();
}

/* How long until the next look, if nothing tells before */
static inline u64 zc_worker_nap(const struct zc_xfer *x)
{
	return x->nap ? x->nap * NSEC_PER_MSEC : ZC_CLOCK_NEVER;
}

/* Its socket is waited for; to look again after a nap is no wait of its own. */
static inline void zc_worker_count_wait(struct zc_xfer *x)
{
	x->acct.socket_waits += x->nap <= 1;
}

/* Never too early, and a day at most: a look too many does no harm. */
static inline unsigned long zc_worker_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(min_t(u64, ns, 86400ULL * NSEC_PER_SEC)) + 1;
}

#endif /* ZC_WORKER_H */
