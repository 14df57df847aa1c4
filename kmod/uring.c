// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands on the device: ZCOPY_IOC_SEND with a pointer to its struct.
 *
 * The issue copies everything in and takes the first turn of each transfer: a send
 * that fits into the socket has ended when the issue returns.  Other transfers go on
 * asynchronously and occupy no worker of the ring.  The last one to end queues task
 * work, which writes the results and posts the CQE.
 *
 * Until then the parked command holds the file of the device, and the ring waits for
 * the command; so it must end when its ring does.  Kernels that can cancel commands
 * call ->uring_cmd for that.  On other kernels delayed work, the watchman, asks twice
 * a second while any command is parked.  Inside its lock only kicks of transfers and
 * of task work take locks.
 *
 * A transfer that waits for a dead file server may never end.  So a cancelled command
 * waits for its transfers only a moment, and then ends without results.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "caps.h"
#include "compat/compat.h"
#include "compat/uring.h"
#include "ctx.h"
#include "reject.h"
#include "request.h"
#include "uring.h"
#include "user.h"
#include "xfer.h"

#define ZC_URING_VER0	16

static_assert(sizeof(struct zcopy_uring) == ZC_URING_VER0);

#if ZC_URING

/* Bytes behind the payload in a 128-byte SQE */
#define ZC_URING_LONGER	64

/* How often the watchman looks */
#define ZC_URING_LOOK	(HZ / 2)

/* Commands looked at plus transfers cancelled before it drops its lock */
#define ZC_URING_STRETCH	64

/*
 * struct zc_uring - a command that was accepted
 *
 * REF: made by the issue, and freed once @left is 0: by the issue itself, by the task
 * work of the last transfer to end, or by that transfer if a cancel has ended the
 * command.
 */
struct zc_uring {
	struct io_uring_cmd *cmd;	/* valid until it is done */
	void __user *results;
	u32 result_size;
	atomic_t left;			/* live transfers, and 1 for the issue */
	atomic_t claimed;		/* zc_uring_claim() */
	struct zc_request req;

	/* Under the ring's lock; the watchman's, under its own */
	bool told;			/* a cancel told the transfers to stop */
	unsigned long told_at;		/* jiffies */
	unsigned long looked;		/* jiffies at a cancel's last look */
	struct list_head parked;	/* for the watchman */
};

/* In the command's own memory; set before a cancel or task work can look at it */
struct zc_uring_pdu {
	struct zc_uring *u;
};

/*
 * RACE: a command ends once: when the last of its transfers has ended, or by a cancel
 * that waits no longer for them.  The first of the two to claim the command ends it.  If
 * that is the cancel, it uses @u no more; the end of the last transfer then frees @u and
 * leaves the command and the submitter's memory alone.
 */
static bool zc_uring_claim(struct zc_uring *u)
{
	return !atomic_xchg(&u->claimed, 1);
}

static void zc_uring_free(struct zc_uring *u)
{
	zc_request_told(&u->req);
	zc_request_put(&u->req);
	kfree(u);
}

/* A kernel thread has ended a command; never cleared */
static bool zc_uring_done_by_kernel;

/*
 * Posts the CQE.  Returns a reference to the device's file, which the caller drops
 * last of all.
 *
 * REF: a command that is done does not hold the file any more, and so does not pin the
 * module.  A user task closes a file after its last fput() only when it has left this
 * module.  A kernel thread's last fput() leaves the close to another thread, which may
 * close the file before the kernel thread has left this module: unloading waits for that
 * (zc_uring_leave()).
 */
static struct file *zc_uring_post(struct io_uring_cmd *cmd, int ret,
				  unsigned int issue_flags)
{
	struct file *file = get_file(cmd->file);

	if (current->flags & PF_KTHREAD)
		WRITE_ONCE(zc_uring_done_by_kernel, true);
	zc_uring_done(cmd, ret, issue_flags);
	return file;
}

/* ---- the end of a ring ---- */

/* Longest time that a cancelled command waits for the results of its transfers */
#define ZC_URING_GRACE	(HZ / 5)

#if ZC_URING_CANCEL

/*
 * io_uring calls again at once until the command is done, in a loop that does not
 * sleep.  So a second look within a tick of the clock sleeps for a tick.  It holds the
 * ring's lock meanwhile, which only delays other ends in this ring.
 */
static void zc_uring_nap(struct zc_uring *u)
{
	if (!time_after(jiffies, u->looked))
		schedule_timeout_idle(1);
	u->looked = jiffies;
}

/*
 * The end of the ring, or of a task that uses it.  If the transfers have ended, the
 * command waits for its task, which may be stopped or asleep.
 *
 * REF: the ring's lock keeps @u until the command is claimed, and the command with
 * its file until this returns: io_uring posts the CQE afterwards.
 */
static void zc_uring_cancel(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct zc_uring *u = zc_uring_pdu(cmd, struct zc_uring_pdu)->u;

	zc_uring_assert_locked(cmd);
	if (!u->told) {
		u->told = true;
		u->told_at = jiffies;
		u->looked = jiffies;
		zc_request_cancel(&u->req);
		return;
	}
	zc_uring_nap(u);
	if (time_before(jiffies, u->told_at + ZC_URING_GRACE))
		return;
	if (zc_uring_claim(u))
		zc_uring_done(cmd, -ECANCELED, issue_flags);
}

static void zc_uring_park(struct zc_uring *u, unsigned int issue_flags)
{
	io_uring_cmd_mark_cancelable(u->cmd, issue_flags);
}

static void zc_uring_unpark(struct zc_uring *u)
{
}

static void zc_uring_stop(void)
{
}

#else

static LIST_HEAD(zc_uring_parked);
static unsigned int zc_uring_nr;
static DEFINE_SPINLOCK(zc_uring_lock);	/* the list and its length */
static void zc_uring_watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_uring_watchman, zc_uring_watch);

static void zc_uring_cancel(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
}

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

static void zc_uring_tell_to_stop(struct zc_uring *u)
{
	lockdep_assert_held(&zc_uring_lock);
	u->told = true;
	u->told_at = jiffies;
	zc_request_cancel(&u->req);
}

/*
 * Looks at the next commands, and returns how many.  While the lock is held, those on
 * the list are not done, so their rings and tasks exist.
 *
 * ORDER: the youngest first, as in zc_ctx_cancel_all().
 */
static unsigned int zc_uring_watch_some(void)
{
	unsigned int looks = 0, told = 0;
	struct zc_uring *u;

	spin_lock(&zc_uring_lock);
	while (looks < zc_uring_nr && looks + told < ZC_URING_STRETCH) {
		u = list_last_entry(&zc_uring_parked, struct zc_uring, parked);
		list_move(&u->parked, &zc_uring_parked);
		looks++;
		if (!zc_uring_ending(u->cmd))
			continue;
		told += u->req.nr;
		if (!u->told)
			zc_uring_tell_to_stop(u);
		else if (time_after(jiffies, u->told_at + ZC_URING_GRACE))
			zc_uring_give_up(u);
	}
	spin_unlock(&zc_uring_lock);
	return looks;
}

/*
 * RACE: commands that are parked during the walk are looked at first, and as many of
 * the oldest are left out; the next walk starts with those.
 */
static void zc_uring_watch(struct work_struct *work)
{
	unsigned int left = READ_ONCE(zc_uring_nr);
	unsigned int looks;

	do {
		looks = zc_uring_watch_some();
		left -= min(left, looks);
		cond_resched();
	} while (left && looks);

	spin_lock(&zc_uring_lock);
	if (zc_uring_nr)
		schedule_delayed_work(&zc_uring_watchman, ZC_URING_LOOK);
	spin_unlock(&zc_uring_lock);
}

static void zc_uring_park(struct zc_uring *u, unsigned int issue_flags)
{
	spin_lock(&zc_uring_lock);
	list_add_tail(&u->parked, &zc_uring_parked);
	zc_uring_nr++;
	schedule_delayed_work(&zc_uring_watchman, ZC_URING_LOOK);
	spin_unlock(&zc_uring_lock);
}

static void zc_uring_unpark(struct zc_uring *u)
{
	spin_lock(&zc_uring_lock);
	list_del(&u->parked);
	zc_uring_nr--;
	spin_unlock(&zc_uring_lock);
}

static void zc_uring_stop(void)
{
	cancel_delayed_work_sync(&zc_uring_watchman);
}

#endif /* ZC_URING_CANCEL */

/* ---- the end of a command ---- */

/* Writes the results.  Returns the value for the CQE. */
static int zc_uring_tell(struct zc_uring *u)
{
	/* An exiting task or a kernel thread may not have the submitter's memory. */
	if (!(current->flags & (PF_EXITING | PF_KTHREAD)))
		zc_request_put_results(&u->req, u->results, u->result_size);
	return zc_request_error(&u->req);
}

static void zc_uring_leave(void)
{
	if (READ_ONCE(zc_uring_done_by_kernel))
		synchronize_rcu_tasks();
}

/*
 * RACE: until the command is done, a cancel may use @u.  The cancel holds the ring's
 * lock; ending the command takes that lock or has it.  So @u is freed after that.
 */
static void zc_uring_end(struct zc_uring *u, unsigned int issue_flags)
{
	int ret = zc_uring_tell(u);
	struct file *file;

	zc_uring_unpark(u);
	zc_request_told(&u->req);
	file = zc_uring_post(u->cmd, ret, issue_flags);
	zc_request_put(&u->req);
	kfree(u);
	fput(file);
}

ZC_URING_TW(zc_uring_ended_in_task, cmd, issue_flags)
{
	zc_uring_end(zc_uring_pdu(cmd, struct zc_uring_pdu)->u, issue_flags);
}

static void zc_uring_ended(struct zc_xfer *x)
{
	struct zc_uring *u = x->notify_arg;

	if (!atomic_dec_and_test(&u->left))
		return;
	if (zc_uring_claim(u))
		zc_uring_complete_in_task(u->cmd, zc_uring_ended_in_task);
	else
		zc_uring_free(u);
}

/* ---- its issue ---- */

/* Reads each word of the payload once: user space may be writing to it. */
static int zc_uring_read(struct io_uring_cmd *cmd, unsigned int issue_flags,
			 struct zcopy_uring *p)
{
	const struct zcopy_uring *from = zc_uring_payload(cmd);

	p->addr = READ_ONCE(from->addr);
	p->flags = READ_ONCE(from->flags);
	p->reserved = READ_ONCE(from->reserved);
	if (p->reserved)
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (p->flags || zc_uring_sqe_flags(cmd))
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if ((issue_flags & IO_URING_F_SQE128) &&
	    memchr_inv(from + 1, 0, ZC_URING_LONGER))
		return zc_reject(ZC_REJECT_tail_not_zero, NULL);
	return 0;
}

static int zc_uring_copy_in(struct zcopy_send *s, u64 addr)
{
	void __user *user = u64_to_user_ptr(addr);
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	err = zc_user_copy_in(s, sizeof(*s), ZC_SEND_VER0, user, size);
	if (err)
		return err;
	if (s->flags & (ZCOPY_F_DONTWAIT | ZCOPY_F_DETACHED | ZCOPY_F_POSITION))
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	return zc_request_probe_results(s);
}

static struct zc_uring *zc_uring_build(struct io_uring_cmd *cmd, u64 addr)
{
	struct zcopy_send s;
	struct zc_uring *u;
	unsigned int i;
	int err;

	err = zc_uring_copy_in(&s, addr);
	if (err)
		return ERR_PTR(err);
	u = kmalloc(sizeof(*u), GFP_KERNEL_ACCOUNT);
	if (!u)
		return ERR_PTR(zc_reject(ZC_REJECT_no_memory, NULL));
	u->cmd = cmd;
	atomic_set(&u->claimed, 0);
	u->told = false;
	u->results = u64_to_user_ptr(s.results);
	u->result_size = s.result_size;
	/* ORDER: read files now: a later read would let other commands get ahead. */
	err = zc_request_build(&u->req, cmd->file->private_data, &s,
			       ZC_SRC_READ_NOW);
	if (err)
		goto out_free;
	atomic_set(&u->left, u->req.nr + 1);
	for (i = 0; i < u->req.nr; i++) {
		u->req.x[i]->notify = zc_uring_ended;
		u->req.x[i]->notify_arg = u;
	}
	err = zc_request_prepare(&u->req, true, NULL);
	if (err)
		goto out_free;
	zc_request_put_ids(&u->req, u->results, u->result_size);
	return u;

out_free:
	kfree(u);
	return ERR_PTR(err);
}

static int zc_uring_send(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct zcopy_uring payload;
	struct zc_uring *u;
	int err;

	err = zc_uring_read(cmd, issue_flags, &payload);
	if (err)
		return err;
	u = zc_uring_build(cmd, payload.addr);
	if (IS_ERR(u))
		return PTR_ERR(u);
	zc_uring_pdu(cmd, struct zc_uring_pdu)->u = u;
	zc_request_start_here(&u->req);

	/* ORDER: pairs with atomic_dec_and_test(): results are visible. */
	if (atomic_read_acquire(&u->left) == 1) {
		err = zc_uring_tell(u);
		zc_uring_free(u);
		return err;
	}
	/* ORDER: park it before it can end elsewhere, so that cancels find it. */
	zc_uring_park(u, issue_flags);
	if (!atomic_dec_and_test(&u->left))
		return -EIOCBQUEUED;
	if (zc_uring_claim(u))
		zc_uring_end(u, issue_flags);
	else
		zc_uring_free(u);
	return -EIOCBQUEUED;
}

static int zc_uring_serve(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	int ret;

	if (zc_uring_is_cancel(issue_flags)) {
		zc_uring_cancel(cmd, issue_flags);
		return 0;
	}
	if (zc_uring_polled(cmd))
		ret = zc_reject(ZC_REJECT_uring_polled, NULL);
	else if (cmd->cmd_op == ZCOPY_IOC_SEND)
		ret = zc_uring_send(cmd, issue_flags);
	else
		ret = zc_reject(ZC_REJECT_verb_unknown, NULL);
	/* Returning -EAGAIN would make io_uring issue the command again, to block. */
	if (ret == -EAGAIN) {
		fput(zc_uring_post(cmd, ret, issue_flags));
		return -EIOCBQUEUED;
	}
	return ret;
}

#else /* ZC_URING */

static int zc_uring_serve(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	return zc_reject(ZC_REJECT_verb_unknown, NULL);
}

static void zc_uring_stop(void)
{
}

static void zc_uring_leave(void)
{
}

#endif

/**
 * zc_uring_cmd - ->uring_cmd of the device
 * @cmd: the command
 * @issue_flags: IO_URING_F_*
 *
 * Context: Process context of the submitter, a worker of its ring or the ring's
 * polling thread, all with the submitter's memory and credentials; for a cancel, any
 * thread that holds the ring's lock.
 * Return: 0 or a negative errno for the CQE; -EIOCBQUEUED if the CQE is posted
 * separately.
 */
int zc_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	return zc_uring_serve(cmd, issue_flags);
}

/**
 * zc_uring_init - say what this kernel offers for io_uring
 *
 * Context: Module load, before a door answers.
 */
void zc_uring_init(void)
{
	zc_caps_offer((ZC_URING ? ZCOPY_FEAT_URING : 0) |
		      (ZC_URING_CANCEL ? ZCOPY_FEAT_URING_CANCEL : 0));
}

/**
 * zc_uring_exit - stop the watchman, and wait for kernel threads to leave this file
 *
 * No command is parked any more.
 *
 * Context: Module unload.  Sleeps.
 */
void zc_uring_exit(void)
{
	zc_uring_stop();
	zc_uring_leave();
}
