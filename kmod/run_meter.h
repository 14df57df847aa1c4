/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_meter.c - what the submitter's cgroups allow workers
 */
#ifndef ZC_RUN_METER_H
#define ZC_RUN_METER_H

#include "xfer.h"

bool zc_run_meter_begin(struct zc_xfer *x);
void zc_run_meter_end(struct zc_xfer *x, bool exempt);
u64 zc_run_must_wait(struct zc_xfer *x, bool goes_on, bool *exempt);

/**
 * zc_run_metered - begin to measure a job, if the submitter's cgroup is limited
 * @x: the transfer; until zc_run_meter_end() the caller has a reference
 *
 * Context: The runner, a worker.
 * Return: true if so: then zc_run_meter_end() must follow.
 */
static inline bool zc_run_metered(struct zc_xfer *x)
{
	return x->ration && zc_run_meter_begin(x);
}

#endif /* ZC_RUN_METER_H */
