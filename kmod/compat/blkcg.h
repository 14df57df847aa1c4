/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a worker reads for somebody is held to the limits of that one's block cgroup
 * (io.max, io.weight) and counted there.  The block layer takes the cgroup of each
 * request from the thread that makes it, and lets a kernel thread name another.  The
 * thread itself stays outside: kernel threads keep a cgroup from being removed and
 * from being frozen.
 *
 * COMPAT: IS_ENABLED(CONFIG_BLK_CGROUP); without it there is no such limit.
 */
#ifndef ZC_COMPAT_BLKCG_H
#define ZC_COMPAT_BLKCG_H

#include <linux/cgroup.h>
#include <linux/kthread.h>

/**
 * zc_blkcg_get_current - the block cgroup that the caller's reads count for
 *
 * Return: the cgroup, a reference to it taken; NULL if there are none.
 */
static inline struct cgroup_subsys_state *zc_blkcg_get_current(void)
{
#if IS_ENABLED(CONFIG_BLK_CGROUP)
	return task_get_css(current, io_cgrp_id);
#else
	return NULL;
#endif
}

/**
 * zc_blkcg_put - let go of a cgroup
 * @css: consumed; may be NULL
 */
static inline void zc_blkcg_put(struct cgroup_subsys_state *css)
{
#if IS_ENABLED(CONFIG_BLK_CGROUP)
	if (css)
		css_put(css);
#endif
}

/**
 * zc_blkcg_enter - have what this worker reads count for a cgroup
 * @css: borrowed until the next call; NULL: for the worker's own
 *
 * Nothing changes in a task that is no kernel thread: it is the submitter, whose
 * reads count where they should.
 */
static inline void zc_blkcg_enter(struct cgroup_subsys_state *css)
{
	kthread_associate_blkcg(css);
}

#endif
