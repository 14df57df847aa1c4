// SPDX-License-Identifier: GPL-2.0
/*
 * The worker threads of one user.  Whatever a worker sleeps for (the lock of a
 * socket, a page fault, a file server, a frozen file system), only its own
 * user's transfers wait for it: users share no thread, and the scheduler deals
 * out the processors between their threads.
 *
 * Each lane of jobs has a number of threads at most.  Workers of the hot lane that
 * have been in one job for long are not counted, up to a bound, so that a user's
 * transfers get past a few of its own that are stuck.
 *
 * Takes the crew's lock, in any context; inside it are the lock of the list of
 * crews that want threads and the scheduler's.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "crew_priv.h"

/* Threads of a crew that may sleep in a lane */
#define ZC_CREW_SLEEPERS	16
/* Workers of the hot lane that are not counted, and since when they are not */
#define ZC_CREW_STUCK		14
#define ZC_CREW_STUCK_AFTER	msecs_to_jiffies(50)
/* A thread without a job ends after so long. */
#define ZC_CREW_IDLE		(5 * HZ)
/* Under the crew's lock */
static unsigned int zc_crew_stuck(const struct zc_crew *c)
{
	const struct zc_crew_worker *w;
	unsigned int nr = 0;

	list_for_each_entry(w, &c->workers, link) {
		if (w->busy && w->lane == ZC_LANE_HOT &&
		    time_after(jiffies, w->since + ZC_CREW_STUCK_AFTER))
			nr++;
	}
	return min_t(unsigned int, nr, ZC_CREW_STUCK);
}

/* Threads that may be in a lane now.  Under the crew's lock. */
static unsigned int zc_crew_most(const struct zc_crew *c, enum zc_lane lane)
{
	unsigned int cpus = num_online_cpus();

	if (lane != ZC_LANE_HOT)
		return ZC_CREW_SLEEPERS;
	if (c->lane[lane].running < cpus)
		return cpus;
	return cpus + zc_crew_stuck(c);
}

/**
 * zc_crew_useful - threads that the jobs at hand could use
 * @c: the crew
 *
 * Context: Any, under the crew's lock.
 * Return: how many, with those at work.
 */
unsigned int zc_crew_useful(const struct zc_crew *c)
{
	unsigned int lane, nr = 0;

	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		const struct zc_crew_lane *l = &c->lane[lane];

		if (l->queued + l->running)
			nr += min(l->queued + l->running, zc_crew_most(c, lane));
	}
	return nr;
}

/* Returns whether a thread had nothing to do. */
static bool zc_crew_wake_one(struct zc_crew *c)
{
	struct zc_crew_worker *w;

	w = list_first_entry_or_null(&c->idle, struct zc_crew_worker, idle);
	if (!w)
		return false;
	list_del_init(&w->idle);
	wake_up_process(w->task);
	return true;
}

/* Wakes a thread for a new job, or has one made.  Under the crew's lock. */
static void zc_crew_wake(struct zc_crew *c, enum zc_lane lane)
{
	/* Those at work will come to it, unless all of them are stuck. */
	if (c->lane[lane].running >= zc_crew_most(c, lane))
		zc_crew_ask(c, false);
	else if (!zc_crew_wake_one(c) && c->nr < zc_crew_useful(c))
		zc_crew_ask(c, !c->denied);
}

/**
 * zc_crew_rouse - have threads look at jobs that wait
 * @c: the crew
 *
 * Context: Any, under the crew's lock.
 * Return: whether jobs wait still.
 */
bool zc_crew_rouse(struct zc_crew *c)
{
	unsigned int lane;
	bool wait = false;

	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		if (!c->lane[lane].queued)
			continue;
		wait = true;
		if (c->lane[lane].running < zc_crew_most(c, lane))
			zc_crew_wake_one(c);
	}
	return wait;
}

/**
 * zc_crew_queue - have a job run by a worker
 * @c: the crew; the caller or the job keeps it
 * @lane: what the job may sleep for
 * @job: run once more if it is running, not twice if it is queued
 * @ref: REF: of what the job belongs to; one reference goes to the job, whose
 *       run drops it.  If it is queued already, it has one, and this one goes.
 *
 * Context: Any, interrupts too.
 */
void zc_crew_queue(struct zc_crew *c, enum zc_lane lane, struct zc_job *job,
		   refcount_t *ref)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (!list_empty(&job->link)) {
		/* REF: not the last one: the queued job cannot start now. */
		refcount_dec(ref);
	} else {
		list_add_tail(&job->link, &c->lane[lane].jobs);
		c->lane[lane].queued++;
		zc_crew_wake(c, lane);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/* The next job that may be run; notes that @w runs it.  Under the crew's lock. */
static struct zc_job *zc_crew_next(struct zc_crew *c, struct zc_crew_worker *w)
{
	unsigned int lane;

	lockdep_assert_held(&c->lock);
	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		struct zc_crew_lane *l = &c->lane[lane];
		struct zc_job *job;

		if (!l->queued || l->running >= zc_crew_most(c, lane))
			continue;
		job = list_first_entry(&l->jobs, struct zc_job, link);
		list_del_init(&job->link);
		l->queued--;
		l->running++;
		w->lane = lane;
		w->since = jiffies;
		w->told = false;
		w->busy = true;
		return job;
	}
	return NULL;
}

/* Waits for work; false: the thread is to end.  Under the lock, which it drops. */
static bool zc_crew_rest(struct zc_crew *c, struct zc_crew_worker *w)
{
	long left;

	if (READ_ONCE(zc_crew_stopping))
		return false;
	list_add(&w->idle, &c->idle);
	__set_current_state(TASK_IDLE);
	spin_unlock_irq(&c->lock);
	left = schedule_timeout(ZC_CREW_IDLE);
	spin_lock_irq(&c->lock);
	if (list_empty(&w->idle))
		return true;
	list_del_init(&w->idle);
	/* One stays for transfers that may be kicked at any time. */
	return left || (c->nr == 1 && atomic_read(&c->live));
}

static void zc_crew_end(struct zc_crew *c, struct zc_crew_worker *w)
{
	list_del(&w->link);
	c->nr--;
	spin_unlock_irq(&c->lock);
	atomic_dec(&zc_crew_threads);
	put_cred(w->cred);
	kfree(w);
	zc_crew_put(c);
	/* ORDER: the module is waited for until this has left its code. */
	kthread_complete_and_exit(&zc_crew_gone, 0);
}

/**
 * zc_crew_thread - a worker
 * @arg: struct zc_crew_worker; REF: freed at the end, with its reference to the
 *       crew
 *
 * Context: A thread of its own.
 * Return: nothing, as it does not return.
 */
int zc_crew_thread(void *arg)
{
	struct zc_crew_worker *w = arg;
	struct zc_crew *c = w->crew;
	struct zc_job *job;

	w->cred = get_current_cred();
	spin_lock_irq(&c->lock);
	for (;;) {
		job = zc_crew_next(c, w);
		if (job) {
			spin_unlock_irq(&c->lock);
			job->run(job);
			cond_resched();
			spin_lock_irq(&c->lock);
			w->busy = false;
			c->lane[w->lane].running--;
		} else if (current_cred() != w->cred) {
			/* What is over keeps nobody's rights. */
			spin_unlock_irq(&c->lock);
			zc_crew_act_as(w->cred);
			spin_lock_irq(&c->lock);
		} else if (!zc_crew_rest(c, w)) {
			break;
		}
	}
	zc_crew_end(c, w);
	return 0;
}

/**
 * zc_crew_make_cred - the rights with which workers act for the caller
 *
 * The caller's own, both as what a worker acts with and as what it has: some of
 * the kernel asks for the latter.
 *
 * SECURITY: with one difference: the saved user is root.  Otherwise the user
 * could look into the worker through /proc as into a process of its own, and
 * would find there a root directory and namespaces that are not the user's.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: credentials with one reference, or NULL.
 */
const struct cred *zc_crew_make_cred(void)
{
	struct cred *cred = prepare_creds();

	if (cred)
		cred->suid = GLOBAL_ROOT_UID;
	return cred;
}

/**
 * zc_crew_act_as - do what follows in a submitter's name
 * @cred: of zc_crew_make_cred(); borrowed, the worker takes a reference
 *
 * Context: Worker.  May sleep.
 */
void zc_crew_act_as(const struct cred *cred)
{
	/* Nobody writes to credentials in use; threads of a process share them. */
	if (current_cred() != cred)
		commit_creds((struct cred *)get_cred(cred));
}

/**
 * zc_crew_act_as_nobody - do what follows in no user's name
 *
 * Context: Worker.  May sleep.
 */
void zc_crew_act_as_nobody(void)
{
	const struct zc_crew_worker *w = kthread_data(current);

	zc_crew_act_as(w->cred);
}
