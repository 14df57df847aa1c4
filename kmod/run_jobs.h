/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_jobs.c - the jobs that queue a transfer for workers, and its timer
 */
#ifndef ZC_RUN_JOBS_H
#define ZC_RUN_JOBS_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "crew.h"

struct zc_xfer;

void zc_run_give(struct zc_xfer *x, enum zc_lane lane, struct zc_job *job);
void zc_run_queue(struct zc_xfer *x);
void zc_run_init_timer(struct zc_xfer *x);
void zc_run_set_timer(struct zc_xfer *x, u64 ns);
void zc_run_look_in(struct zc_xfer *x, u64 ns);
void zc_run_forget(struct zc_xfer *x);

/* Rounded up, and a day at most: an extra look does no harm. */
static inline unsigned long zc_run_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(min_t(u64, ns, 86400ULL * NSEC_PER_SEC)) + 1;
}

#endif /* ZC_RUN_JOBS_H */
