/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ration.c - the rations of all cgroups, and how they come and go
 * ration_use.c - what a cgroup allows, and what was used
 */
#ifndef ZC_RATION_PRIV_H
#define ZC_RATION_PRIV_H

#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "budget.h"
#include "ration.h"

struct cgroup_subsys_state;

/*
 * struct zc_ration - what one cgroup allows
 *
 * REF: every transfer from the cgroup has one reference, and so has what is left to do after
 * it, every ration below another, and one more is the table's.
 */
struct zc_ration {
	refcount_t ref;
	struct hlist_node node;			/* under zc_ration_lock, or RCU */
	struct rcu_head rcu;

	/* Constant */
	struct cgroup_subsys_state *css;	/* REF; also keeps those above */
	struct zc_ration *up;			/* REF; NULL below the root */

	u64 weight, below;			/* under zc_ration_lock: its own, and
						 * the sum of the rations below
						 */
	unsigned long unused;			/* the reaper's: jiffies, since when */
	bool used;				/* found since the reaper looked */
	atomic_t waiting;			/* transfers, from here and below */

	/* As of the last look, of this cgroup and all above */
	unsigned long looked;			/* jiffies */
	bool limited;
	int nice;

	spinlock_t lock;			/* for all below */
	u64 counted;				/* when the last count of what the
						 * cgroup itself used began
						 */
	struct zc_budget budget;
};

extern spinlock_t zc_ration_lock;

void zc_ration_look(struct zc_ration *leaf);

#endif /* ZC_RATION_PRIV_H */
