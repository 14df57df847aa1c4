// SPDX-License-Identifier: GPL-2.0
/*
 * How much may be live, in all and of one user: transfers, the elements of
 * their lists, and bytes that they may hold in memory.  The limits are the
 * machine's, scaled to its memory, and can be changed while it runs.  Takes its
 * own lock, a leaf; allocates only for a user who was not seen lately.
 *
 * What a transfer claims is fixed when it is accepted and given back when it
 * ends.  Of the memory it is what it may come to hold, not what it holds: its
 * memory elements, and of the files as much as its socket's send buffer takes,
 * as if no other transfer waited for the same socket.  That is more than is
 * ever held at a time: hence the generous share of memory.  What sockets really
 * hold is limited by the network stack as well.
 */
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "limits.h"

/* A transfer for so many pages of memory; of a byte of memory, so many bytes */
#define ZC_LIMITS_PAGES		8
#define ZC_LIMITS_LEAST		1024
#define ZC_LIMITS_ELEMENTS	8	/* for each transfer */
#define ZC_LIMITS_OVERCOMMIT	4
/* The share of one user */
#define ZC_LIMITS_USERS		4

#define ZC_LIMITS_BITS		8
/*
 * Users who are remembered with nothing live, as they are likely to come back;
 * or as many as were busy when they were last tidied up.
 */
#define ZC_LIMITS_IDLE		64

/* struct zc_limits_user - a user who has live transfers, or had some lately */
struct zc_limits_user {
	struct hlist_node node;
	struct list_head all;	/* in zc_limits_all */
	kuid_t uid;
	u64 used[ZC_CLAIM_NR];
};

static const struct {
	const char *name;
	const char *help;
	enum zc_reject_reason why;
} zc_limits_table[ZC_LIMIT_NR] = {
#define X(name, why, help) \
	[ZC_LIMIT_##name] = { #name, help, ZC_REJECT_##why },
	ZC_LIMITS(X)
#undef X
};

static DEFINE_SPINLOCK(zc_limits_lock);	/* all below */
static struct hlist_head zc_limits_users[1 << ZC_LIMITS_BITS];
static LIST_HEAD(zc_limits_all);
static unsigned int zc_limits_nr;
static unsigned int zc_limits_many = ZC_LIMITS_IDLE;	/* then it is tidied up */
static u64 zc_limits_used[ZC_CLAIM_NR];
static u64 zc_limits_max[ZC_LIMIT_NR];

/**
 * zc_limits_init - set the limits
 *
 * Context: Module load.
 */
void zc_limits_init(void)
{
	u64 pages = totalram_pages();
	u64 all = max_t(u64, pages / ZC_LIMITS_PAGES, ZC_LIMITS_LEAST);
	unsigned int i;

	zc_limits_max[ZC_LIMIT_max_transfers] = all;
	zc_limits_max[ZC_LIMIT_max_elements] = all * ZC_LIMITS_ELEMENTS;
	zc_limits_max[ZC_LIMIT_max_pinned_bytes] =
		(pages << PAGE_SHIFT) * ZC_LIMITS_OVERCOMMIT;
	for (i = 0; i < ZC_LIMIT_NR; i += 2)
		zc_limits_max[i + 1] = zc_limits_max[i] / ZC_LIMITS_USERS;
}

static struct hlist_head *zc_limits_bucket(kuid_t uid)
{
	return &zc_limits_users[hash_32(__kuid_val(uid), ZC_LIMITS_BITS)];
}

static struct zc_limits_user *zc_limits_look(kuid_t uid)
{
	struct zc_limits_user *u;

	hlist_for_each_entry(u, zc_limits_bucket(uid), node) {
		if (uid_eq(u->uid, uid))
			return u;
	}
	return NULL;
}

/* Forgets those who have nothing live, for so many more to come. */
static void zc_limits_forget(void)
{
	struct zc_limits_user *u, *next;

	list_for_each_entry_safe(u, next, &zc_limits_all, all) {
		if (u->used[ZC_CLAIM_TRANSFERS])
			continue;
		list_del(&u->all);
		hlist_del(&u->node);
		kfree(u);
		zc_limits_nr--;
	}
	/* Twice as many as are busy: looking at all of them stays rare. */
	zc_limits_many = max_t(unsigned int, 2 * zc_limits_nr, ZC_LIMITS_IDLE);
}

static struct zc_limits_user *zc_limits_new(kuid_t uid)
{
	struct zc_limits_user *u;

	if (zc_limits_nr >= zc_limits_many)
		zc_limits_forget();
	u = kzalloc(sizeof(*u), GFP_ATOMIC | __GFP_NOWARN);
	if (!u)
		return NULL;
	u->uid = uid;
	hlist_add_head(&u->node, zc_limits_bucket(uid));
	list_add_tail(&u->all, &zc_limits_all);
	zc_limits_nr++;
	return u;
}

/* Whoever wants nothing of something is not refused because of it. */
static bool zc_limits_full(u64 used, u64 want, u64 max)
{
	return want && (used >= max || want > max - used);
}

static enum zc_reject_reason zc_limits_check(const struct zc_limits_user *u,
					     const u64 *want)
{
	unsigned int i;

	for (i = 0; i < ZC_CLAIM_NR; i++) {
		if (zc_limits_full(zc_limits_used[i], want[i],
				   zc_limits_max[2 * i]))
			return zc_limits_table[2 * i].why;
		if (zc_limits_full(u->used[i], want[i], zc_limits_max[2 * i + 1]))
			return zc_limits_table[2 * i + 1].why;
	}
	return ZC_REJECT_NR;
}

/**
 * zc_limits_charge - may this user have one more transfer?
 * @c: what it claims; one transfer at least.  The caller's, until
 *     zc_limits_uncharge()
 * @uid: the user
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal: nothing is charged then.
 */
int zc_limits_charge(struct zc_claim *c, kuid_t uid,
		     struct netlink_ext_ack *extack)
{
	enum zc_reject_reason why = ZC_REJECT_no_memory;
	struct zc_limits_user *u;
	unsigned int i;

	spin_lock(&zc_limits_lock);
	u = zc_limits_look(uid);
	if (!u)
		u = zc_limits_new(uid);
	if (u)
		why = zc_limits_check(u, c->amount);
	if (why == ZC_REJECT_NR) {
		for (i = 0; i < ZC_CLAIM_NR; i++) {
			zc_limits_used[i] += c->amount[i];
			u->used[i] += c->amount[i];
		}
		c->user = u;
	}
	spin_unlock(&zc_limits_lock);
	return why == ZC_REJECT_NR ? 0 : zc_reject(why, extack);
}

/**
 * zc_limits_uncharge - a transfer has ended
 * @c: as charged
 *
 * Context: Process context or worker.
 */
void zc_limits_uncharge(struct zc_claim *c)
{
	struct zc_limits_user *u = c->user;
	unsigned int i;

	spin_lock(&zc_limits_lock);
	for (i = 0; i < ZC_CLAIM_NR; i++) {
		zc_limits_used[i] -= c->amount[i];
		u->used[i] -= c->amount[i];
	}
	spin_unlock(&zc_limits_lock);
}

/**
 * zc_limits_exit - forget the users; no transfer is left
 *
 * Context: Module unload.
 */
void zc_limits_exit(void)
{
	struct zc_limits_user *u, *next;

	list_for_each_entry_safe(u, next, &zc_limits_all, all)
		kfree(u);
}

/**
 * zc_limits_name - name of a limit
 * @which: which one
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_limits_name(enum zc_limit which)
{
	return zc_limits_table[which].name;
}

/**
 * zc_limits_help - a line about a limit, for people
 * @which: which one
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_limits_help(enum zc_limit which)
{
	return zc_limits_table[which].help;
}

/**
 * zc_limits_find - which limit has this name?
 * @name: of a limit, or not
 *
 * Context: Any.
 * Return: enum zc_limit, or -1.
 */
int zc_limits_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ZC_LIMIT_NR; i++) {
		if (!strcmp(zc_limits_table[i].name, name))
			return i;
	}
	return -1;
}

/**
 * zc_limits_read - all limits, and what is used of them
 * @s: filled in, all of one moment
 * @uid: the user whose use is asked for
 *
 * Context: Process context.
 */
void zc_limits_read(struct zc_limits_state *s, kuid_t uid)
{
	const struct zc_limits_user *u;
	unsigned int i;

	spin_lock(&zc_limits_lock);
	u = zc_limits_look(uid);
	memcpy(s->max, zc_limits_max, sizeof(s->max));
	for (i = 0; i < ZC_CLAIM_NR; i++) {
		s->used[2 * i] = zc_limits_used[i];
		s->used[2 * i + 1] = u ? u->used[i] : 0;
	}
	spin_unlock(&zc_limits_lock);
}

/**
 * zc_limits_set - change limits
 * @max: one for each, 0 to leave it as it is
 *
 * What is live stays, even if it is more than that from now on.
 *
 * Context: Process context.
 */
void zc_limits_set(const u64 *max)
{
	unsigned int i;

	spin_lock(&zc_limits_lock);
	for (i = 0; i < ZC_LIMIT_NR; i++) {
		if (max[i])
			zc_limits_max[i] = max[i];
	}
	spin_unlock(&zc_limits_lock);
}
