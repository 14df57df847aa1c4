// SPDX-License-Identifier: GPL-2.0
/*
 * The worker threads of one user.  Users share no thread.  So if a worker sleeps (for
 * the lock of a socket, a page fault, a file server, a frozen file system), only
 * transfers of its own user wait for it.  The scheduler divides the CPUs between the
 * threads of all users.
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

/* A thread ends after so long without a job. */
#define ZC_CREW_IDLE		(5 * HZ)

/* Ids that no user has */
#define ZC_CREW_UID		KUIDT_INIT(-2)
#define ZC_CREW_GID		KGIDT_INIT(-2)

/* Returns true if a thread was idle and is woken.  Under the crew's lock. */
static bool zc_crew_wake_one(struct zc_crew *c)
{
	struct zc_crew_worker *w;

	lockdep_assert_held(&c->lock);
	w = list_first_entry_or_null(&c->idle, struct zc_crew_worker, idle);
	if (!w)
		return false;
	list_del_init(&w->idle);
	wake_up_process(w->task);
	return true;
}

/*
 * If jobs are left in a lane, the thread that was woken for them may have gone to
 * another lane, or be stuck.  So the manager looks from time to time while jobs wait.
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
	lockdep_assert_held(&c->lock);
	/* Threads at work will come to the job, unless all of them are stuck. */
	if (zc_crew_ready(c, lane) < 0)
		zc_crew_ask(c, false);
	else if (!zc_crew_wake_one(c) && c->nr < zc_crew_useful(c))
		zc_crew_ask(c, !c->denied);
}

/**
 * zc_crew_rouse - wake threads for jobs that wait
 * @c: the crew
 *
 * Context: Any, under the crew's lock.
 * Return: true if jobs were waiting.
 */
bool zc_crew_rouse(struct zc_crew *c)
{
	unsigned int lane;
	bool wait = false;

	for (lane = 0; lane < ZC_LANE_NR; lane++) {
		if (!c->lane[lane].queued)
			continue;
		wait = true;
		if (zc_crew_ready(c, lane) >= 0)
			zc_crew_wake_one(c);
	}
	return wait;
}

/* Counts a new job among those of its kind.  Under the crew's lock. */
static void zc_crew_add(struct zc_crew_lane *l, struct zc_job *job)
{
	const struct zc_sched *s = job->sched;
	unsigned int cpus = UINT_MAX;
	u32 set = 0;

	if (s && s->cpus)
		set = zc_cpus_key(s->cpus, &cpus);
	job->kind = zc_kinds_find(&l->kinds, zc_kinds_key(set, s ? READ_ONCE(s->nice) : 0),
				  cpus);
	list_add_tail(&job->link, &l->jobs[job->kind]);
	l->kinds.kind[job->kind].queued++;
	l->queued++;
}

/* Under the crew's lock */
static void zc_crew_remove(struct zc_crew_lane *l, struct zc_job *job)
{
	list_del_init(&job->link);
	l->kinds.kind[job->kind].queued--;
	l->queued--;
}

/**
 * zc_crew_queue - have a job run by a worker
 * @c: the crew; the caller or the job keeps it alive
 * @lane: what the job may sleep for
 * @job: run once more if it is running, not twice if it is queued
 * @ref: REF: count of the job's owner.  The caller's reference goes to the job,
 *       whose run() drops it.  A job that is queued already has one; then the
 *       caller's is dropped
 *
 * Context: Any, interrupts too.
 */
void zc_crew_queue(struct zc_crew *c, enum zc_lane lane, struct zc_job *job,
		   refcount_t *ref)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (!list_empty(&job->link)) {
		/* REF: not the last one: the queued job has one, and cannot start now. */
		refcount_dec(ref);
	} else {
		zc_crew_add(&c->lane[lane], job);
		zc_crew_wake(c, lane);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/**
 * zc_crew_unqueue - do not run a job any more
 * @c: the crew
 * @lane: as queued
 * @job: running, queued or neither
 * @ref: REF: as queued.  The job's reference is dropped if the job was queued; the
 *       caller has another
 *
 * RACE: a worker picks the job up under the same lock.  Either the worker runs the job,
 * or true is returned, never both.
 *
 * Context: Any, interrupts too.
 * Return: true if the job was queued.
 */
bool zc_crew_unqueue(struct zc_crew *c, enum zc_lane lane, struct zc_job *job,
		     refcount_t *ref)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&c->lock, flags);
	queued = !list_empty(&job->link);
	if (queued) {
		zc_crew_remove(&c->lane[lane], job);
		refcount_dec(ref);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return queued;
}

/* Takes the next job that may run, and notes that @w runs it.  Under the lock. */
static struct zc_job *zc_crew_pick(struct zc_crew *c, struct zc_crew_worker *w)
{
	unsigned int i;

	lockdep_assert_held(&c->lock);
	/* Begin with another lane each time: if threads are short, none starves. */
	c->first++;
	for (i = 0; i < ZC_LANE_NR; i++) {
		enum zc_lane lane = (c->first + i) % ZC_LANE_NR;
		struct zc_crew_lane *l = &c->lane[lane];
		int kind = zc_crew_ready(c, lane);
		struct zc_job *job;

		if (kind < 0)
			continue;
		job = list_first_entry(&l->jobs[kind], struct zc_job, link);
		zc_crew_remove(l, job);
		l->kinds.kind[kind].running++;
		l->kinds.next = kind + 1;
		l->running++;
		w->lane = lane;
		w->kind = kind;
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
	if (job) {
		const struct zc_sched *s = job->sched;

		w->job_nice = s ? READ_ONCE(s->nice) : 0;
		w->nice = min(zc_crew_nice(c, w->lane) + w->job_nice, MAX_NICE);
		w->ioprio = s ? s->ioprio : IOPRIO_DEFAULT;
		w->cpus = s ? s->cpus : NULL;
	}
	zc_crew_mind(c);
	return job;
}

/* Waits for a job; false: the thread must end.  Under the lock, dropped meanwhile. */
static bool zc_crew_rest(struct zc_crew *c, struct zc_crew_worker *w)
{
	long left;

	lockdep_assert_held(&c->lock);
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
	zc_cpus_end(&w->place);
	kfree(w);
	zc_crew_put(c);
	/* ORDER: unloading waits for this; the thread has left the module then. */
	kthread_complete_and_exit(&zc_crew_gone, 0);
}

/*
 * A worker has no rights of its own.  It acts with a submitter's credentials, but some
 * kernel code looks at the task's own.
 *
 * SECURITY: the ids are those of no user, so that no user can look into the thread
 * through /proc or change its priority.  The user namespace is the initial one, over
 * which no container has power.  Returns false if there is no memory.
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

/*
 * Gives the thread the priorities of its job.  @ioprio is the I/O priority that it has,
 * negative if it was never set.  If there is no memory for a new one, it keeps the old.
 */
static void zc_crew_take_priority(const struct zc_crew_worker *w, int *ioprio)
{
	if (task_nice(current) != w->nice)
		set_user_nice(current, w->nice);
	if (*ioprio != w->ioprio && !set_task_ioprio(current, w->ioprio))
		*ioprio = w->ioprio;
}

static bool zc_crew_is_home(const struct zc_crew_worker *w)
{
	return !w->place.away && task_nice(current) <= 0;
}

/*
 * Undoes what the last job did to a thread that has no job now.  If the thread waited for
 * a slow CPU, or far down in the queue of a fast CPU, it would come late to the next job,
 * and might be the only thread that was woken for it.
 */
static void zc_crew_go_home(struct zc_crew_worker *w)
{
	if (task_nice(current) > 0)
		set_user_nice(current, 0);
	zc_cpus_enter(&w->place, NULL);
}

/**
 * zc_crew_used - CPU time that this worker has used since it was last measured
 *
 * The scheduler brings its count up to date when it chooses the next thread; else it may
 * be a tick behind, which is longer than most jobs.
 *
 * Context: A worker; may schedule.
 * Return: nanoseconds.
 */
u64 zc_crew_used(void)
{
	struct zc_crew_worker *w = kthread_data(current);
	u64 before = w->used;

	might_sleep();
	schedule();
	w->used = current->se.sum_exec_runtime;
	w->measures = true;
	return w->used - before;
}

/**
 * zc_crew_meter - measure the CPU time of this job
 *
 * If the last job was measured as well, the way from there to this one counts, too.
 *
 * Context: A worker; may schedule.
 */
void zc_crew_meter(void)
{
	struct zc_crew_worker *w = kthread_data(current);

	if (!w->measured)
		zc_crew_used();
}

/**
 * zc_crew_thread - what a worker runs
 * @arg: struct zc_crew_worker; REF: freed at the end, which drops its reference to
 *       the crew
 *
 * Context: A thread of its own.
 * Return: never.
 */
int zc_crew_thread(void *arg)
{
	struct zc_crew_worker *w = arg;
	struct zc_crew *c = w->crew;
	struct zc_job *job;
	bool powerless = zc_crew_drop_rights();
	bool home = true;
	int ioprio = -1;

	spin_lock_irq(&c->lock);
	while (powerless) {
		job = zc_crew_next(c, w);
		if (job) {
			spin_unlock_irq(&c->lock);
			zc_crew_take_priority(w, &ioprio);
			zc_cpus_enter(&w->place, w->cpus);
			w->measured = w->measures;
			w->measures = false;
			job->run(job);
			cond_resched();
			spin_lock_irq(&c->lock);
			w->busy = false;
			c->lane[w->lane].kinds.kind[w->kind].running--;
			c->lane[w->lane].running--;
			home = zc_crew_is_home(w);
		} else if (!home) {
			spin_unlock_irq(&c->lock);
			zc_crew_go_home(w);
			/* If its own CPUs cannot be had, it tries again after the next job. */
			home = true;
			spin_lock_irq(&c->lock);
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
