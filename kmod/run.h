/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.c - one step of a transfer, and what it needs next
 * run_async.c - workers as the runner
 * run_jobs.c - the jobs that queue it for workers, and its timer
 * run_sync.c - the submitter as the runner
 */
#ifndef ZC_RUN_H
#define ZC_RUN_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "crew.h"
#include "phase.h"
#include "xfer.h"

/* struct zc_step - the outcome of a step */
struct zc_step {
	enum zc_need need;
	u64 ns;			/* time until the next step at the latest, or
				 * ZC_CLOCK_NEVER
				 */
};

struct zc_step zc_run_step(struct zc_xfer *x, u64 share, unsigned int flags);

/* ---- run_async.c ---- */
void zc_run_prepare(struct zc_xfer *x);
void zc_run_start(struct zc_xfer *x, bool head);
void zc_run_start_here(struct zc_xfer *x, bool head);

/* ---- run_jobs.c ---- */
void zc_run_give(struct zc_xfer *x, enum zc_lane lane, struct zc_job *job);
void zc_run_queue(struct zc_xfer *x);
void zc_run_init_timer(struct zc_xfer *x);
void zc_run_set_timer(struct zc_xfer *x, u64 ns);
void zc_run_look_in(struct zc_xfer *x, u64 ns);
void zc_run_forget(struct zc_xfer *x);

/* ---- run_sync.c ---- */
void zc_run_sync(struct zc_xfer *x, bool head);

/* Rounded up, and a day at most: an extra look does no harm. */
static inline unsigned long zc_run_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(min_t(u64, ns, 86400ULL * NSEC_PER_SEC)) + 1;
}

#endif /* ZC_RUN_H */
