// SPDX-License-Identifier: GPL-2.0
/*
 * A worker runs a transfer on the CPUs of its submitter, if that is in a cpuset: the
 * CPUs that the submitting thread may use, which the kernel keeps within the cpuset.
 * They are looked at again while the transfer runs, as long as that thread lives; then
 * those of its process's first thread count, and after that the last ones.  A thread that
 * chose fewer CPUs has its transfers run there, too.  A thread of io_uring's may have been
 * given other CPUs than its process; the first thread's count in its place.
 *
 * The memory nodes of a cpuset (cpuset.mems) go with the CPUs, so that what a worker brings
 * into the page cache comes from the nodes from which sendfile(2) would take it.
 *
 * A worker keeps the CPUs of its last job until it gets a job with others, or has none: a
 * move to another CPU waits for a thread of the scheduler's, which may cost more than the
 * job.  Where jobs with several sets of CPUs take turns, a worker moves for nearly each.
 * Takes its own lock, a leaf.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat/compat.h"
#include "cpus.h"

/* How long they may be out of date */
#define ZC_CPUS_FRESH	HZ

/*
 * struct zc_cpus - the CPUs of a submitter, and its memory nodes
 *
 * REF: a transfer has one reference, and what is left to do after it another.
 */
struct zc_cpus {
	refcount_t ref;
	struct pid *thread;	/* REF */
	struct pid *process;	/* REF */
	spinlock_t lock;	/* for all below */
	unsigned long looked;	/* jiffies */
	u32 key;		/* the same for the same CPUs, 0: all */
	unsigned int nr;
	nodemask_t mems;
	unsigned long bits[];
};

static void zc_cpus_note(struct zc_cpus *c, struct task_struct *task)
{
	struct cpumask *mask = to_cpumask(c->bits);
	u32 key = 0;

	/* RACE: a mask that changes meanwhile may be a mixture, for a second. */
	cpumask_and(mask, &task->cpus_mask, cpu_possible_mask);
	if (!cpumask_subset(cpu_online_mask, mask))
		key = jhash(c->bits, cpumask_size(), 0) | 1;
	WRITE_ONCE(c->key, key);
	WRITE_ONCE(c->nr, max(cpumask_weight(mask), 1U));
	zc_mems_of(task, &c->mems);
}

/**
 * zc_cpus_get_current - note the CPUs of the caller
 *
 * Context: Process context, may sleep.
 * Return: REF: with one reference; NULL if the caller is in no cpuset but the
 * root's; or an ERR_PTR.
 */
struct zc_cpus *zc_cpus_get_current(void)
{
	struct task_struct *task = current;
	struct zc_cpus *c;

	if (likely(!zc_cpucg_in_cpuset()))
		return NULL;
	c = kzalloc(sizeof(*c) + cpumask_size(), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ERR_PTR(-ENOMEM);
	refcount_set(&c->ref, 1);
	spin_lock_init(&c->lock);
	/* Every thread that io_uring submits from by itself has this flag. */
	if (current->flags & PF_IO_WORKER)
		task = current->group_leader;
	c->thread = get_pid(task_pid(task));
	c->process = get_pid(task_tgid(task));
	c->looked = jiffies;
	zc_cpus_note(c, task);
	return c;
}

/**
 * zc_cpus_key - a number that stands for the CPUs of a submitter
 * @c: the CPUs
 * @nr: set to how many they are
 *
 * Context: Any.
 * Return: the same number for the same CPUs; 0: all.
 */
u32 zc_cpus_key(const struct zc_cpus *c, unsigned int *nr)
{
	*nr = READ_ONCE(c->nr);
	return READ_ONCE(c->key);
}

/**
 * zc_cpus_hold - take one more reference
 * @c: may be NULL; the caller has a reference
 *
 * Context: Any.
 */
void zc_cpus_hold(struct zc_cpus *c)
{
	if (c)
		refcount_inc(&c->ref);
}

/**
 * zc_cpus_put - drop a reference
 * @c: may be NULL; freed with the last one
 *
 * Context: Any.
 */
void zc_cpus_put(struct zc_cpus *c)
{
	if (!c || !refcount_dec_and_test(&c->ref))
		return;
	put_pid(c->thread);
	put_pid(c->process);
	kfree(c);
}

/* Copies the CPUs to @mask, the memory nodes to @mems. */
static void zc_cpus_read(struct zc_cpus *c, struct cpumask *mask, nodemask_t *mems)
{
	struct task_struct *task;

	spin_lock(&c->lock);
	if (time_after_eq(jiffies, c->looked + ZC_CPUS_FRESH)) {
		c->looked = jiffies;
		rcu_read_lock();
		task = pid_task(c->thread, PIDTYPE_PID);
		if (!task)
			task = pid_task(c->process, PIDTYPE_TGID);
		if (task)
			zc_cpus_note(c, task);
		rcu_read_unlock();
	}
	cpumask_copy(mask, to_cpumask(c->bits));
	*mems = c->mems;
	spin_unlock(&c->lock);
}

static bool zc_cpus_leave_home(struct zc_cpus_own *own)
{
	struct cpumask *masks;

	if (own->home)
		return true;
	masks = kzalloc(2 * cpumask_size(), GFP_KERNEL);
	if (!masks)
		return false;
	own->job = (void *)masks + cpumask_size();
	own->home = masks;
	cpumask_copy(own->home, &current->cpus_mask);
	zc_mems_of(current, &own->mems);
	return true;
}

/* If none of its own CPUs is online, it runs anywhere, and tries again the next time. */
static void zc_cpus_go_home(struct zc_cpus_own *own)
{
	own->away = set_cpus_allowed_ptr(current, own->home);
	if (own->away)
		set_cpus_allowed_ptr(current, cpu_possible_mask);
}

/**
 * zc_cpus_move - run on the CPUs of a job from now on, and use its memory nodes
 * @own: the worker's
 * @c: the job's, NULL for the worker's own.  If there is no memory, or none of the CPUs
 *     is online, the worker runs on its own
 *
 * Context: A worker; sleeps.
 */
void zc_cpus_move(struct zc_cpus_own *own, struct zc_cpus *c)
{
	nodemask_t mems;

	if (!c) {
		zc_cpus_go_home(own);
		zc_mems_take(&own->mems);
		return;
	}
	if (!zc_cpus_leave_home(own))
		return;
	zc_cpus_read(c, own->job, &mems);
	if (zc_mems_take(&mems))
		own->away = true;
	if (cpumask_equal(own->job, &current->cpus_mask))
		return;
	if (set_cpus_allowed_ptr(current, own->job))
		zc_cpus_go_home(own);
	own->away = true;
}

/**
 * zc_cpus_end - free what the worker kept
 * @own: the worker's
 *
 * Context: A worker.
 */
void zc_cpus_end(struct zc_cpus_own *own)
{
	kfree(own->home);
}
