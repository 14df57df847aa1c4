/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The submitter's block cgroup limits what a worker reads for it (io.max, io.weight)
 * and counts it in io.stat.  The block layer takes the cgroup of a request from the
 * thread that makes it, but a kernel thread may name another cgroup.  The worker does
 * not join the cgroup, because a kernel thread inside prevents its removal and its
 * freezing.
 *
 * COMPAT: IS_ENABLED(CONFIG_BLK_CGROUP); without it there is no such limit.
 */
#ifndef ZC_COMPAT_BLKCG_H
#define ZC_COMPAT_BLKCG_H

#include <linux/cgroup.h>
#include <linux/kthread.h>

/**
 * zc_blkcg_get_current - the block cgroup of the caller
 *
 * Return: the cgroup, with a reference; NULL if the kernel has no block cgroups.
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
 * zc_blkcg_hold - take one more reference to a block cgroup
 * @css: the caller has a reference; may be NULL
 *
 * Return: @css.
 */
static inline struct cgroup_subsys_state *
zc_blkcg_hold(struct cgroup_subsys_state *css)
{
#if IS_ENABLED(CONFIG_BLK_CGROUP)
	if (css)
		css_get(css);
#endif
	return css;
}

/**
 * zc_blkcg_put - drop a reference to a block cgroup
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
 * zc_blkcg_enter - charge this worker's reads to a block cgroup
 * @css: borrowed until the next call; NULL for the worker's own
 *
 * Does nothing in the submitter, whose reads are charged to its own cgroup anyway.
 */
static inline void zc_blkcg_enter(struct cgroup_subsys_state *css)
{
	kthread_associate_blkcg(css);
}

#endif
