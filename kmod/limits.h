/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.c - how many transfers may be live
 */
#ifndef ZC_LIMITS_H
#define ZC_LIMITS_H

#include <linux/uidgid.h>

struct netlink_ext_ack;
struct zc_limit;

void zc_limits_init(void);
void zc_limits_exit(void);
struct zc_limit *zc_limits_charge(kuid_t uid, struct netlink_ext_ack *extack);
void zc_limits_uncharge(struct zc_limit *l);

#endif /* ZC_LIMITS_H */
