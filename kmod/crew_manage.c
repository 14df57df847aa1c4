// SPDX-License-Identifier: GPL-2.0
/*
 * Crews, and how their threads come and go.  A manager starts threads for jobs that
 * find none, within a bound for all crews.  A watcher reports workers that are stuck.
 * Neither runs jobs, so no user can hold them up.
 *
 * Takes the lock of its lists inside a crew's lock.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "crew_priv.h"
#include "net.h"
#include "trace.h"

/*
 * Most threads of all crews; or so many for each CPU, if that is more.  Crews without
 * threads may exceed that with their first ones, by ZC_CREW_FIRST at most.
 */
#define ZC_CREW_ALL		512
#define ZC_CREW_EACH_CPU	8
#define ZC_CREW_FIRST		1024
/* How soon the manager looks again at jobs that still wait */
#define ZC_CREW_AGAIN		msecs_to_jiffies(20)

/* How often the watcher looks; a worker in one job for so long is stuck */
#define ZC_CREW_WATCH		HZ

static void zc_crew_manage(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_crew_manager, zc_crew_manage);
static void zc_crew_watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_crew_watcher, zc_crew_watch);
static struct workqueue_struct *zc_crew_wq;

/* Taken inside a crew's lock; in any context */
static DEFINE_SPINLOCK(zc_crew_lock);
static LIST_HEAD(zc_crew_list);
static LIST_HEAD(zc_crew_wants);

static unsigned int zc_crew_started;	/* the manager's */

const struct cred *zc_crew_cred;
atomic_t zc_crew_threads = ATOMIC_INIT(0);
bool zc_crew_stopping;
DECLARE_COMPLETION(zc_crew_gone);

/**
 * zc_crew_ask - have the manager look at a crew
 * @c: the crew
 * @now: at once, instead of after ZC_CREW_AGAIN
 *
 * Context: Any, under the crew's lock.
 */
void zc_crew_ask(struct zc_crew *c, bool now)
{
	lockdep_assert_held(&c->lock);
	/* RACE: the manager clears this before it takes the crew's lock and looks. */
	if (!now && READ_ONCE(c->wanting))
		return;
	spin_lock(&zc_crew_lock);
	if (zc_crew_stopping || (c->wanting && (c->hurried || !now)))
		goto out;
	if (!c->wanting) {
		WRITE_ONCE(c->wanting, true);
		refcount_inc(&c->ref);
		list_add_tail(&c->wants, &zc_crew_wants);
	}
	c->hurried = now;
	if (now)
		mod_delayed_work(zc_crew_wq, &zc_crew_manager, 0);
	else
		queue_delayed_work(zc_crew_wq, &zc_crew_manager, ZC_CREW_AGAIN);
out:
	spin_unlock(&zc_crew_lock);
}

/* ---- starting threads ---- */

/*
 * May a crew have one more thread?  Not if it has as many as are left for all crews.
 * But a crew without threads gets its first one up to a higher bound, and the crew of
 * root always.  Under the crew's lock.
 */
static bool zc_crew_may_grow(struct zc_crew *c)
{
	unsigned int most = max(ZC_CREW_ALL, ZC_CREW_EACH_CPU * num_online_cpus());
	unsigned int all = atomic_read(&zc_crew_threads);

	lockdep_assert_held(&c->lock);
	if (!c->nr)
		c->denied = all >= most + ZC_CREW_FIRST && !c->root;
	else
		c->denied = all >= most || c->nr >= most - all;
	return !c->denied;
}

static int zc_crew_hire(struct zc_crew *c)
{
	struct zc_crew_worker *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->task = kthread_create(zc_crew_thread, w, "zcopy/%s-%u", c->name,
				 c->serial++ % 100);
	if (IS_ERR(w->task)) {
		int err = PTR_ERR(w->task);

		kfree(w);
		return err;
	}
	w->crew = c;
	INIT_LIST_HEAD(&w->idle);
	refcount_inc(&c->ref);
	zc_crew_started++;
	atomic_inc(&zc_crew_threads);
	spin_lock_irq(&c->lock);
	list_add(&w->link, &c->workers);
	c->nr++;
	spin_unlock_irq(&c->lock);
	wake_up_process(w->task);
	return 0;
}

/*
 * Starts a thread if jobs could use it.  Only one at a time, so that other crews get
 * theirs, too; the manager comes again while any job waits.
 */
static void zc_crew_look(struct zc_crew *c)
{
	bool grow, more = false;

	spin_lock_irq(&c->lock);
	grow = c->nr < zc_crew_useful(c) && zc_crew_may_grow(c);
	spin_unlock_irq(&c->lock);
	if (grow)
		more = !zc_crew_hire(c);

	spin_lock_irq(&c->lock);
	if (zc_crew_rouse(c))
		zc_crew_ask(c, more);
	spin_unlock_irq(&c->lock);
	queue_delayed_work(zc_crew_wq, &zc_crew_watcher, ZC_CREW_WATCH);
}

static struct zc_crew *zc_crew_wanting(struct list_head *list)
{
	struct zc_crew *c;

	spin_lock_irq(&zc_crew_lock);
	c = list_first_entry_or_null(list, struct zc_crew, wants);
	if (c) {
		list_del_init(&c->wants);
		WRITE_ONCE(c->wanting, false);
		c->hurried = false;
	}
	spin_unlock_irq(&zc_crew_lock);
	return c;
}

static void zc_crew_manage(struct work_struct *work)
{
	struct zc_crew *c;
	LIST_HEAD(list);

	spin_lock_irq(&zc_crew_lock);
	list_splice_init(&zc_crew_wants, &list);
	spin_unlock_irq(&zc_crew_lock);
	while ((c = zc_crew_wanting(&list))) {
		zc_crew_look(c);
		zc_crew_put(c);
	}
}

/* ---- all crews ---- */

/* The next crew, the first after NULL.  REF: that of @c becomes the next one's. */
static struct zc_crew *zc_crew_after(struct zc_crew *c)
{
	struct zc_crew *next;

	spin_lock_irq(&zc_crew_lock);
	next = list_prepare_entry(c, &zc_crew_list, all);
	list_for_each_entry_continue(next, &zc_crew_list, all) {
		/* A crew without references is being freed, and waits for the lock. */
		if (refcount_inc_not_zero(&next->ref))
			goto out;
	}
	next = NULL;
out:
	spin_unlock_irq(&zc_crew_lock);
	zc_crew_put(c);
	return next;
}

static void zc_crew_watch_one(struct zc_crew *c)
{
	struct zc_crew_worker *w;

	spin_lock_irq(&c->lock);
	list_for_each_entry(w, &c->workers, link) {
		if (!w->busy || w->told ||
		    time_before(jiffies, w->since + ZC_CREW_WATCH))
			continue;
		w->told = true;
		zc_stats_inc(&zc_net(&init_net)->stats, ZC_STAT_workers_stuck);
		trace_zcopy_stuck(c->name, task_pid_nr(w->task), w->lane);
	}
	spin_unlock_irq(&c->lock);
}

static void zc_crew_watch(struct work_struct *work)
{
	struct zc_crew *c = NULL;

	while ((c = zc_crew_after(c)))
		zc_crew_watch_one(c);
	if (atomic_read(&zc_crew_threads) && !READ_ONCE(zc_crew_stopping))
		queue_delayed_work(zc_crew_wq, &zc_crew_watcher, ZC_CREW_WATCH);
}

/* ---- life ---- */

static void zc_crew_lane_init(struct zc_crew_lane *l)
{
	unsigned int i;

	zc_kinds_init(&l->kinds);
	for (i = 0; i < ZC_KINDS; i++)
		INIT_LIST_HEAD(&l->jobs[i]);
}

/**
 * zc_crew_create - a crew without threads
 * @name: goes into the names of its threads
 * @root: true if the user is root, which is never refused its first thread
 *
 * Context: May sleep.
 * Return: the crew with one reference, or NULL.
 */
struct zc_crew *zc_crew_create(const char *name, bool root)
{
	struct zc_crew *c = kzalloc(sizeof(*c), GFP_KERNEL);
	unsigned int lane;

	if (!c)
		return NULL;
	refcount_set(&c->ref, 1);
	strscpy(c->name, name, sizeof(c->name));
	c->root = root;
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->workers);
	INIT_LIST_HEAD(&c->idle);
	INIT_LIST_HEAD(&c->wants);
	for (lane = 0; lane < ZC_LANE_NR; lane++)
		zc_crew_lane_init(&c->lane[lane]);
	spin_lock_irq(&zc_crew_lock);
	list_add_tail(&c->all, &zc_crew_list);
	spin_unlock_irq(&zc_crew_lock);
	return c;
}

/**
 * zc_crew_put - drop a reference
 * @c: the crew, may be NULL; freed with the last one
 *
 * Context: Any.
 */
void zc_crew_put(struct zc_crew *c)
{
	unsigned long flags;

	if (!c || !refcount_dec_and_test(&c->ref))
		return;
	spin_lock_irqsave(&zc_crew_lock, flags);
	list_del(&c->all);
	spin_unlock_irqrestore(&zc_crew_lock, flags);
	kfree(c);
}

/* Makes each thread end once it has no job. */
static void zc_crew_stop_one(struct zc_crew *c)
{
	struct zc_crew_worker *w, *next;

	spin_lock_irq(&c->lock);
	c->over = true;
	list_for_each_entry_safe(w, next, &c->idle, idle) {
		list_del_init(&w->idle);
		wake_up_process(w->task);
	}
	spin_unlock_irq(&c->lock);
}

/**
 * zc_crew_dismiss - end a crew whose user is gone; it has no jobs
 * @c: the crew, may be NULL; REF: the creator's reference is dropped
 *
 * SECURITY: its threads end now.  Idle threads count against the bound of all crews;
 * a container that opens and closes the device in a loop would use up that bound.
 *
 * Context: Process context.
 */
void zc_crew_dismiss(struct zc_crew *c)
{
	if (!c)
		return;
	zc_crew_stop_one(c);
	zc_crew_put(c);
}

/**
 * zc_crew_init - set up the manager of the crews and their credentials
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_crew_init(void)
{
	zc_crew_cred = prepare_kernel_cred(&init_task);
	if (!zc_crew_cred)
		return -ENOMEM;
	zc_crew_wq = alloc_workqueue("zcopy", WQ_UNBOUND | WQ_MEM_RECLAIM, 2);
	if (!zc_crew_wq) {
		put_cred(zc_crew_cred);
		return -ENOMEM;
	}
	return 0;
}

/**
 * zc_crew_exit - wait for all threads to leave the module
 *
 * No transfer is left, but the worker that dropped the last one may still run.
 *
 * Context: Module unload.  Sleeps.
 */
void zc_crew_exit(void)
{
	struct zc_crew *c = NULL;

	spin_lock_irq(&zc_crew_lock);
	WRITE_ONCE(zc_crew_stopping, true);
	spin_unlock_irq(&zc_crew_lock);
	/* ORDER: first the manager, as it starts the watcher. */
	cancel_delayed_work_sync(&zc_crew_manager);
	cancel_delayed_work_sync(&zc_crew_watcher);
	while ((c = zc_crew_after(c)))
		zc_crew_stop_one(c);
	destroy_workqueue(zc_crew_wq);
	while ((c = zc_crew_wanting(&zc_crew_wants)))
		zc_crew_put(c);
	for (; zc_crew_started; zc_crew_started--)
		wait_for_completion(&zc_crew_gone);
	put_cred(zc_crew_cred);
}
