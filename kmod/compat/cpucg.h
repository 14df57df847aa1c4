/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the cgroup of a task says about CPU time: its limit, its weight, and what its
 * own tasks have used.
 *
 * The scheduler's struct of a cgroup is private, but the functions that read the files
 * of the controller are in the controller's public table, and want nothing but the
 * cgroup.  Those of the files of cgroup v1 return numbers, and serve cgroups of both
 * versions: v1 and v2 set the same values.  So no file is opened: no path, mount or
 * namespace matters, nothing can sleep, and a removed cgroup still has its values.
 *
 * Relies on, in 6.1, 6.12 and 7.2: cpu_legacy_files of kernel/sched/core.c has
 * "cfs_quota_us" (read_s64, microseconds, -1: no limit), "cfs_period_us" (read_u64) and
 * "shares" (read_u64, 1024 as a rule); each only reads the task group.  The task group
 * lives as long as a reference to its css.  The time that a cgroup's tasks have used is
 * counted for each CPU in struct cgroup (rstat), for cgroup v2 alone.
 *
 * COMPAT: IS_ENABLED(CONFIG_CGROUP_SCHED), and probe cgroup_rstat_base_cpu (7.2) for the
 * name of the counts; the latter can go when 6.12 is not supported any more.
 */
#ifndef ZC_COMPAT_CPUCG_H
#define ZC_COMPAT_CPUCG_H

#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/string.h>

/*
 * To learn how much CPU time a limited cgroup uses, the module adds up at most MOST
 * cgroups: the limited one and those below it.  To find those with processes, it looks at
 * no more than LOOKS.
 */
#define ZC_CPUCG_MOST	64
#define ZC_CPUCG_LOOKS	1024

/**
 * zc_cpucg_current - the cgroup of the caller that the CPU controller knows
 *
 * Context: RCU read lock.
 * Return: the cgroup; NULL if it is the root, which has neither limit nor weight.
 */
static inline struct cgroup_subsys_state *zc_cpucg_current(void)
{
#if IS_ENABLED(CONFIG_CGROUP_SCHED)
	struct cgroup_subsys_state *css = task_css(current, cpu_cgrp_id);

	return css->parent ? css : NULL;
#else
	return NULL;
#endif
}

/**
 * zc_cpucg_get_current - the same, with a reference
 *
 * Return: the cgroup, never the root; or NULL.  REF: css_put().
 */
static inline struct cgroup_subsys_state *zc_cpucg_get_current(void)
{
#if IS_ENABLED(CONFIG_CGROUP_SCHED)
	struct cgroup_subsys_state *css = task_get_css(current, cpu_cgrp_id);

	if (css->parent)
		return css;
	css_put(css);
#endif
	return NULL;
}

/**
 * zc_cpucg_in_cpuset - is the caller in a cpuset other than the root's?
 */
static inline bool zc_cpucg_in_cpuset(void)
{
	bool in = false;

#if IS_ENABLED(CONFIG_CPUSETS)
	rcu_read_lock();
	in = task_css(current, cpuset_cgrp_id)->parent;
	rcu_read_unlock();
#endif
	return in;
}

#if IS_ENABLED(CONFIG_CGROUP_SCHED)

/**
 * zc_cpucg_up - the cgroup above
 * @css: of the CPU controller, not the root; the caller has a reference, which also
 *       keeps those above
 *
 * Return: NULL if that is the root.
 */
static inline struct cgroup_subsys_state *
zc_cpucg_up(const struct cgroup_subsys_state *css)
{
	return css->parent->parent ? css->parent : NULL;
}

static inline struct cftype *zc_cpucg_file(struct cgroup_subsys_state *css,
					   const char *name)
{
	struct cftype *cft = css->ss->legacy_cftypes;

	for (; cft && cft->name[0]; cft++) {
		if (!strcmp(cft->name, name))
			return cft;
	}
	return NULL;
}

/**
 * zc_cpucg_quota - the limit of a cgroup
 * @css: as above
 * @period: set to the period, in microseconds
 *
 * Context: Any.
 * Return: microseconds of CPU time in each period; -1: no limit.
 */
static inline s64 zc_cpucg_quota(struct cgroup_subsys_state *css, u64 *period)
{
	struct cftype *quota = zc_cpucg_file(css, "cfs_quota_us");
	struct cftype *each = zc_cpucg_file(css, "cfs_period_us");

	if (!quota || !quota->read_s64 || !each || !each->read_u64)
		return -1;
	*period = each->read_u64(css, each);
	return quota->read_s64(css, quota);
}

/**
 * zc_cpucg_weight - the weight of a cgroup
 * @css: as above
 *
 * Context: Any.
 * Return: the weight; 1024 if it was never set.
 */
static inline u64 zc_cpucg_weight(struct cgroup_subsys_state *css)
{
	struct cftype *shares = zc_cpucg_file(css, "shares");

	return shares && shares->read_u64 ? shares->read_u64(css, shares) : 1024;
}

/* What the tasks of this very cgroup have used, now or before they went */
static inline u64 zc_cpucg_used_here(struct cgroup *cgrp)
{
	u64 used = 0;
#if ZC_HAVE_cgroup_rstat_base_cpu
	struct cgroup_rstat_base_cpu __percpu *counts = READ_ONCE(cgrp->rstat_base_cpu);
#else
	struct cgroup_rstat_cpu __percpu *counts = READ_ONCE(cgrp->rstat_cpu);
#endif
	int cpu;

	if (!counts)
		return 0;
	for_each_possible_cpu(cpu)
		used += READ_ONCE(per_cpu_ptr(counts, cpu)->bstat.cputime.sum_exec_runtime);
	return used;
}

/* Of those that are @populated, or of all others, @most at most */
static inline u64 zc_cpucg_used_by(struct cgroup_subsys_state *css, bool populated,
				   unsigned int *most)
{
	unsigned int looks = ZC_CPUCG_LOOKS;
	struct cgroup_subsys_state *pos;
	u64 used = 0;

	rcu_read_lock();
	css_for_each_descendant_pre(pos, &css->cgroup->self) {
		if (!*most || !looks--)
			break;
		if (cgroup_is_populated(pos->cgroup) != populated)
			continue;
		used += zc_cpucg_used_here(pos->cgroup);
		--*most;
	}
	rcu_read_unlock();
	return used;
}

/**
 * zc_cpucg_used - the CPU time that a cgroup's own tasks have used
 * @css: as above
 *
 * Counts ZC_CPUCG_MOST, from the top down, and first those with processes.  What the
 * others use is not known: in the worst case tasks and workers both have the whole quota,
 * together twice as much.  Workers are none of its tasks.
 *
 * Context: Any.
 * Return: nanoseconds; less than before if a cgroup below is gone; 0 with cgroup v1.
 */
static inline u64 zc_cpucg_used(struct cgroup_subsys_state *css)
{
	unsigned int most = ZC_CPUCG_MOST;
	u64 used;

	if (css->cgroup->root != &cgrp_dfl_root)
		return 0;
	used = zc_cpucg_used_by(css, true, &most);
	return used + zc_cpucg_used_by(css, false, &most);
}

#else /* the current cgroup is NULL */

static inline struct cgroup_subsys_state *
zc_cpucg_up(const struct cgroup_subsys_state *css)
{
	return NULL;
}

static inline s64 zc_cpucg_quota(struct cgroup_subsys_state *css, u64 *period)
{
	return -1;
}

static inline u64 zc_cpucg_weight(struct cgroup_subsys_state *css)
{
	return 1024;
}

static inline u64 zc_cpucg_used(struct cgroup_subsys_state *css)
{
	return 0;
}

#endif

#endif
