/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory nodes that a task may use: those of its cpuset (cpuset.mems).
 *
 * Relies on, in 6.1, 6.12 and 7.2: the page allocator takes pages for a task from the
 * nodes in its mems_allowed, also for a kernel thread, and set_mems_allowed() sets those
 * of the current task.
 *
 * COMPAT: IS_ENABLED(CONFIG_CPUSETS): a task has mems_allowed only then.
 */
#ifndef ZC_COMPAT_MEMS_H
#define ZC_COMPAT_MEMS_H

#include <linux/cpuset.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/seqlock.h>

/**
 * zc_mems_of - the nodes of a task
 * @task: does not go away meanwhile
 * @mems: set to them; never empty
 *
 * Context: Any but an interrupt.
 */
static inline void zc_mems_of(struct task_struct *task, nodemask_t *mems)
{
#if IS_ENABLED(CONFIG_CPUSETS)
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&task->mems_allowed_seq);
		*mems = task->mems_allowed;
	} while (read_seqcount_retry(&task->mems_allowed_seq, seq));
#else
	nodes_setall(*mems);
#endif
}

/**
 * zc_mems_take - use these nodes from now on
 * @mems: not empty
 *
 * Context: A kernel thread of ours; takes task_lock().
 * Return: true if they are others than before.
 */
static inline bool zc_mems_take(const nodemask_t *mems)
{
#if IS_ENABLED(CONFIG_CPUSETS)
	if (!nodes_equal(current->mems_allowed, *mems)) {
		set_mems_allowed(*mems);
		return true;
	}
#endif
	return false;
}

#endif /* ZC_COMPAT_MEMS_H */
