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
#include <linux/sched/prio.h>
#include <linux/slab.h>

#include "crew_priv.h"

/* Threads of a crew that may sleep in a lane */
#define ZC_CREW_SLEEPERS	16
/* Workers of the hot lane that are not counted, and since when they are not */
#define ZC_CREW_STUCK		14
#define ZC_CREW_STUCK_AFTER	msecs_to_jiffies(50)
/* A thread without a job ends after so long. */
#define ZC_CREW_IDLE		(5 * HZ)

/* No user has these. */
#define ZC_CREW_UID		KUIDT_INIT(-2)
#define ZC_CREW_GID		KGIDT_INIT(-2)
/* Under the crew's lock */
static unsigned int zc_crew_stuck(const struct zc_crew *c)
{
	const struct zc_crew_worker *w;
	unsigned int nr = 0;

	list_for_each_entry(w, &c->workers, link) {
		/* One that only waits for a CPU is not. */
		if (w->busy && w->lane == ZC_LANE_HOT &&
		    !task_is_running(w->task) &&
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

/*
 * Lanes other than the hot one have more threads than there are CPUs, as these are
 * thought to sleep.  Those that do not (their files are cached, but only the file
 * system knows) share what as many threads as there are CPUs would get.  A step of
 * nice is a quarter more or less.  Under the crew's lock.
 */
static int zc_crew_nice(const struct zc_crew *c, enum zc_lane lane)
{
	const struct zc_crew_worker *w;
	unsigned int awake = 0;
	int nice = 0;

	if (lane == ZC_LANE_HOT || c->lane[lane].running <= num_online_cpus())
		return 0;
	list_for_each_entry(w, &c->workers, link)
		awake += w->busy && w->lane == lane && task_is_running(w->task);
	for (; awake > num_online_cpus(); awake = awake * 4 / 5)
		nice++;
	return nice;
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

/*
 * Jobs are left in a lane: what was woken for them may have gone to another, or be
 * stuck by then.  The manager looks from time to time, while any wait.
 */
static void zc_crew_mind(struct zc_crew *c)
{
	unsigned int lane;

	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		if (c->lane[lane].queued) {
			zc_crew_ask(c, false);
			return;
		}
	}
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

/**
 * zc_crew_unqueue - a job needs not be run any more
 * @c: the crew
 * @lane: as queued
 * @job: running, queued or neither
 * @ref: REF: as queued.  The job's reference is dropped if it was queued; the
 *       caller has one
 *
 * Context: Any, interrupts too.
 */
void zc_crew_unqueue(struct zc_crew *c, enum zc_lane lane, struct zc_job *job,
		     refcount_t *ref)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (!list_empty(&job->link)) {
		list_del_init(&job->link);
		c->lane[lane].queued--;
		refcount_dec(ref);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/* The next job that may be run; notes that @w runs it. */
static struct zc_job *zc_crew_pick(struct zc_crew *c, struct zc_crew_worker *w)
{
	unsigned int i;

	/* Where threads are short, no lane waits for another to be empty. */
	c->first++;
	for (i = 0; i < ZC_LANE_NR; i++) {
		enum zc_lane lane = (c->first + i) % ZC_LANE_NR;
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

/* Under the crew's lock */
static struct zc_job *zc_crew_next(struct zc_crew *c, struct zc_crew_worker *w)
{
	struct zc_job *job;

	lockdep_assert_held(&c->lock);
	job = zc_crew_pick(c, w);
	w->nice = job ? min(zc_crew_nice(c, w->lane) + job->nice, MAX_NICE) : 0;
	zc_crew_mind(c);
	return job;
}

/* Waits for work; false: the thread is to end.  Under the lock, which it drops. */
static bool zc_crew_rest(struct zc_crew *c, struct zc_crew_worker *w)
{
	long left;

	if (c->over || READ_ONCE(zc_crew_stopping))
		return false;
	list_add(&w->idle, &c->idle);
	__set_current_state(TASK_IDLE);
	spin_unlock_irq(&c->lock);
	left = schedule_timeout(ZC_CREW_IDLE);
	spin_lock_irq(&c->lock);
	if (list_empty(&w->idle))
		return true;
	list_del_init(&w->idle);
	return left;
}

static void zc_crew_end(struct zc_crew *c, struct zc_crew_worker *w)
{
	atomic_dec(&zc_crew_threads);
	kfree(w);
	zc_crew_put(c);
	/* ORDER: the module is waited for until this has left its code. */
	kthread_complete_and_exit(&zc_crew_gone, 0);
}

/*
 * A worker has no rights of its own.  It acts with a submitter's, but some of the
 * kernel looks at those that a task has.
 *
 * SECURITY: they are of no user who could look into the thread through /proc,
 * or change its priority, and of the initial user namespace, over which no
 * container has power.  Returns false if there is no memory.
 */
static bool zc_crew_drop_rights(void)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return false;
	cred->uid = ZC_CREW_UID;
	cred->euid = ZC_CREW_UID;
	cred->suid = ZC_CREW_UID;
	cred->fsuid = ZC_CREW_UID;
	cred->gid = ZC_CREW_GID;
	cred->egid = ZC_CREW_GID;
	cred->sgid = ZC_CREW_GID;
	cred->fsgid = ZC_CREW_GID;
	cap_clear(cred->cap_inheritable);
	cap_clear(cred->cap_permitted);
	cap_clear(cred->cap_effective);
	cap_clear(cred->cap_bset);
	cap_clear(cred->cap_ambient);
	commit_creds(cred);
	return true;
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
	bool powerless = zc_crew_drop_rights();

	spin_lock_irq(&c->lock);
	while (powerless) {
		job = zc_crew_next(c, w);
		if (job) {
			spin_unlock_irq(&c->lock);
			if (task_nice(current) != w->nice)
				set_user_nice(current, w->nice);
			job->run(job);
			cond_resched();
			spin_lock_irq(&c->lock);
			w->busy = false;
			c->lane[w->lane].running--;
		} else if (!zc_crew_rest(c, w)) {
			break;
		}
	}
	list_del(&w->link);
	c->nr--;
	spin_unlock_irq(&c->lock);
	zc_crew_end(c, w);
	return 0;
}
