/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crew.c - jobs and the threads that run them
 * crew_room.c - how many threads may run jobs, and which kind of jobs is next
 * crew_manage.c - starting and ending of threads
 */
#ifndef ZC_CREW_PRIV_H
#define ZC_CREW_PRIV_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/spinlock.h>

#include "cpus.h"
#include "crew.h"
#include "kinds.h"

#define ZC_CREW_NAME	12

/* struct zc_crew_lane - the jobs of a lane */
struct zc_crew_lane {
	struct list_head jobs[ZC_KINDS];
	struct zc_kinds kinds;
	unsigned int queued;		/* of all kinds */
	unsigned int running;
};

/*
 * struct zc_crew - the workers of one user
 *
 * REF: the creator has one reference, each thread another, and one more is
 * with the manager while the crew is on its list.
 */
struct zc_crew {
	refcount_t ref;
	char name[ZC_CREW_NAME];
	bool root;			/* always gets a first thread */
	struct list_head all;		/* under zc_crew_lock */

	spinlock_t lock;		/* for all up to @first */
	struct zc_crew_lane lane[ZC_LANE_NR];
	struct list_head workers;
	struct list_head idle;
	unsigned int nr;		/* threads */
	bool denied;			/* was refused a thread at the last look */
	bool over;			/* its user is gone: its threads end */
	unsigned int first;		/* lane to look at next, modulo */

	/* Under zc_crew_lock */
	struct list_head wants;
	bool wanting;
	bool hurried;			/* the manager was asked to come at once */

	unsigned int serial;		/* the manager's */
};

/* struct zc_crew_worker - one thread */
struct zc_crew_worker {
	struct zc_crew *crew;		/* REF */
	struct task_struct *task;
	/* The thread's */
	struct zc_cpus_own place;
	u64 used;			/* CPU time, when it was last measured */
	bool measured;			/* since then it ran no other jobs */
	bool measures;			/* the CPU time of this job is measured */

	/* Under the crew's lock */
	struct list_head link;
	struct list_head idle;
	enum zc_lane lane;
	unsigned int kind;
	bool busy;
	bool told;			/* was reported as stuck in this job */
	int nice;			/* in its job */
	int job_nice;			/* that of the job, without its lane's */
	u16 ioprio;			/* of its job */
	struct zc_cpus *cpus;		/* likewise */
	unsigned long since;		/* jiffies */
};

extern atomic_t zc_crew_threads;	/* in all */
extern bool zc_crew_stopping;		/* the module is being unloaded */
extern struct completion zc_crew_gone;	/* completed by each thread that ends */

/* ---- crew_room.c, under the crew's lock ---- */
int zc_crew_ready(const struct zc_crew *c, enum zc_lane lane);
unsigned int zc_crew_useful(const struct zc_crew *c);
int zc_crew_nice(const struct zc_crew *c, enum zc_lane lane);

/* ---- crew.c, under the crew's lock ---- */
bool zc_crew_rouse(struct zc_crew *c);

/* ---- crew.c ---- */
int zc_crew_thread(void *arg);

/* ---- crew_manage.c, under the crew's lock ---- */
void zc_crew_ask(struct zc_crew *c, bool now);

#endif /* ZC_CREW_PRIV_H */
