// SPDX-License-Identifier: GPL-2.0
/*
 * How many transfers may be live: in all, and of one user; both scaled to the
 * memory of the machine. Takes its own lock, a leaf.
 */
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "limits.h"
#include "reject.h"

/* One transfer for so many pages of memory, and a quarter of all for a user */
#define ZC_LIMITS_PAGES		8
#define ZC_LIMITS_LEAST		1024
#define ZC_LIMITS_BITS		6

/* A user who has or had live transfers; kept, as he is likely to come back */
struct zc_limit {
	struct hlist_node node;
	kuid_t uid;
	unsigned long live;
};

static DEFINE_SPINLOCK(zc_limits_lock);	/* all below */
static struct hlist_head zc_limits_users[1 << ZC_LIMITS_BITS];
static unsigned long zc_limits_live;
static unsigned long zc_limits_max;

/**
 * zc_limits_init - set the limits
 *
 * Context: Module load.
 */
void zc_limits_init(void)
{
	zc_limits_max = max_t(unsigned long, totalram_pages() / ZC_LIMITS_PAGES,
			      ZC_LIMITS_LEAST);
}

static struct zc_limit *zc_limits_find(kuid_t uid)
{
	struct hlist_head *head;
	struct zc_limit *l;

	head = &zc_limits_users[hash_32(__kuid_val(uid), ZC_LIMITS_BITS)];
	hlist_for_each_entry(l, head, node) {
		if (uid_eq(l->uid, uid))
			return l;
	}
	l = kzalloc(sizeof(*l), GFP_ATOMIC | __GFP_NOWARN);
	if (l) {
		l->uid = uid;
		hlist_add_head(&l->node, head);
	}
	return l;
}

/**
 * zc_limits_charge - may this user have one more?
 * @uid: the user
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: what to give to zc_limits_uncharge() at its end, or an ERR_PTR with
 * the errno of a refusal.
 */
struct zc_limit *zc_limits_charge(kuid_t uid, struct netlink_ext_ack *extack)
{
	enum zc_reject_reason why = ZC_REJECT_NR;
	struct zc_limit *l;

	spin_lock(&zc_limits_lock);
	l = zc_limits_find(uid);
	if (!l)
		why = ZC_REJECT_no_memory;
	else if (zc_limits_live >= zc_limits_max)
		why = ZC_REJECT_too_many_transfers;
	else if (l->live >= zc_limits_max / 4)
		why = ZC_REJECT_user_limit;
	if (why == ZC_REJECT_NR) {
		l->live++;
		zc_limits_live++;
	}
	spin_unlock(&zc_limits_lock);
	return why == ZC_REJECT_NR ? l : ERR_PTR(zc_reject(why, extack));
}

/**
 * zc_limits_exit - forget the users; no transfer is left
 *
 * Context: Module unload.
 */
void zc_limits_exit(void)
{
	struct hlist_node *next;
	struct zc_limit *l;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zc_limits_users); i++) {
		hlist_for_each_entry_safe(l, next, &zc_limits_users[i], node)
			kfree(l);
	}
}

/**
 * zc_limits_uncharge - a transfer has ended
 * @l: as zc_limits_charge() returned it
 *
 * Context: Process context or worker.
 */
void zc_limits_uncharge(struct zc_limit *l)
{
	spin_lock(&zc_limits_lock);
	zc_limits_live--;
	l->live--;
	spin_unlock(&zc_limits_lock);
}
