// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are to leave the cache once the network stack has let go of them:
 * tried again and again for some seconds after the transfer, by its user's
 * workers, as the last close of a file may take long.  Meanwhile the file is held open
 * and the module is pinned, so that unloading never closes a file.
 *
 * The workers act on the CPUs and with the priorities of the transfer, and its cgroups are
 * charged: with CPU time, and with memory and requests to disks, also for the last close,
 * which may erase the file.  They do not wait for CPU time, as the file is held open
 * meanwhile.  Takes no lock.
 */
#include <linux/atomic.h>
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "compat/compat.h"
#include "cpus.h"
#include "crew.h"
#include "payer.h"
#include "ration.h"
#include "src.h"

/* Tried after 1, 2, 4, ... ticks, for the last time after so many */
#define ZC_DROP_TICK	msecs_to_jiffies(20)
#define ZC_DROP_TICKS	64
/* Ranges of one payer that may wait; there are no retries for more. */
#define ZC_DROP_MOST	1024

/* struct zc_drop - a range that waits; pins the module */
struct zc_drop {
	refcount_t ref;		/* its timer's, then its job's */
	struct file *file;	/* REF */
	struct zc_payer *payer;	/* REF */
	struct mem_cgroup *memcg;	/* REF, or NULL */
	struct cgroup_subsys_state *blkcg;	/* likewise */
	struct zc_ration *ration;	/* likewise */
	struct zc_sched sched;	/* REF: its CPUs */
	pgoff_t start;
	pgoff_t end;
	unsigned int ticks;	/* until the next try */
	struct timer_list timer;
	struct zc_job job;
};

static bool zc_drop_gone(struct file *file, pgoff_t start, pgoff_t end)
{
	return !filemap_range_has_page(file->f_mapping,
				       (loff_t)start << PAGE_SHIFT,
				       ((loff_t)end << PAGE_SHIFT) - 1);
}

/**
 * zc_drop_range - drop what nobody uses of a range of pages
 * @file: the file
 * @start: first page
 * @end: page after the last
 *
 * Context: May sleep, but not for the disk.
 * Return: whether none is left.
 */
bool zc_drop_range(struct file *file, pgoff_t start, pgoff_t end)
{
	invalidate_mapping_pages(file->f_mapping, start, end - 1);
	return zc_drop_gone(file, start, end);
}

/* The same, and pages that wait on a CPU's list to become known to reclaim. */
static bool zc_drop_hard(const struct zc_drop *d)
{
	vfs_fadvise(d->file, (loff_t)d->start << PAGE_SHIFT,
		    (loff_t)(d->end - d->start) << PAGE_SHIFT,
		    POSIX_FADV_DONTNEED);
	return zc_drop_gone(d->file, d->start, d->end);
}

static void zc_drop_free(struct zc_drop *d)
{
	struct zc_payer *payer = d->payer;

	zc_memcg_put(d->memcg);
	zc_blkcg_put(d->blkcg);
	zc_ration_put(d->ration);
	zc_cpus_put(d->sched.cpus);
	kfree(d);
	atomic_dec(&payer->drops);
	zc_payer_put(payer);
	/* Last, as in zc_xfer_free(): in zc_crew_exit(), unloading waits for workers. */
	module_put(THIS_MODULE);
}

/* REF: the timer's reference becomes the job's. */
static void zc_drop_timer(struct timer_list *timer)
{
	struct zc_drop *d = container_of(timer, struct zc_drop, timer);

	zc_crew_queue(d->payer->crew, ZC_LANE_CLOSE, &d->job, &d->ref);
}

/*
 * One try, charged to the submitter's cgroups.  REF: if it was the last one, closes the
 * file.
 */
static bool zc_drop_try(struct zc_drop *d)
{
	struct mem_cgroup *old_memcg = zc_memcg_enter(d->memcg);
	bool over;

	zc_blkcg_enter(d->blkcg);
	over = zc_drop_hard(d) || d->ticks >= ZC_DROP_TICKS;
	if (over)
		zc_fput_sync(d->file);
	zc_blkcg_enter(NULL);
	zc_memcg_leave(old_memcg);
	return over;
}

static void zc_drop_job(struct zc_job *job)
{
	struct zc_drop *d = container_of(job, struct zc_drop, job);
	bool metered = d->ration && zc_ration_limits(d->ration);
	bool over;

	if (metered)
		zc_crew_meter();
	over = zc_drop_try(d);
	if (metered)
		zc_ration_charge(d->ration, zc_crew_used(), true);
	if (over) {
		zc_drop_free(d);
		return;
	}
	/* REF: the job's reference becomes the timer's. */
	d->ticks *= 2;
	mod_timer(&d->timer, jiffies + d->ticks * ZC_DROP_TICK);
}

/* REF: @d gets its own to the file, the module, and what @src has from its transfer. */
static struct zc_drop *zc_drop_create(const struct zc_src *src, struct file *file,
				      pgoff_t start, pgoff_t end)
{
	struct zc_drop *d = kzalloc(sizeof(*d), GFP_KERNEL | __GFP_NOWARN);

	if (!d)
		return NULL;
	refcount_set(&d->ref, 1);
	d->file = get_file(file);
	d->payer = zc_payer_hold(src->payer);
	d->memcg = zc_memcg_hold(src->memcg);
	d->blkcg = zc_blkcg_hold(src->blkcg);
	d->ration = zc_ration_hold(src->ration);
	d->sched = *src->sched;
	zc_cpus_hold(d->sched.cpus);
	__module_get(THIS_MODULE);
	d->start = start;
	d->end = end;
	d->ticks = 1;
	timer_setup(&d->timer, zc_drop_timer, 0);
	zc_job_init(&d->job, zc_drop_job, &d->sched);
	return d;
}

/**
 * zc_drop_later - drop a range of pages, when nobody uses them any more
 * @src: the list; its payer's workers try
 * @file: the file; REF: a reference of its own is taken if need be
 * @start: first page
 * @end: page after the last
 *
 * Best effort: what is still used after some seconds stays.
 *
 * Context: The runner of a transfer, which pins the module.  May sleep, no lock held.
 */
void zc_drop_later(const struct zc_src *src, struct file *file, pgoff_t start,
		   pgoff_t end)
{
	struct zc_payer *payer = src->payer;
	struct zc_drop *d;

	if (zc_drop_range(file, start, end) || !zc_payer_crew(payer))
		return;
	if (!atomic_add_unless(&payer->drops, 1, ZC_DROP_MOST))
		return;
	d = zc_drop_create(src, file, start, end);
	if (d)
		mod_timer(&d->timer, jiffies + ZC_DROP_TICK);
	else
		atomic_dec(&payer->drops);
}
