/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.c - one step of a transfer, and what it needs next
 * run_async.c - workers as the runner
 * run_meter.c - what the submitter's cgroups allow workers
 * run_sync.c - the submitter as the runner
 */
#ifndef ZC_RUN_H
#define ZC_RUN_H

#include <linux/types.h>

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

/* ---- run_meter.c ---- */
int zc_run_bind(struct zc_xfer *x);

/* ---- run_sync.c ---- */
int zc_run_sync(struct zc_xfer *x, bool head, struct netlink_ext_ack *extack);

#endif /* ZC_RUN_H */
