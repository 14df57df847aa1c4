// SPDX-License-Identifier: GPL-2.0
/*
 * The users that live transfers are charged to.  A process is charged as its real
 * user, so that a setuid program is charged to its caller.  But if its real user is
 * root, it is charged as its effective user: a daemon that root started acts for that
 * user.  Root without CAP_SYS_RESOURCE, as in a container, has a share of its own and
 * nothing of root's.  A process in a user namespace is charged to the owner of the
 * outermost one, however many subordinate ids the namespace uses, as in the kernel's own
 * counts.  But if root owns that namespace, the namespace itself is charged for its
 * subordinate ids (a container), and a user in it is charged as outside (a sandbox that
 * a setuid program made).
 *
 * Users without transfers and devices are remembered for a while.  A namespace is not, as
 * that would keep it alive.  Takes its own lock, a leaf, with interrupts off: the
 * free of a transfer's last buffer, in softirq, may drop the payer's last reference.
 */
#include <linux/hash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "crew.h"
#include "payer.h"

#define ZC_PAYER_BITS	8
/* Idle users that are remembered, as they are likely to come back */
#define ZC_PAYER_IDLE	64

/* struct zc_payer_key - what is charged: @ns, or @uid if that is NULL */
struct zc_payer_key {
	kuid_t uid;
	bool root;		/* @uid is root, with its privilege over limits */
	struct user_namespace *ns;
};

static void zc_payer_reap(struct work_struct *work);

static DEFINE_SPINLOCK(zc_payer_lock);	/* for all below */
static struct hlist_head zc_payers[1 << ZC_PAYER_BITS];
static LIST_HEAD(zc_payer_idle);	/* the longest idle first */
static unsigned int zc_payer_nr_idle;
static LIST_HEAD(zc_payer_gone);	/* to be freed */
static DECLARE_WORK(zc_payer_work, zc_payer_reap);

/*
 * Is a user one of the subordinate ids of a namespace that root owns?  A namespace of a
 * single user has none, and a user that it does not map, or maps to itself, is none.
 */
static bool zc_payer_subordinate(struct user_namespace *ns, kuid_t uid)
{
	const struct uid_gid_map *map = &ns->uid_map;
	u32 nr = READ_ONCE(map->nr_extents);
	uid_t inside;

	/* ORDER: pairs with map_write(), which writes this number last. */
	smp_rmb();
	if (!nr || (nr == 1 && map->extent[0].count == 1))
		return false;
	inside = from_kuid(ns, uid);
	return inside != (uid_t)-1 &&
	       (inside != __kuid_val(uid) || uid_eq(uid, GLOBAL_ROOT_UID));
}

static struct zc_payer_key zc_payer_key(const struct cred *cred)
{
	kuid_t uid = uid_eq(cred->uid, GLOBAL_ROOT_UID) ? cred->euid : cred->uid;
	struct user_namespace *ns = cred->user_ns;

	/* SECURITY: root's reserve and crew are for processes that may exceed limits. */
	if (ns == &init_user_ns)
		return (struct zc_payer_key) {
			.uid	= uid,
			.root	= uid_eq(uid, GLOBAL_ROOT_UID) &&
				  cap_raised(cred->cap_effective, CAP_SYS_RESOURCE),
		};
	/* SECURITY: a user of the outer namespace chooses the owner of an inner one. */
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	if (!uid_eq(ns->owner, GLOBAL_ROOT_UID))
		return (struct zc_payer_key) { .uid = ns->owner };
	if (zc_payer_subordinate(ns, uid))
		return (struct zc_payer_key) { .ns = ns };
	return (struct zc_payer_key) { .uid = uid };
}

static bool zc_payer_fits(const struct zc_payer *p, const struct zc_payer_key *key)
{
	return p->ns == key->ns && uid_eq(p->uid, key->uid) && p->root == key->root;
}

static struct hlist_head *zc_payer_bucket(const struct zc_payer_key *key)
{
	return &zc_payers[key->ns ? hash_ptr(key->ns, ZC_PAYER_BITS) :
			  hash_32(__kuid_val(key->uid), ZC_PAYER_BITS)];
}

/* Returns the payer, with a reference for the caller, or NULL.  Under the lock. */
static struct zc_payer *zc_payer_find(const struct zc_payer_key *key)
{
	struct zc_payer *p;

	lockdep_assert_held(&zc_payer_lock);
	hlist_for_each_entry(p, zc_payer_bucket(key), node) {
		if (!zc_payer_fits(p, key))
			continue;
		if (!refcount_inc_not_zero(&p->ref)) {
			list_del_init(&p->idle);
			zc_payer_nr_idle--;
			refcount_set(&p->ref, 1);
		}
		return p;
	}
	return NULL;
}

static void zc_payer_free(struct zc_payer *p)
{
	zc_crew_dismiss(p->crew);
	if (p->ns)
		put_user_ns(p->ns);
	kfree(p);
}

static struct zc_payer *zc_payer_new(const struct zc_payer_key *key)
{
	struct zc_payer *p, *found;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;
	refcount_set(&p->ref, 1);
	INIT_LIST_HEAD(&p->idle);
	p->uid = key->uid;
	p->root = key->root;
	p->ns = key->ns ? get_user_ns(key->ns) : NULL;

	spin_lock_irq(&zc_payer_lock);
	found = zc_payer_find(key);
	if (!found)
		hlist_add_head(&p->node, zc_payer_bucket(key));
	spin_unlock_irq(&zc_payer_lock);
	if (!found)
		return p;
	zc_payer_free(p);
	return found;
}

/**
 * zc_payer_get - find the payer that these credentials are charged to
 * @cred: the submitter's credentials
 *
 * Context: Process context, may sleep.
 * Return: the payer, REF: with a reference; or NULL if there is no memory.
 */
struct zc_payer *zc_payer_get(const struct cred *cred)
{
	struct zc_payer_key key = zc_payer_key(cred);
	struct zc_payer *p;

	spin_lock_irq(&zc_payer_lock);
	p = zc_payer_find(&key);
	spin_unlock_irq(&zc_payer_lock);
	return p ? p : zc_payer_new(&key);
}

/**
 * zc_payer_pays - is this the payer that these credentials are charged to?
 * @p: the payer, held by the caller
 * @cred: the submitter's credentials
 *
 * Takes no lock: a payer that is held stays in the table, which has one for each user.
 *
 * Context: Any.
 * Return: true if zc_payer_get() would return it.
 */
bool zc_payer_pays(const struct zc_payer *p, const struct cred *cred)
{
	struct zc_payer_key key = zc_payer_key(cred);

	return zc_payer_fits(p, &key);
}

/* A name for a crew.  Root that is no more than a user is "0user". */
static void zc_payer_name(const struct zc_payer *p, char *name, size_t size)
{
	if (p->ns)
		snprintf(name, size, "c%u", p->ns->ns.inum);
	else if (uid_eq(p->uid, GLOBAL_ROOT_UID) && !p->root)
		snprintf(name, size, "0user");
	else
		snprintf(name, size, "%u", __kuid_val(p->uid));
}

/**
 * zc_payer_crew - the worker threads of a payer
 * @p: the payer
 *
 * Context: May sleep.
 * Return: the crew, which lives as long as @p; or NULL if there is no memory.
 */
struct zc_crew *zc_payer_crew(struct zc_payer *p)
{
	struct zc_crew *crew = READ_ONCE(p->crew), *first;
	char name[12];

	if (crew)
		return crew;
	zc_payer_name(p, name, sizeof(name));
	crew = zc_crew_create(name, p->root);
	if (!crew)
		return NULL;
	first = cmpxchg(&p->crew, NULL, crew);
	if (!first)
		return crew;
	zc_crew_put(crew);
	return first;
}

/* Takes @p out of the table.  Work frees it, as that may sleep.  Under the lock. */
static void zc_payer_forget(struct zc_payer *p)
{
	lockdep_assert_held(&zc_payer_lock);
	hlist_del(&p->node);
	list_move(&p->idle, &zc_payer_gone);
	schedule_work(&zc_payer_work);
}

/**
 * zc_payer_put - drop a reference
 * @p: the payer; without references, a user is idle and a container is freed
 *
 * Context: Any.
 */
void zc_payer_put(struct zc_payer *p)
{
	unsigned long flags;

	if (refcount_dec_not_one(&p->ref))
		return;
	spin_lock_irqsave(&zc_payer_lock, flags);
	if (!refcount_dec_and_test(&p->ref)) {
		spin_unlock_irqrestore(&zc_payer_lock, flags);
		return;
	}
	if (p->ns) {
		zc_payer_forget(p);
	} else {
		list_add_tail(&p->idle, &zc_payer_idle);
		if (zc_payer_nr_idle == ZC_PAYER_IDLE)
			zc_payer_forget(list_first_entry(&zc_payer_idle,
							 struct zc_payer, idle));
		else
			zc_payer_nr_idle++;
	}
	spin_unlock_irqrestore(&zc_payer_lock, flags);
}

static void zc_payer_free_all(struct list_head *list)
{
	struct zc_payer *p, *next;

	list_for_each_entry_safe(p, next, list, idle)
		zc_payer_free(p);
}

static void zc_payer_reap(struct work_struct *work)
{
	LIST_HEAD(gone);

	spin_lock_irq(&zc_payer_lock);
	list_splice_init(&zc_payer_gone, &gone);
	spin_unlock_irq(&zc_payer_lock);
	zc_payer_free_all(&gone);
}

/**
 * zc_payer_exit - free all payers; no transfer is live
 *
 * Context: Module unload.  Sleeps.
 */
void zc_payer_exit(void)
{
	cancel_work_sync(&zc_payer_work);
	zc_payer_free_all(&zc_payer_gone);
	zc_payer_free_all(&zc_payer_idle);
}
