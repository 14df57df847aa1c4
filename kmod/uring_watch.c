// SPDX-License-Identifier: GPL-2.0
/*
 * Parked io_uring commands on kernels that cannot cancel them: delayed work, the
 * watchman, asks twice a second whether their rings end, while any command is parked.
 * Inside its lock only kicks of transfers and of task work take locks.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "uring_priv.h"

#if ZC_URING && !ZC_URING_CANCEL

/* How often the watchman looks */
#define ZC_URING_LOOK	(HZ / 2)

/* Commands looked at plus transfers cancelled before it drops its lock, roughly */
#define ZC_URING_ROUND	64

static LIST_HEAD(zc_uring_parked);
static unsigned int zc_uring_nr;
static DEFINE_SPINLOCK(zc_uring_lock);	/* the list and its length */
static void zc_uring_watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_uring_watchman, zc_uring_watch);

ZC_URING_TW(zc_uring_given_up_in_task, cmd, issue_flags)
{
	fput(zc_uring_post(cmd, -ECANCELED, issue_flags));
}

/* The transfers were told to stop at an earlier look, and have not ended. */
static void zc_uring_give_up(struct zc_uring *u)
{
	struct io_uring_cmd *cmd = u->cmd;

	lockdep_assert_held(&zc_uring_lock);
	/* RACE: @u may be freed as soon as it is claimed here. */
	list_del(&u->parked);
	if (!zc_uring_claim(u)) {
		list_add(&u->parked, &zc_uring_parked);
		return;
	}
	zc_uring_nr--;
	zc_uring_complete_in_task(cmd, zc_uring_given_up_in_task);
}

/*
 * Looks at the next commands, and counts them off @left.  While the lock is held, those
 * on the list are not done, so their rings and tasks exist.  A command with many
 * transfers stays the next until all of them are told.
 *
 * ORDER: the youngest first, as in zc_ctx_cancel_all().
 */
static void zc_uring_watch_some(unsigned int *left)
{
	unsigned int done = 0;
	struct zc_uring *u;
	bool ending;

	spin_lock(&zc_uring_lock);
	while (*left && zc_uring_nr && done < ZC_URING_ROUND) {
		u = list_last_entry(&zc_uring_parked, struct zc_uring, parked);
		ending = zc_uring_ending(u->cmd);
		if (ending && !u->told) {
			done += zc_uring_tell_to_stop(u, ZC_URING_ROUND);
			if (!u->told)
				break;
		}
		list_move(&u->parked, &zc_uring_parked);
		(*left)--;
		done++;
		if (ending && time_after(jiffies, u->told_at + ZC_URING_GRACE))
			zc_uring_give_up(u);
	}
	spin_unlock(&zc_uring_lock);
}

/*
 * RACE: commands that are parked during the walk are looked at first, and as many of
 * the oldest are left out; the next walk starts with those.
 */
static void zc_uring_watch(struct work_struct *work)
{
	unsigned int left = READ_ONCE(zc_uring_nr);

	while (left && READ_ONCE(zc_uring_nr)) {
		zc_uring_watch_some(&left);
		cond_resched();
	}

	spin_lock(&zc_uring_lock);
	if (zc_uring_nr)
		schedule_delayed_work(&zc_uring_watchman, ZC_URING_LOOK);
	spin_unlock(&zc_uring_lock);
}

/**
 * zc_uring_park - have the watchman look after a command
 * @u: the command; its transfers may have ended
 * @issue_flags: those given to ->uring_cmd
 *
 * Context: Process context.
 */
void zc_uring_park(struct zc_uring *u, unsigned int issue_flags)
{
	spin_lock(&zc_uring_lock);
	list_add_tail(&u->parked, &zc_uring_parked);
	zc_uring_nr++;
	schedule_delayed_work(&zc_uring_watchman, ZC_URING_LOOK);
	spin_unlock(&zc_uring_lock);
}

/**
 * zc_uring_unpark - a command is about to be done
 * @u: parked, and claimed
 *
 * Context: Process context.
 */
void zc_uring_unpark(struct zc_uring *u)
{
	spin_lock(&zc_uring_lock);
	list_del(&u->parked);
	zc_uring_nr--;
	spin_unlock(&zc_uring_lock);
}

/**
 * zc_uring_stop - stop the watchman; no command is parked
 *
 * Context: Module unload.  Sleeps.
 */
void zc_uring_stop(void)
{
	cancel_delayed_work_sync(&zc_uring_watchman);
}

#endif
