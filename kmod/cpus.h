/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpus.c - the CPUs on which a worker runs for a submitter
 */
#ifndef ZC_CPUS_H
#define ZC_CPUS_H

#include <linux/nodemask.h>
#include <linux/types.h>

struct cpumask;
struct zc_cpus;

/* struct zc_cpus_own - what a worker keeps to change its CPUs */
struct zc_cpus_own {
	struct cpumask *home;	/* its CPUs before it first changed them, or NULL */
	struct cpumask *job;
	nodemask_t mems;	/* its memory nodes before that; only if there is @home */
	bool away;		/* it may have other CPUs or nodes than these now */
};

struct zc_cpus *zc_cpus_get_current(void);
void zc_cpus_hold(struct zc_cpus *c);
void zc_cpus_put(struct zc_cpus *c);
u32 zc_cpus_key(const struct zc_cpus *c, unsigned int *nr);

/* ---- for a worker ---- */
void zc_cpus_move(struct zc_cpus_own *own, struct zc_cpus *c);
void zc_cpus_end(struct zc_cpus_own *own);

static inline void zc_cpus_enter(struct zc_cpus_own *own, struct zc_cpus *c)
{
	if (c || own->away)
		zc_cpus_move(own, c);
}

#endif /* ZC_CPUS_H */
