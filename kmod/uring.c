// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands on the device: ZCOPY_IOC_SEND or ZCOPY_IOC_BATCH with a pointer to
 * its struct.
 *
 * The issue copies everything in and takes the first turn of each transfer: a send
 * that fits into the socket has ended when the issue returns.  Other transfers go on
 * asynchronously and occupy no worker of the ring.  The last one to end queues task
 * work, which writes the results and posts the CQE.
 *
 * Until then the parked command holds the file of the device, and the ring waits for
 * the command; so it must end when its ring does: uring_cancel.c, or uring_watch.c on
 * kernels that cannot cancel commands.  Takes no lock.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "caps.h"
#include "compat/compat.h"
#include "ctx.h"
#include "reject.h"
#include "uring.h"
#include "uring_priv.h"
#include "user.h"
#include "xfer.h"

#define ZC_URING_VER0	16

static_assert(sizeof(struct zcopy_uring) == ZC_URING_VER0);

#if ZC_URING

/* Bytes behind the payload in a 128-byte SQE */
#define ZC_URING_LONGER	64

/* ---- the end of a command ---- */

/* For a command without a CQE of ours: the issue returns its result, or a cancel did. */
static void zc_uring_drop(struct zc_uring *u)
{
	zc_uring_told(u);
	zc_uring_put(u);
}

/* Writes the results.  Returns the value for the CQE. */
static int zc_uring_tell(const struct zc_uring *u)
{
	/* An exiting task or a kernel thread may not have the submitter's memory. */
	if (!(current->flags & (PF_EXITING | PF_KTHREAD)))
		zc_uring_put_results(u);
	return u->batch ? u->nr : zc_request_error(&u->first.sends->req);
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
	zc_uring_told(u);
	file = zc_uring_post(u->cmd, ret, issue_flags);
	zc_uring_put(u);
	fput(file);
}

ZC_URING_TW(zc_uring_ended_in_task, cmd, issue_flags)
{
	zc_uring_end(zc_uring_pdu(cmd, struct zc_uring_pdu)->u, issue_flags);
}

/**
 * zc_uring_ended - a transfer of a command has ended
 * @x: the transfer
 *
 * Context: notify() of a transfer.
 */
void zc_uring_ended(struct zc_xfer *x)
{
	struct zc_uring *u = x->notify_arg;

	if (!atomic_dec_and_test(&u->left))
		return;
	if (zc_uring_claim(u))
		zc_uring_complete_in_task(u->cmd, zc_uring_ended_in_task);
	else
		zc_uring_drop(u);
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

static int zc_uring_issue(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct zcopy_uring payload;
	struct zc_uring *u;
	int err;

	err = zc_uring_read(cmd, issue_flags, &payload);
	if (err)
		return err;
	if (cmd->cmd_op == ZCOPY_IOC_BATCH)
		u = zc_uring_issue_batch(cmd, payload.addr);
	else
		u = zc_uring_issue_send(cmd, payload.addr);
	if (IS_ERR(u))
		return PTR_ERR(u);
	zc_uring_pdu(cmd, struct zc_uring_pdu)->u = u;

	/* ORDER: pairs with atomic_dec_and_test(): results are visible. */
	if (atomic_read_acquire(&u->left) == 1) {
		err = zc_uring_tell(u);
		zc_uring_drop(u);
		return err;
	}
	/* ORDER: park it before it can end elsewhere, so that cancels find it. */
	zc_uring_park(u, issue_flags);
	if (!atomic_dec_and_test(&u->left))
		return -EIOCBQUEUED;
	if (zc_uring_claim(u))
		zc_uring_end(u, issue_flags);
	else
		zc_uring_drop(u);
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
	else if (cmd->cmd_op == ZCOPY_IOC_SEND || cmd->cmd_op == ZCOPY_IOC_BATCH)
		ret = zc_uring_issue(cmd, issue_flags);
	else
		ret = zc_reject(ZC_REJECT_verb_unknown, NULL);
	/*
	 * Returning -EAGAIN would make io_uring issue the command again, to block; and 6.1
	 * takes a positive value for a failure, or forgets the command.
	 */
	if (ret == -EAGAIN || ret > 0) {
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
 * zc_uring_exit - stop the watchman, and wait for kernel threads to leave the module
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
