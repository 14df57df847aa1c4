/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.c - how much may be live: of all users, and of one user
 */
#ifndef ZC_LIMITS_H
#define ZC_LIMITS_H

#include <linux/types.h>

#include "reject.h"

struct netlink_ext_ack;
struct zc_payer;

/*
 * X(name, refusal, help): two limits for each kind of claim, that of all users,
 * then that of one user.  Refusal NR: no transfer is refused because of it.
 */
#define ZC_LIMITS(X)							\
	X(max_transfers, too_many_transfers,				\
	  "transfers that are live, or whose completion was not read")	\
	X(max_user_transfers, user_limit, "those of one user")		\
	X(max_elements, elements_limit, "elements of live transfers")	\
	X(max_user_elements, user_elements_limit,			\
	  "elements of one user's live transfers")			\
	X(max_pinned_bytes, pinned_limit,				\
	  "bytes that live transfers may hold in memory")		\
	X(max_user_pinned_bytes, user_pinned_limit,			\
	  "bytes that one user's live transfers may hold in memory")	\
	X(max_window_bytes, NR,						\
	  "bytes of files that fan-outs keep for their slower sockets")	\
	X(max_user_window_bytes, NR,					\
	  "bytes of files that one user's fan-outs keep")

enum zc_limit {
#define X(name, why, help) ZC_LIMIT_##name,
	ZC_LIMITS(X)
#undef X
	ZC_LIMIT_NR,
};

/* Kinds of claims: the limit of all users is number 2n, of one user 2n + 1. */
enum zc_claim_kind {
	ZC_CLAIM_TRANSFERS,
	ZC_CLAIM_ELEMENTS,
	ZC_CLAIM_PINNED,
	ZC_CLAIM_WINDOW,
	ZC_CLAIM_NR = ZC_LIMIT_NR / 2,
};

/* struct zc_claim - what a transfer or a fan-out is charged with */
struct zc_claim {
	u32 amount[ZC_CLAIM_NR];
};

/* struct zc_limits_state - all limits, and what is used of them */
struct zc_limits_state {
	u64 max[ZC_LIMIT_NR];
	u64 used[ZC_LIMIT_NR];
};

void zc_limits_init(void);

/* ---- for transfers and fan-outs ---- */
int zc_limits_charge(struct zc_payer *p, struct zc_claim *c,
		     struct netlink_ext_ack *extack);
bool zc_limits_ample(const struct zc_payer *p, const struct zc_claim *c);
void zc_limits_force(struct zc_payer *p, const struct zc_claim *c);
bool zc_limits_take(struct zc_payer *p, struct zc_claim *c);
void zc_limits_give_back(struct zc_payer *p, struct zc_claim *c,
			 enum zc_claim_kind from);

/* ---- for entry points ---- */
const char *zc_limits_name(enum zc_limit which);
const char *zc_limits_help(enum zc_limit which);
int zc_limits_find(const char *name);
void zc_limits_read(struct zc_limits_state *s, const struct zc_payer *p);
void zc_limits_set(const u64 *max);

#endif /* ZC_LIMITS_H */
