/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.c - who runs a transfer, when, and as whom
 */
#ifndef ZC_WORKER_H
#define ZC_WORKER_H

#include <linux/types.h>

struct zc_xfer;

int zc_worker_init(void);
void zc_worker_exit(void);
void zc_worker_prepare(struct zc_xfer *x);
void zc_worker_start(struct zc_xfer *x, bool head);
void zc_worker_start_here(struct zc_xfer *x, bool head);
void zc_worker_queue(struct zc_xfer *x);
void zc_worker_stop_timer(struct zc_xfer *x);
void zc_worker_run_here(struct zc_xfer *x);

#endif /* ZC_WORKER_H */
