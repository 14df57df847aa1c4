// SPDX-License-Identifier: GPL-2.0
/*
 * How much may be live, of all users and of one user: transfers, the elements of
 * their lists, bytes that they may hold in memory, and the windows of fan-outs.
 * The limits hold for the whole machine, are scaled to its memory, and can be
 * changed while it runs.  Takes its own lock, a leaf, with interrupts off: the
 * free of a transfer's last buffer, in softirq, may free the transfer.
 *
 * Building a transfer holds files, so the transfer and its elements are charged
 * before it is built.  The memory that it may hold is charged when it is accepted.
 * A light transfer (xfer_light.c) is not charged: it holds no more than a send(2) or a
 * read(2) of the task that runs it.
 * The charge for the transfer itself is dropped when its memory is: once its
 * completion was read.  The other charges are dropped when it ends.
 *
 * The charge for memory is what the transfer may come to hold, not what it holds:
 * whole pages of its memory elements, and as much of its files as its socket's send
 * buffer takes, as if no other transfer waited for the same socket.  That is more
 * than is ever held at a time; hence the limit is several times the machine's
 * memory.  The network stack limits what sockets really hold.
 *
 * The users together must leave something for the next user.  Root has a reserve.
 * Of the rest, no user may have more than would then be left for all others.  So
 * the limit of one user stops the first user, and this rule stops later users, each
 * sooner than the one before.  A user that has nothing yet is exempt from this rule.
 */
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "limits.h"
#include "payer.h"

/* A transfer per so many pages, but so many at least; pinned bytes per byte of memory */
#define ZC_LIMITS_PAGES		8
#define ZC_LIMITS_LEAST		1024
#define ZC_LIMITS_ELEMENTS	8	/* per transfer */
#define ZC_LIMITS_OVERCOMMIT	4
/* Windows get memory divided by this, as they really hold their pages. */
#define ZC_LIMITS_WINDOWS	16
/* Divisors of each limit: the share of one user, and the reserve of root */
#define ZC_LIMITS_USERS		4
#define ZC_LIMITS_RESERVE	16

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

/* The limits of a kind of claim are found by its number. */
#define ZC_LIMITS_OF(kind, name)					\
	static_assert(2 * ZC_CLAIM_##kind == ZC_LIMIT_max_##name &&	\
		      2 * ZC_CLAIM_##kind + 1 == ZC_LIMIT_max_user_##name)
ZC_LIMITS_OF(TRANSFERS, transfers);
ZC_LIMITS_OF(ELEMENTS, elements);
ZC_LIMITS_OF(PINNED, pinned_bytes);
ZC_LIMITS_OF(WINDOW, window_bytes);
#undef ZC_LIMITS_OF
static_assert(ZC_CLAIM_WINDOW + 1 == ZC_CLAIM_NR && 2 * ZC_CLAIM_NR == ZC_LIMIT_NR);

static DEFINE_SPINLOCK(zc_limits_lock);	/* for all below and zc_payer.used */
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
	zc_limits_max[ZC_LIMIT_max_window_bytes] =
		(pages << PAGE_SHIFT) / ZC_LIMITS_WINDOWS;
	for (i = 0; i < ZC_LIMIT_NR; i += 2)
		zc_limits_max[i + 1] = zc_limits_max[i] / ZC_LIMITS_USERS;
}

static bool zc_limits_full(u64 used, u64 want, u64 max)
{
	return used >= max || want > max - used;
}

/* Returns the limit that refuses the claim, or ZC_LIMIT_NR.  Under the lock. */
static unsigned int zc_limits_check(const struct zc_payer *p,
				    const struct zc_claim *c)
{
	unsigned int i;

	lockdep_assert_held(&zc_limits_lock);
	for (i = 0; i < ZC_CLAIM_NR; i++) {
		u64 all = zc_limits_used[i], max = zc_limits_max[2 * i];
		u64 own = p->used[i], want = c->amount[i];

		if (!want)
			continue;
		if (!p->root)
			max -= max / ZC_LIMITS_RESERVE;
		if (zc_limits_full(all, want, max))
			return 2 * i;
		if (zc_limits_full(own, want, zc_limits_max[2 * i + 1]))
			return 2 * i + 1;
		if (!p->root && own && own + want > max - all - want)
			return 2 * i + 1;
	}
	return ZC_LIMIT_NR;
}

/* Under the lock. */
static void zc_limits_count(struct zc_payer *p, const struct zc_claim *c)
{
	unsigned int i;

	lockdep_assert_held(&zc_limits_lock);
	for (i = 0; i < ZC_CLAIM_NR; i++) {
		WRITE_ONCE(zc_limits_used[i], zc_limits_used[i] + c->amount[i]);
		WRITE_ONCE(p->used[i], p->used[i] + c->amount[i]);
	}
}

static unsigned int zc_limits_add(struct zc_payer *p, struct zc_claim *c)
{
	unsigned int met;

	spin_lock_irq(&zc_limits_lock);
	met = zc_limits_check(p, c);
	if (met == ZC_LIMIT_NR)
		zc_limits_count(p, c);
	spin_unlock_irq(&zc_limits_lock);
	if (met != ZC_LIMIT_NR)
		memset(c, 0, sizeof(*c));
	return met;
}

/**
 * zc_limits_charge - charge a payer for a transfer, or refuse it
 * @p: the payer
 * @c: what to charge, until zc_limits_give_back(); cleared if it is refused
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_limits_charge(struct zc_payer *p, struct zc_claim *c,
		     struct netlink_ext_ack *extack)
{
	unsigned int met = zc_limits_add(p, c);

	return met == ZC_LIMIT_NR ? 0 : zc_reject(zc_limits_table[met].why, extack);
}

static bool zc_limits_half(const struct zc_payer *p, const struct zc_claim *c,
			   enum zc_claim_kind kind)
{
	u64 want = c->amount[kind];

	return READ_ONCE(zc_limits_used[kind]) + want <=
	       READ_ONCE(zc_limits_max[2 * kind]) / 2 &&
	       READ_ONCE(p->used[kind]) + want <=
	       READ_ONCE(zc_limits_max[2 * kind + 1]) / 2;
}

/**
 * zc_limits_ample - is so much left of all limits that a transfer need not be charged?
 * @p: the payer
 * @c: what would be charged, without a window
 *
 * Takes no lock.  With it charged, all limits of its kinds would be half used at most; so
 * it would not be refused.
 *
 * Context: Any.
 * Return: true if so, as it was a moment ago.
 */
bool zc_limits_ample(const struct zc_payer *p, const struct zc_claim *c)
{
	return zc_limits_half(p, c, ZC_CLAIM_TRANSFERS) &&
	       zc_limits_half(p, c, ZC_CLAIM_ELEMENTS) &&
	       zc_limits_half(p, c, ZC_CLAIM_PINNED);
}

/**
 * zc_limits_force - charge a payer, whatever the limits say
 * @p: the payer
 * @c: what to charge, until zc_limits_give_back()
 *
 * Only for what was not charged because limits were ample, and cannot be refused any
 * more.  As each such charge makes the next look see more use, limits are exceeded by what
 * as many tasks run between look and charge, and no more.
 *
 * Context: Process context of the submitter.
 */
void zc_limits_force(struct zc_payer *p, const struct zc_claim *c)
{
	spin_lock_irq(&zc_limits_lock);
	zc_limits_count(p, c);
	spin_unlock_irq(&zc_limits_lock);
}

/**
 * zc_limits_take - charge a payer for something that can be done without
 * @p: the payer
 * @c: as for zc_limits_charge()
 *
 * Context: Process context of the submitter.
 * Return: true if it was charged; false if a limit is met.
 */
bool zc_limits_take(struct zc_payer *p, struct zc_claim *c)
{
	return zc_limits_add(p, c) == ZC_LIMIT_NR;
}

/**
 * zc_limits_give_back - drop a charge
 * @p: as charged
 * @c: as charged; the kinds that are given back are cleared
 * @from: the first kind that is given back, with all after it
 *
 * Context: Any; one caller at a time for the same claim.
 */
void zc_limits_give_back(struct zc_payer *p, struct zc_claim *c,
			 enum zc_claim_kind from)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&zc_limits_lock, flags);
	for (i = from; i < ZC_CLAIM_NR; i++) {
		WRITE_ONCE(zc_limits_used[i], zc_limits_used[i] - c->amount[i]);
		WRITE_ONCE(p->used[i], p->used[i] - c->amount[i]);
		c->amount[i] = 0;
	}
	spin_unlock_irqrestore(&zc_limits_lock, flags);
}

/**
 * zc_limits_name - name of a limit
 * @which: the limit
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_limits_name(enum zc_limit which)
{
	return zc_limits_table[which].name;
}

/**
 * zc_limits_help - a description of a limit, in one line
 * @which: the limit
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
 * @name: any string
 *
 * Context: Any.
 * Return: enum zc_limit, or -1 if there is none.
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
 * zc_limits_read - read all limits, and what is used of them
 * @s: filled in, all at the same moment
 * @p: the payer whose use is read
 *
 * Context: Process context.
 */
void zc_limits_read(struct zc_limits_state *s, const struct zc_payer *p)
{
	unsigned int i;

	spin_lock_irq(&zc_limits_lock);
	memcpy(s->max, zc_limits_max, sizeof(s->max));
	for (i = 0; i < ZC_CLAIM_NR; i++) {
		s->used[2 * i] = zc_limits_used[i];
		s->used[2 * i + 1] = p->used[i];
	}
	spin_unlock_irq(&zc_limits_lock);
}

/**
 * zc_limits_set - change limits
 * @max: one for each limit, 0 to leave it as it is
 *
 * Live transfers stay, even if they now exceed a limit.
 *
 * Context: Process context.
 */
void zc_limits_set(const u64 *max)
{
	unsigned int i;

	spin_lock_irq(&zc_limits_lock);
	for (i = 0; i < ZC_LIMIT_NR; i++) {
		if (max[i])
			WRITE_ONCE(zc_limits_max[i], max[i]);
	}
	spin_unlock_irq(&zc_limits_lock);
}
