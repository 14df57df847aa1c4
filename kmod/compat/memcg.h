/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that a worker allocates for a transfer is charged to its submitter's cgroup.
 *
 * Why this works from a kernel thread, on all supported kernels: a folio added to the
 * page cache is charged with mm == NULL (__filemap_add_folio(), and shmem out
 * of a fault), and get_mem_cgroup_from_mm(NULL) looks at current->active_memcg
 * before anything else; set_active_memcg() sets just that.  Accounted slab
 * objects (page-cache tree nodes among them) follow the same pointer.  Without
 * it a worker, which has no mm, would charge the root cgroup.  Socket buffers are
 * charged to the socket's own cgroup, whatever is set here.
 *
 * COMPAT: exports get_mem_cgroup_from_mm and int_active_memcg (the inline
 * set_active_memcg() names it).  Where they are missing, ZC_MEMCG is 0, no submitter
 * is charged, and these functions do nothing.
 */
#ifndef ZC_COMPAT_MEMCG_H
#define ZC_COMPAT_MEMCG_H

#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#if IS_ENABLED(CONFIG_MEMCG) && ZC_EXPORTS_get_mem_cgroup_from_mm && \
	ZC_EXPORTS_int_active_memcg
#define ZC_MEMCG	1
#else
#define ZC_MEMCG	0
#endif

/**
 * zc_memcg_put_off - let this task not sleep in a charge for going over memory.high
 * @over: the pages put off so far; those since the last call are added
 *
 * A task over memory.high sleeps on its return to user space, for two seconds at most.
 * If it has charged more than MEMCG_CHARGE_BATCH pages by then, it sleeps in the charge,
 * and again after as many more; try_charge_memcg().  Where a lock is held that others
 * need, the caller must call this often enough, and zc_memcg_catch_up() at its end.
 *
 * Context: Process context.
 */
static inline void zc_memcg_put_off(unsigned int *over)
{
#ifdef CONFIG_MEMCG
	*over += current->memcg_nr_pages_over_high;
	current->memcg_nr_pages_over_high = 0;
#endif
}

/**
 * zc_memcg_catch_up - let the task sleep as it should, on its return to user space
 * @over: what zc_memcg_put_off() has put off
 *
 * The task sleeps once, two seconds at most, however much was put off.
 *
 * Context: Process context, in the same system call.
 */
static inline void zc_memcg_catch_up(unsigned int over)
{
#ifdef CONFIG_MEMCG
	current->memcg_nr_pages_over_high += over;
#endif
}

/**
 * zc_memcg_get_current - the cgroup that the caller's memory is charged to
 *
 * Return: the cgroup, with a reference; NULL without memory cgroups.
 */
static inline struct mem_cgroup *zc_memcg_get_current(void)
{
#if ZC_MEMCG
	return get_mem_cgroup_from_mm(current->mm);
#else
	return NULL;
#endif
}

/**
 * zc_memcg_hold - take one more reference to a memory cgroup
 * @memcg: the caller has a reference; may be NULL
 *
 * Return: @memcg.
 */
static inline struct mem_cgroup *zc_memcg_hold(struct mem_cgroup *memcg)
{
#if ZC_MEMCG
	if (memcg)
		css_get(&memcg->css);
#endif
	return memcg;
}

/**
 * zc_memcg_put - drop a reference to a memory cgroup
 * @memcg: consumed; may be NULL
 */
static inline void zc_memcg_put(struct mem_cgroup *memcg)
{
#if ZC_MEMCG
	mem_cgroup_put(memcg);
#endif
}

/**
 * zc_memcg_enter - charge this task's allocations from now on to a cgroup
 * @memcg: borrowed until zc_memcg_leave(); NULL for the task's own
 *
 * Return: the value for zc_memcg_leave().
 */
static inline struct mem_cgroup *zc_memcg_enter(struct mem_cgroup *memcg)
{
#if ZC_MEMCG
	return set_active_memcg(memcg);
#else
	return NULL;
#endif
}

/**
 * zc_memcg_leave - undo zc_memcg_enter()
 * @old: the value that zc_memcg_enter() returned
 */
static inline void zc_memcg_leave(struct mem_cgroup *old)
{
#if ZC_MEMCG
	set_active_memcg(old);
#endif
}

#endif
