/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.c - which thread runs a transfer, when, and with which credentials
 * worker_here.c - the submitter as the runner
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
/* After so many vain pushes to a socket that polls ready, wait so long. */
#define ZC_WORKER_STALLS	3
#define ZC_WORKER_BACKOFF	(10 * NSEC_PER_MSEC)

bool zc_worker_park(struct zc_xfer *x);
u64 zc_worker_pace(struct zc_xfer *x);

/* Clears the mark.  A later kick sets it again, so look for events after this. */
static inline void zc_worker_unmark(struct zc_xfer *x)
{
	clear_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_xfer_kick(). */
	smp_mb__after_atomic();
}

/* Nanoseconds until the next look, if no wakeup comes before */
static inline u64 zc_worker_nap(const struct zc_xfer *x)
{
	return x->nap ? x->nap * NSEC_PER_MSEC : ZC_CLOCK_NEVER;
}

/* Counts a wait for the socket; another look after a nap is not a new wait. */
static inline void zc_worker_count_wait(struct zc_xfer *x)
{
	x->acct.socket_waits += x->nap <= 1;
}

/* Rounded up, and a day at most: an extra look does no harm. */
static inline unsigned long zc_worker_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(min_t(u64, ns, 86400ULL * NSEC_PER_SEC)) + 1;
}

#endif /* ZC_WORKER_H */
