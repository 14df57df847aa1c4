// SPDX-License-Identifier: GPL-2.0
/*
 * What the submitter's cgroup allows workers: CPU time (cpu.max, of the cgroup and of
 * each cgroup above it) and weight (cpu.weight).  Workers stay in the root cgroup, so
 * the kernel does not do this.  A ration belongs to a cgroup, and all transfers from
 * there share it, whichever thread runs them.  It refers to that of the parent cgroup, to
 * which all is charged as well, so that many small cgroups have no more than their
 * parent.  The transfer keeps the ration of its submission, as it keeps its memory and
 * block cgroups.
 *
 * A ration without transfers is kept until its budget is full again, so that a debt
 * does not go with the last transfer; then the reaper forgets it.  It keeps the cgroup's
 * memory, and not its directory.
 *
 * The table is read under RCU and changed under zc_ration_lock.  Each budget has a lock of
 * its own, which is taken inside that one by the reaper, never for two budgets at once, and
 * never while cgroups are walked.  Both are taken in process context.
 */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "ration_priv.h"

#define ZC_RATION_BITS	8
/* How often the reaper looks, and how long a debt is remembered at most */
#define ZC_RATION_REAP	HZ
#define ZC_RATION_KEPT	(60 * HZ)

static void zc_ration_reap(struct work_struct *work);

DEFINE_SPINLOCK(zc_ration_lock);
static struct hlist_head zc_rations[1 << ZC_RATION_BITS];
/* Not deferrable: on an idle machine it would keep removed cgroups in memory. */
static DECLARE_DELAYED_WORK(zc_ration_reaper, zc_ration_reap);

static struct hlist_head *zc_ration_bucket(const struct cgroup_subsys_state *css)
{
	return &zc_rations[hash_ptr(css, ZC_RATION_BITS)];
}

/* REF: the caller gets a reference.  @css need not be alive, only under RCU. */
static struct zc_ration *zc_ration_find(const struct cgroup_subsys_state *css)
{
	struct zc_ration *r;

	rcu_read_lock();
	hlist_for_each_entry_rcu(r, zc_ration_bucket(css), node) {
		if (r->css == css && refcount_inc_not_zero(&r->ref)) {
			WRITE_ONCE(r->used, true);
			goto out;
		}
	}
	r = NULL;
out:
	rcu_read_unlock();
	return r;
}

/* REF: takes over the reference to @up, and one to @css.  NULL: no memory */
static struct zc_ration *zc_ration_new(struct cgroup_subsys_state *css,
				       struct zc_ration *up)
{
	struct zc_ration *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT), *found;

	if (!r) {
		zc_ration_put(up);
		return NULL;
	}
	refcount_set(&r->ref, 2);
	spin_lock_init(&r->lock);
	r->css = css;
	r->up = up;
	r->used = true;
	/* Until the first look is over, all others measure. */
	r->limited = true;
	r->looked = jiffies;
	spin_lock(&zc_ration_lock);
	found = zc_ration_find(css);
	if (!found) {
		css_get(css);
		hlist_add_head_rcu(&r->node, zc_ration_bucket(css));
	}
	spin_unlock(&zc_ration_lock);
	if (found) {
		zc_ration_put(up);
		kfree(r);
		return found;
	}
	zc_ration_look(r);
	schedule_delayed_work(&zc_ration_reaper, ZC_RATION_REAP);
	return r;
}

/*
 * The ration of a cgroup, and first those of the cgroups above that have none, from the
 * top down.  REF: the caller has a reference to @css.  NULL: no memory, or the caller is
 * being killed
 */
static struct zc_ration *zc_ration_make(struct cgroup_subsys_state *css)
{
	struct cgroup_subsys_state *at;
	struct zc_ration *r, *up;

	while (!fatal_signal_pending(current)) {
		up = NULL;
		for (at = css; zc_cpucg_up(at); at = zc_cpucg_up(at)) {
			up = zc_ration_find(zc_cpucg_up(at));
			if (up)
				break;
		}
		r = zc_ration_new(at, up);
		if (!r || at == css)
			return r;
		zc_ration_put(r);
		cond_resched();
	}
	return NULL;
}

/**
 * zc_ration_get_current - the ration of the caller's cgroup
 *
 * Context: Process context, may sleep.
 * Return: REF: the ration; NULL if the caller is in the root cgroup, which has no limit;
 * or an ERR_PTR.
 */
struct zc_ration *zc_ration_get_current(void)
{
	struct cgroup_subsys_state *css;
	struct zc_ration *r = NULL;

	rcu_read_lock();
	css = zc_cpucg_current();
	if (css)
		r = zc_ration_find(css);
	rcu_read_unlock();
	if (!css || r)
		return r;
	css = zc_cpucg_get_current();
	if (!css)
		return NULL;
	r = zc_ration_make(css);
	css_put(css);
	return r ? r : ERR_PTR(-ENOMEM);
}

/**
 * zc_ration_put - drop a reference
 * @r: the ration, may be NULL; never freed here, as the table has a reference
 *
 * Context: Any.
 */
void zc_ration_put(struct zc_ration *r)
{
	if (r)
		refcount_dec(&r->ref);
}

/**
 * zc_ration_hold - take one more reference
 * @r: the ration, may be NULL; the caller has a reference
 *
 * Context: Any.
 * Return: @r.
 */
struct zc_ration *zc_ration_hold(struct zc_ration *r)
{
	if (r)
		refcount_inc(&r->ref);
	return r;
}

/* Under the lock */
static void zc_ration_free(struct zc_ration *r)
{
	lockdep_assert_held(&zc_ration_lock);
	hlist_del_rcu(&r->node);
	if (r->up)
		WRITE_ONCE(r->up->below, r->up->below - r->weight);
	zc_ration_put(r->up);
	css_put(r->css);
	kfree_rcu(r, rcu);
}

/* True if forgetting the ration would change nothing.  Under the lock */
static bool zc_ration_over(struct zc_ration *r, u64 now)
{
	bool full;

	if (refcount_read(&r->ref) > 1) {
		WRITE_ONCE(r->used, true);
		return false;
	}
	/* No task submits from a removed cgroup, and those above it were charged as well. */
	if (css_is_dying(r->css))
		return true;
	if (READ_ONCE(r->used)) {
		WRITE_ONCE(r->used, false);
		r->unused = jiffies;
	}
	spin_lock(&r->lock);
	full = zc_budget_full(&r->budget, now);
	spin_unlock(&r->lock);
	return full || time_after(jiffies, r->unused + ZC_RATION_KEPT);
}

static void zc_ration_reap(struct work_struct *work)
{
	u64 now = ktime_get_ns();
	struct hlist_node *next;
	struct zc_ration *r;
	bool more = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zc_rations); i++) {
		spin_lock(&zc_ration_lock);
		hlist_for_each_entry_safe(r, next, &zc_rations[i], node) {
			/* RACE: a submission may find it at the same time. */
			if (zc_ration_over(r, now) && refcount_dec_if_one(&r->ref))
				zc_ration_free(r);
		}
		more |= !hlist_empty(&zc_rations[i]);
		spin_unlock(&zc_ration_lock);
		cond_resched();
	}
	if (more)
		schedule_delayed_work(&zc_ration_reaper, ZC_RATION_REAP);
}

/**
 * zc_ration_exit - forget all rations; no transfer is left
 *
 * Context: Module unload.  Sleeps.
 */
void zc_ration_exit(void)
{
	struct hlist_node *next;
	struct zc_ration *r;
	unsigned int i;

	cancel_delayed_work_sync(&zc_ration_reaper);
	/* RCU: a ration may go after the one of its parent. */
	rcu_read_lock();
	spin_lock(&zc_ration_lock);
	for (i = 0; i < ARRAY_SIZE(zc_rations); i++) {
		hlist_for_each_entry_safe(r, next, &zc_rations[i], node)
			zc_ration_free(r);
	}
	spin_unlock(&zc_ration_lock);
	rcu_read_unlock();
}
