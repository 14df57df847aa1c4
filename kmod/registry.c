// SPDX-License-Identifier: GPL-2.0
/*
 * All live transfers, whoever owns them, found by number.  Numbers are handed
 * out here.  Holds no references: a transfer leaves before it loses its last.
 * Takes its bucket's lock and nothing inside it; allocates nothing.
 */
#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/spinlock.h>

#include "registry.h"
#include "xfer.h"

#define ZC_REGISTRY_BITS	10

/* Each bucket is in descending order of numbers: new ones go in front. */
static struct zc_registry_bucket {
	spinlock_t lock;	/* live */
	struct hlist_head live;
} zc_registry[1 << ZC_REGISTRY_BITS];

static atomic64_t zc_registry_last = ATOMIC64_INIT(0);

static struct zc_registry_bucket *zc_registry_bucket(u64 id)
{
	return &zc_registry[id & (ARRAY_SIZE(zc_registry) - 1)];
}

/**
 * zc_registry_init - set up the table
 *
 * Context: Module load.
 */
void zc_registry_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zc_registry); i++) {
		spin_lock_init(&zc_registry[i].lock);
		INIT_HLIST_HEAD(&zc_registry[i].live);
	}
}

/**
 * zc_registry_add - give a transfer its number and make it visible
 * @x: complete, with its network namespace
 *
 * Context: Process context.
 */
void zc_registry_add(struct zc_xfer *x)
{
	struct zc_registry_bucket *b;
	struct zc_xfer *first;

	x->id = atomic64_inc_return(&zc_registry_last);
	b = zc_registry_bucket(x->id);
	spin_lock(&b->lock);
	/* RACE: two that share a bucket may arrive in the wrong order. */
	first = hlist_entry_safe(b->live.first, struct zc_xfer, reg);
	if (unlikely(first && first->id > x->id)) {
		while (first->reg.next) {
			struct zc_xfer *next = hlist_entry(first->reg.next,
							   struct zc_xfer, reg);

			if (next->id < x->id)
				break;
			first = next;
		}
		hlist_add_behind(&x->reg, &first->reg);
	} else {
		hlist_add_head(&x->reg, &b->live);
	}
	spin_unlock(&b->lock);
}

/**
 * zc_registry_del - take a transfer out
 * @x: as added
 *
 * Context: Process context or worker; @x's runner.
 */
void zc_registry_del(struct zc_xfer *x)
{
	struct zc_registry_bucket *b = zc_registry_bucket(x->id);

	spin_lock(&b->lock);
	hlist_del_init(&x->reg);
	spin_unlock(&b->lock);
}

/**
 * zc_registry_find_get - find a live transfer
 * @net: of its socket; NULL: any
 * @id: its number
 *
 * Context: Process context.
 * Return: the transfer, with a reference for the caller; or NULL.
 */
struct zc_xfer *zc_registry_find_get(const struct net *net, u64 id)
{
	struct zc_registry_bucket *b = zc_registry_bucket(id);
	struct zc_xfer *x;

	spin_lock(&b->lock);
	hlist_for_each_entry(x, &b->live, reg) {
		if (x->id == id && (!net || net_eq(x->net, net))) {
			zc_xfer_get(x);
			spin_unlock(&b->lock);
			return x;
		}
	}
	spin_unlock(&b->lock);
	return NULL;
}

/* Under the bucket's lock */
static struct zc_xfer *zc_registry_own(const struct zc_registry_bucket *b,
				       const struct zc_ctx *ctx, u64 id)
{
	struct zc_xfer *x;

	hlist_for_each_entry(x, &b->live, reg) {
		if (x->id == id && x->ctx == ctx)
			return x;
	}
	return NULL;
}

/**
 * zc_registry_own_get - find a live transfer of an open device by its number
 * @ctx: the device's
 * @id: the number
 *
 * Context: Any but interrupts.
 * Return: the transfer, or NULL.  REF: with a reference.
 */
struct zc_xfer *zc_registry_own_get(const struct zc_ctx *ctx, u64 id)
{
	struct zc_registry_bucket *b = zc_registry_bucket(id);
	struct zc_xfer *x;

	spin_lock(&b->lock);
	x = zc_registry_own(b, ctx, id);
	if (x)
		zc_xfer_get(x);
	spin_unlock(&b->lock);
	return x;
}

/**
 * zc_registry_has - is a live transfer of an open device listed?
 * @ctx: the device's
 * @id: the transfer's number
 *
 * Context: Any but interrupts.  Does not sleep.
 * Return: whether it is.
 */
bool zc_registry_has(const struct zc_ctx *ctx, u64 id)
{
	struct zc_registry_bucket *b = zc_registry_bucket(id);
	bool has;

	spin_lock(&b->lock);
	has = zc_registry_own(b, ctx, id);
	spin_unlock(&b->lock);
	return has;
}

/**
 * zc_registry_next_get - walk over the live transfers of a namespace
 * @net: the namespace of their sockets; NULL: of all namespaces
 * @pos: where the walk is; zeroed for the first
 *
 * Transfers that come or go meanwhile are seen or not; no other is left out
 * or seen twice.
 *
 * Context: Process context.
 * Return: the next one, with a reference for the caller; NULL at the end.
 */
struct zc_xfer *zc_registry_next_get(const struct net *net,
				     struct zc_registry_pos *pos)
{
	for (; pos->bucket < ARRAY_SIZE(zc_registry); pos->bucket++) {
		struct zc_registry_bucket *b = &zc_registry[pos->bucket];
		struct zc_xfer *x;

		if (hlist_empty(&b->live))
			goto next;
		spin_lock(&b->lock);
		hlist_for_each_entry(x, &b->live, reg) {
			if ((pos->after && x->id >= pos->after) ||
			    (net && !net_eq(x->net, net)))
				continue;
			zc_xfer_get(x);
			pos->after = x->id;
			spin_unlock(&b->lock);
			return x;
		}
		spin_unlock(&b->lock);
next:
		pos->after = 0;
	}
	return NULL;
}

/**
 * zc_registry_file_get - the first file of a live transfer's source
 * @x: the transfer; the caller holds a reference
 *
 * RACE: the runner takes the transfer out of the registry before it lets go of
 * its files; while it is in there, they are.
 *
 * Context: Process context.
 * Return: the file, with a reference for the caller; NULL if there is none, or
 * the transfer has ended.
 */
struct file *zc_registry_file_get(struct zc_xfer *x)
{
	struct zc_registry_bucket *b = zc_registry_bucket(x->id);
	struct file *file = NULL;
	unsigned int i;

	spin_lock(&b->lock);
	for (i = 0; !hlist_unhashed(&x->reg) && i < x->src.nr && !file; i++) {
		if (x->src.elems[i].file)
			file = get_file(x->src.elems[i].file);
	}
	spin_unlock(&b->lock);
	return file;
}
