// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are to leave the cache once the network stack has let go of them:
 * tried again and again for some seconds after the transfer, one timer for all.
 * The file is held open meanwhile.  Takes its own lock, a leaf.
 */
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "src.h"

/* Tried after 1, 2, 4, ... ticks, for the last time after so many */
#define ZC_DROP_TICK	msecs_to_jiffies(20)
#define ZC_DROP_TICKS	128
/* Ranges that may wait; there are no retries for more. */
#define ZC_DROP_MOST	4096

/* struct zc_drop - a range that waits */
struct zc_drop {
	struct list_head list;
	struct file *file;	/* REF */
	pgoff_t start;
	pgoff_t end;
	unsigned int ticks;
};

static void zc_drop_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_drop_work, zc_drop_tick);
static DEFINE_SPINLOCK(zc_drop_lock);	/* both below */
static LIST_HEAD(zc_drop_list);
static unsigned int zc_drop_nr;

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

/* REF: closes the file. */
static void zc_drop_free(struct zc_drop *d)
{
	zc_fput_sync(d->file);
	kfree(d);
}

static void zc_drop_tick(struct work_struct *work)
{
	struct zc_drop *d, *next;
	LIST_HEAD(list);
	LIST_HEAD(over);

	spin_lock(&zc_drop_lock);
	list_splice_init(&zc_drop_list, &list);
	spin_unlock(&zc_drop_lock);
	list_for_each_entry_safe(d, next, &list, list) {
		d->ticks++;
		if (is_power_of_2(d->ticks) &&
		    (zc_drop_hard(d) || d->ticks >= ZC_DROP_TICKS))
			list_move(&d->list, &over);
		cond_resched();
	}
	spin_lock(&zc_drop_lock);
	list_splice(&list, &zc_drop_list);
	list_for_each_entry(d, &over, list)
		zc_drop_nr--;
	if (!list_empty(&zc_drop_list))
		schedule_delayed_work(&zc_drop_work, ZC_DROP_TICK);
	spin_unlock(&zc_drop_lock);
	list_for_each_entry_safe(d, next, &over, list)
		zc_drop_free(d);
}

/**
 * zc_drop_later - drop a range of pages, when nobody uses them any more
 * @file: the file; REF: a reference of its own is taken if need be
 * @start: first page
 * @end: page after the last
 *
 * Best effort: what is still used after some seconds stays.
 *
 * Context: May sleep, no lock held.
 */
void zc_drop_later(struct file *file, pgoff_t start, pgoff_t end)
{
	struct zc_drop *d;

	if (zc_drop_range(file, start, end))
		return;
	d = kmalloc(sizeof(*d), GFP_KERNEL | __GFP_NOWARN);
	if (!d)
		return;
	*d = (struct zc_drop) { .file = file, .start = start, .end = end };
	spin_lock(&zc_drop_lock);
	if (zc_drop_nr < ZC_DROP_MOST) {
		zc_drop_nr++;
		get_file(file);
		list_add_tail(&d->list, &zc_drop_list);
		schedule_delayed_work(&zc_drop_work, ZC_DROP_TICK);
		d = NULL;
	}
	spin_unlock(&zc_drop_lock);
	kfree(d);
}

/**
 * zc_drop_exit - let go of what still waits
 *
 * Context: Module unload, no transfer and no worker is left.  Sleeps.
 */
void zc_drop_exit(void)
{
	struct zc_drop *d, *next;

	cancel_delayed_work_sync(&zc_drop_work);
	list_for_each_entry_safe(d, next, &zc_drop_list, list) {
		zc_drop_hard(d);
		zc_drop_free(d);
	}
}
