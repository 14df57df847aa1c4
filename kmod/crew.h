/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crew.c - the worker threads of one user
 */
#ifndef ZC_CREW_H
#define ZC_CREW_H

#include <linux/ioprio.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct cred;
struct zc_cpus;
struct zc_crew;

/* The kernel's own credentials: for work that belongs to no user */
extern const struct cred *zc_crew_cred;

/* What a job may sleep for.  Each lane has its own limit of threads. */
enum zc_lane {
	ZC_LANE_HOT,		/* nothing that can be foreseen */
	ZC_LANE_CLOSE,		/* a file server or a peer, at the last close */
	ZC_LANE_DISK,		/* a local disk */
	ZC_LANE_FAR,		/* a file server */
	ZC_LANE_NR,
};

/* struct zc_sched - how a worker is scheduled, for the submitter of a job */
struct zc_sched {
	s8 nice;		/* of the submitter and its cgroup; may change */
	u16 ioprio;		/* I/O priority of the submitter, IOPRIO_PRIO_VALUE() */
	struct zc_cpus *cpus;	/* of the submitter; NULL: any */
};

/* struct zc_job - work that a worker runs */
struct zc_job {
	struct list_head link;	/* under the crew's lock */
	void (*run)(struct zc_job *job);
	const struct zc_sched *sched;	/* the job's owner has it; NULL: as usual */
	u8 kind;		/* while it is queued; under the crew's lock */
};

static inline void zc_job_init(struct zc_job *job, void (*run)(struct zc_job *job),
			       const struct zc_sched *sched)
{
	INIT_LIST_HEAD(&job->link);
	job->run = run;
	job->sched = sched;
}

int zc_crew_init(void);
void zc_crew_exit(void);
struct zc_crew *zc_crew_create(const char *name, bool root);
void zc_crew_put(struct zc_crew *crew);
void zc_crew_dismiss(struct zc_crew *crew);
void zc_crew_queue(struct zc_crew *crew, enum zc_lane lane, struct zc_job *job,
		   refcount_t *ref);
void zc_crew_meter(void);
u64 zc_crew_used(void);
bool zc_crew_unqueue(struct zc_crew *crew, enum zc_lane lane, struct zc_job *job,
		     refcount_t *ref);

#endif /* ZC_CREW_H */
