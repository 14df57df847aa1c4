/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ration.c - the CPU time that workers may use for a cgroup
 */
#ifndef ZC_RATION_H
#define ZC_RATION_H

#include <linux/types.h>

struct zc_ration;

struct zc_ration *zc_ration_get_current(void);
struct zc_ration *zc_ration_hold(struct zc_ration *r);
void zc_ration_put(struct zc_ration *r);
void zc_ration_exit(void);

/* ---- for a worker ---- */
bool zc_ration_limits(struct zc_ration *r);
int zc_ration_nice(const struct zc_ration *r);
u64 zc_ration_wait(struct zc_ration *r);
void zc_ration_waits(struct zc_ration *r, int more);
void zc_ration_charge(struct zc_ration *r, u64 ns, bool exempt);

#endif /* ZC_RATION_H */
