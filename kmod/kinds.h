/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kinds.c - jobs of a lane that run on other CPUs or slower than the rest
 */
#ifndef ZC_KINDS_H
#define ZC_KINDS_H

#include <linux/types.h>

#define ZC_KINDS	8

/* struct zc_kind - the jobs of a lane that can run equally well */
struct zc_kind {
	u32 key;		/* while it has jobs */
	u32 cpus;		/* how many of them can run at the same time */
	u32 queued;
	u32 running;
};

/* struct zc_kinds - all jobs of a lane; the first kind has those without any bounds */
struct zc_kinds {
	struct zc_kind kind[ZC_KINDS];
	u32 next;		/* kind to look at first */
};

void zc_kinds_init(struct zc_kinds *k);
u32 zc_kinds_key(u32 cpus, int nice);
u32 zc_kinds_find(struct zc_kinds *k, u32 key, u32 cpus);
int zc_kinds_next(const struct zc_kinds *k, u32 full);

#endif /* ZC_KINDS_H */
