/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The limits of the submitter's block cgroup (io.max, io.weight) hold for what a
 * worker reads, and its io.stat counts it.  The block layer takes the cgroup of each
 * request from the thread that makes it, and a kernel thread may name another.  The
 * worker itself stays outside of the cgroup, as a kernel thread in a cgroup keeps it
 * from being removed and from being frozen.
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
 * In the submitter itself this does nothing: the block layer counts its reads in its
 * own cgroup anyway.
 */
static inline void zc_blkcg_enter(struct cgroup_subsys_state *css)
{
	kthread_associate_blkcg(css);
}

#endif
