/* SPDX-License-Identifier: GPL-2.0 */
/*
 * payer.c - the users that live transfers are charged to
 */
#ifndef ZC_PAYER_H
#define ZC_PAYER_H

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "limits.h"

struct user_namespace;
struct zc_crew;

/*
 * struct zc_payer - a user or a container that transfers are charged to
 *
 * REF: every transfer has one reference, and so has every open device.
 */
struct zc_payer {
	refcount_t ref;			/* 0: idle, only remembered */
	/* Constant */
	kuid_t uid;			/* the user, if @ns is NULL */
	bool root;			/* root of the machine, not of a container */
	struct user_namespace *ns;	/* REF; the container, or NULL */

	u64 used[ZC_CLAIM_NR];		/* limits.c */
	struct zc_crew *crew;		/* REF; its workers; NULL until needed */
	atomic_t drops;			/* src_drop.c */

	/* Locked by payer.c */
	struct hlist_node node;
	struct list_head idle;
};

struct zc_payer *zc_payer_get(const struct cred *cred);
bool zc_payer_pays(const struct zc_payer *p, const struct cred *cred);
void zc_payer_put(struct zc_payer *p);
struct zc_crew *zc_payer_crew(struct zc_payer *p);
void zc_payer_exit(void);

static inline struct zc_payer *zc_payer_get_current(void)
{
	return zc_payer_get(current_cred());
}

static inline struct zc_payer *zc_payer_hold(struct zc_payer *p)
{
	refcount_inc(&p->ref);
	return p;
}

#endif /* ZC_PAYER_H */
