/* SPDX-License-Identifier: GPL-2.0 */
/*
 * caps.c - what this build serves, for every door
 */
#ifndef ZC_CAPS_H
#define ZC_CAPS_H

#include <linux/zcopy.h>

struct netlink_ext_ack;

/* Sockets in a list */
#define ZC_MAX_SINKS		1

int zc_caps_check(u32 flags, u32 until, u32 end,
		  struct netlink_ext_ack *extack);
int zc_caps_check_sinks(u32 nr, struct netlink_ext_ack *extack);
void zc_caps_describe(struct zcopy_query *q);

#endif /* ZC_CAPS_H */
