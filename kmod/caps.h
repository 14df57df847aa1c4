/* SPDX-License-Identifier: GPL-2.0 */
/*
 * caps.c - what this build supports, for all interfaces
 */
#ifndef ZC_CAPS_H
#define ZC_CAPS_H

#include <linux/zcopy.h>

struct netlink_ext_ack;

/* Most sockets in a list */
#define ZC_MAX_SINKS		64

/* struct zc_terms - what a submission asks for, besides its lists */
struct zc_terms {
	u32 flags;		/* ZCOPY_F_* */
	u32 until;		/* enum zcopy_until */
	u32 end;		/* enum zcopy_end */
	u64 cookie;
	u64 rate;		/* bytes per second, 0: no limit */
	u64 deadline_ns;	/* after submission, 0: never */
	u64 idle_ns;		/* without progress, 0: never */
	u64 readahead;		/* bytes, 0: the file's own setting */
};

void zc_caps_offer(u64 features);
int zc_caps_check(const struct zc_terms *t, struct netlink_ext_ack *extack);
int zc_caps_check_sinks(u32 nr, u32 flags, struct netlink_ext_ack *extack);
int zc_caps_check_record(const struct zc_terms *t, u32 type, u64 len,
			 unsigned int nr_elems, struct netlink_ext_ack *extack);
void zc_caps_describe(struct zcopy_query *q);

#endif /* ZC_CAPS_H */
