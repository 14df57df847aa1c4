// SPDX-License-Identifier: GPL-2.0
/*
 * All live transfers of all users, found by number.  Numbers are assigned here.
 * A user can choose which transfers stay live and so fill a single bucket.  So
 * buckets only spread the load of their locks; a tree in each bucket keeps every
 * step cheap, however full the bucket is.  The registry holds no references: a
 * transfer leaves it before its last reference is dropped.  Takes its bucket's
 * lock and no other inside it; allocates nothing.
 */
#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>

#include "registry.h"
#include "xfer.h"

#define ZC_REGISTRY_BITS	10

/* Transfers that a walk looks at before it drops the lock */
#define ZC_REGISTRY_STRETCH	64

static struct zc_registry_bucket {
	spinlock_t lock;	/* for @live */
	struct rb_root live;	/* by number */
} zc_registry[1 << ZC_REGISTRY_BITS];

static atomic64_t zc_registry_last = ATOMIC64_INIT(0);

static struct zc_registry_bucket *zc_registry_bucket(u64 id)
{
	return &zc_registry[id & (ARRAY_SIZE(zc_registry) - 1)];
}

static struct zc_xfer *zc_registry_entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct zc_xfer, reg);
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
		zc_registry[i].live = RB_ROOT;
	}
}

static bool zc_registry_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct zc_xfer, reg)->id <
	       rb_entry(b, struct zc_xfer, reg)->id;
}

/**
 * zc_registry_number - the number of the next transfer
 *
 * Context: Any.
 * Return: a number that no other transfer has or had.
 */
u64 zc_registry_number(void)
{
	return atomic64_inc_return(&zc_registry_last);
}

/**
 * zc_registry_add - make a transfer visible
 * @x: complete, with its number and its network namespace
 *
 * Context: Process context.
 */
void zc_registry_add(struct zc_xfer *x)
{
	struct zc_registry_bucket *b = zc_registry_bucket(x->id);

	spin_lock(&b->lock);
	rb_add(&x->reg, &b->live, zc_registry_less);
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
	rb_erase(&x->reg, &b->live);
	RB_CLEAR_NODE(&x->reg);
	spin_unlock(&b->lock);
}

/* The transfer with the highest number up to @id.  Under the bucket's lock. */
static struct zc_xfer *zc_registry_up_to(const struct zc_registry_bucket *b,
					 u64 id)
{
	struct rb_node *node = b->live.rb_node;
	struct zc_xfer *x, *found = NULL;

	lockdep_assert_held(&b->lock);
	while (node) {
		x = zc_registry_entry(node);
		if (x->id <= id) {
			found = x;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

static bool zc_registry_is_in(const struct zc_xfer *x, const void *net)
{
	return !net || net_eq(x->net, net);
}

/**
 * zc_registry_find_get - find a live transfer
 * @net: the transfer's namespace, or NULL for any
 * @id: its number
 *
 * Context: Process context.
 * Return: the transfer, with a reference for the caller; or NULL.  The reference
 * does not keep its namespace: see zc_registry_net_get().
 */
struct zc_xfer *zc_registry_find_get(const struct net *net, u64 id)
{
	struct zc_registry_bucket *b = zc_registry_bucket(id);
	struct zc_xfer *x;

	spin_lock(&b->lock);
	x = zc_registry_up_to(b, id);
	if (x && x->id == id && zc_registry_is_in(x, net))
		zc_xfer_get(x);
	else
		x = NULL;
	spin_unlock(&b->lock);
	return x;
}

/*
 * Does one stretch of a walk, in one bucket.  Returns NULL if no transfer in it
 * fits; @pos says where to go on in either case.
 */
static struct zc_xfer *zc_registry_stretch(struct zc_registry_pos *pos,
					   zc_registry_fits_fn fits,
					   const void *arg)
{
	struct zc_registry_bucket *b = &zc_registry[pos->bucket];
	unsigned int left = ZC_REGISTRY_STRETCH;
	struct zc_xfer *x;

	spin_lock(&b->lock);
	x = zc_registry_up_to(b, pos->after ? pos->after - 1 : U64_MAX);
	while (x && !fits(x, arg) && --left)
		x = zc_registry_entry(rb_prev(&x->reg));
	pos->after = x ? x->id : 0;
	if (!x)
		pos->bucket++;
	else if (left)
		zc_xfer_get(x);
	else
		x = NULL;
	spin_unlock(&b->lock);
	return x;
}

/**
 * zc_registry_next_fit_get - walk over live transfers of some kind
 * @fits: returns true if a transfer is of that kind.  Called under a lock, which
 *        keeps the transfer, its namespace and its files
 * @arg: for @fits
 * @pos: where the walk is; zeroed for the first
 *
 * A transfer that comes or goes meanwhile may be seen or not; any other is seen
 * exactly once.  New transfers cannot prolong a walk for ever: in each bucket it goes from
 * higher numbers to lower ones, and only so many can have got a lower number before.
 *
 * Context: Process context, may sleep.
 * Return: the next transfer, with a reference for the caller; NULL at the end.
 * The reference does not keep its namespace: see zc_registry_net_get().
 */
struct zc_xfer *zc_registry_next_fit_get(zc_registry_fits_fn fits,
					 const void *arg,
					 struct zc_registry_pos *pos)
{
	struct zc_xfer *x;

	while (pos->bucket < ARRAY_SIZE(zc_registry)) {
		if (RB_EMPTY_ROOT(&zc_registry[pos->bucket].live)) {
			pos->bucket++;
			pos->after = 0;
			continue;
		}
		x = zc_registry_stretch(pos, fits, arg);
		if (x)
			return x;
		cond_resched();
	}
	return NULL;
}

/**
 * zc_registry_next_get - walk over the live transfers of a namespace
 * @net: the namespace, or NULL for all
 * @pos: where the walk is; zeroed for the first
 *
 * As zc_registry_next_fit_get().
 *
 * Context: Process context, may sleep.
 * Return: the next transfer, with a reference for the caller; NULL at the end.
 */
struct zc_xfer *zc_registry_next_get(const struct net *net,
				     struct zc_registry_pos *pos)
{
	return zc_registry_next_fit_get(zc_registry_is_in, net, pos);
}

/**
 * zc_registry_any - is any transfer live, in any namespace?
 *
 * Context: Any.
 * Return: true if there is one; a transfer that begins or ends meanwhile may be missed.
 */
bool zc_registry_any(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zc_registry); i++) {
		if (!RB_EMPTY_ROOT(&zc_registry[i].live))
			return true;
	}
	return false;
}

/**
 * zc_registry_net_get - the network namespace of a live transfer
 * @x: the transfer; the caller holds a reference
 *
 * RACE: the runner takes the transfer out of the registry before it drops the
 * socket, which keeps the namespace.
 *
 * Context: Process context.
 * Return: the namespace, with a reference for the caller; NULL if the transfer
 * has ended.
 */
struct net *zc_registry_net_get(struct zc_xfer *x)
{
	struct zc_registry_bucket *b = zc_registry_bucket(x->id);
	struct net *net = NULL;

	spin_lock(&b->lock);
	if (!RB_EMPTY_NODE(&x->reg))
		net = maybe_get_net(x->net);
	spin_unlock(&b->lock);
	return net;
}

/**
 * zc_registry_file_get - the first file of a live transfer's source
 * @x: the transfer; the caller holds a reference
 *
 * RACE: the runner takes the transfer out of the registry before it drops the
 * files, so a transfer in the registry still has them.
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
	for (i = 0; !RB_EMPTY_NODE(&x->reg) && i < x->src.nr && !file; i++) {
		if (x->src.elems[i].file)
			file = get_file(x->src.elems[i].file);
	}
	spin_unlock(&b->lock);
	return file;
}
