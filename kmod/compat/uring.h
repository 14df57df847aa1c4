/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands that come through io_uring (->uring_cmd of our device).
 *
 * ZC_URING is 1 where they can be served.  For a command that cannot be done at once
 * ->uring_cmd returns -EIOCBQUEUED.  Later, in any context, the module calls
 * zc_uring_complete_in_task() with a callback made by ZC_URING_TW(), and the callback
 * ends the command with zc_uring_done().
 *
 * ZC_URING_CANCEL is 1 where io_uring_cmd_mark_cancelable() can mark a queued command;
 * when the ring goes away, ->uring_cmd is then called with IO_URING_F_CANCEL.
 * Elsewhere zc_uring_ending() says whether a ring or task waits for the command to end.
 */
#ifndef ZC_COMPAT_URING_H
#define ZC_COMPAT_URING_H

#include "compat.h"

/* COMPAT: probe uring_cmd_h; goes when 6.1 does. */
#if ZC_HAVE_uring_cmd_h
#include <linux/io_uring/cmd.h>
#else
#include <linux/io_uring.h>
#endif
#include <linux/io_uring_types.h>

/* COMPAT: probes uring_done_4args, uring_done32, uring_tw_cmd, uring_tw_req. */
#if IS_ENABLED(CONFIG_IO_URING) && \
	((ZC_HAVE_uring_done_4args && ZC_EXPORTS_io_uring_cmd_done) || \
	 (ZC_HAVE_uring_done32 && ZC_EXPORTS___io_uring_cmd_done)) && \
	((ZC_HAVE_uring_tw_cmd && (ZC_EXPORTS_io_uring_cmd_complete_in_task || \
				   ZC_EXPORTS___io_uring_cmd_do_in_task)) || \
	 (ZC_HAVE_uring_tw_req && ZC_EXPORTS___io_uring_cmd_do_in_task))
#define ZC_URING_CMDS		1
#else
#define ZC_URING_CMDS		0
#endif

#if ZC_URING_CMDS && ZC_EXPORTS_io_uring_cmd_mark_cancelable
#define ZC_URING_CANCEL		1
#else
#define ZC_URING_CANCEL		0
#endif

/* COMPAT: probe uring_ending. */
#if ZC_URING_CMDS && (ZC_URING_CANCEL || ZC_HAVE_uring_ending)
#define ZC_URING		1
#else
#define ZC_URING		0
#endif

#if ZC_URING

/**
 * zc_uring_payload - the command's bytes in its SQE
 * @cmd: borrowed
 *
 * Return: 16 bytes; 80 if the issue flags have IO_URING_F_SQE128.  They may be in
 * memory shared with user space: read each once, and only while ->uring_cmd runs.
 *
 * COMPAT: probe uring_cmd_sqe; goes when 6.1 does.
 */
static inline const void *zc_uring_payload(const struct io_uring_cmd *cmd)
{
#if ZC_HAVE_uring_cmd_sqe
	return cmd->sqe->cmd;
#else
	return cmd->cmd;
#endif
}

/*
 * zc_uring_pdu(cmd, type): the command's own memory, 32 bytes, as a type *.
 */
#ifdef io_uring_cmd_to_pdu
#define zc_uring_pdu(ioucmd, type)	io_uring_cmd_to_pdu(ioucmd, type)
#else
#define zc_uring_pdu(ioucmd, type) ({					\
	BUILD_BUG_ON(sizeof(type) > sizeof_field(struct io_uring_cmd, pdu)); \
	(type *)&(ioucmd)->pdu;						\
})
#endif

/**
 * zc_uring_done - end a command that was queued
 * @cmd: consumed
 * @ret: result for the CQE
 * @issue_flags: those given to the ->uring_cmd or task work that calls this
 *
 * COMPAT: probes uring_done32 and uring_done_4args.  io_uring_cmd_done() with
 * three arguments means one thing in 6.1 as released and another in 7.2.
 */
static inline void zc_uring_done(struct io_uring_cmd *cmd, s32 ret,
				 unsigned int issue_flags)
{
#if ZC_HAVE_uring_done32
	io_uring_cmd_done(cmd, ret, issue_flags);
#else
	io_uring_cmd_done(cmd, ret, 0, issue_flags);
#endif
}

/**
 * zc_uring_is_cancel - is this call of ->uring_cmd a cancel, not an issue?
 * @issue_flags: those given to ->uring_cmd
 *
 * COMPAT: export io_uring_cmd_mark_cancelable; goes when 6.1 does.
 */
static inline bool zc_uring_is_cancel(unsigned int issue_flags)
{
#if ZC_URING_CANCEL
	return issue_flags & IO_URING_F_CANCEL;
#else
	return false;
#endif
}

/**
 * zc_uring_assert_locked - a cancel holds the lock of the command's ring
 * @cmd: borrowed
 */
static inline void zc_uring_assert_locked(struct io_uring_cmd *cmd)
{
	lockdep_assert_held(&cmd_to_io_kiocb(cmd)->ctx->uring_lock);
}

/**
 * zc_uring_polled - does the command's ring have IORING_SETUP_IOPOLL?
 * @cmd: borrowed
 *
 * Releases before 6.15 or so refuse such a command themselves.
 */
static inline bool zc_uring_polled(struct io_uring_cmd *cmd)
{
	return cmd_to_io_kiocb(cmd)->ctx->flags & IORING_SETUP_IOPOLL;
}

/**
 * zc_uring_sqe_flags - uring_cmd_flags as the user set them
 * @cmd: borrowed
 *
 * The upper eight bits are the kernel's own.
 */
static inline u32 zc_uring_sqe_flags(const struct io_uring_cmd *cmd)
{
	return cmd->flags & 0x00ffffff;
}

#if !ZC_URING_CANCEL
/**
 * zc_uring_ending - does a ring or task wait for a queued command to end?
 * @cmd: not done; borrowed
 *
 * That is so if the command's ring was closed, if its task executes another program,
 * or if its task is the polling thread of a ring whose process was killed.  An exiting
 * task does not count: its ring may go on without it.
 *
 * COMPAT: probe uring_ending; goes when 6.1 does.
 */
static inline bool zc_uring_ending(struct io_uring_cmd *cmd)
{
	const struct io_kiocb *req = cmd_to_io_kiocb(cmd);

	return percpu_ref_is_dying(&req->ctx->refs) ||
	       (atomic_read(&req->task->io_uring->in_idle) &&
		!(READ_ONCE(req->task->flags) & PF_EXITING));
}
#endif

/*
 * ZC_URING_TW(name, cmd, issue_flags) { ... }: defines a static function for
 * zc_uring_complete_in_task(..., name), with those two names for its
 * parameters.
 *
 * COMPAT: probes uring_tw_req and uring_tw_cmd.
 */
#if ZC_HAVE_uring_tw_req
#define ZC_URING_TW(name, cmd, issue_flags)				\
static void __##name(struct io_uring_cmd *cmd, unsigned int issue_flags); \
static void name(struct io_tw_req tw_req, io_tw_token_t tw)		\
{									\
	__##name(io_uring_cmd_from_tw(tw_req),				\
		 IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);			\
}									\
static void __##name(struct io_uring_cmd *cmd, unsigned int issue_flags)
#else
#define ZC_URING_TW(name, cmd, issue_flags)				\
static void name(struct io_uring_cmd *cmd, unsigned int issue_flags)
#endif

/*
 * zc_uring_complete_in_task(cmd, cb): have cb run in the task that submitted
 * the command, or in a worker once that task is gone.  Any context.
 */
#define zc_uring_complete_in_task(cmd, cb)	\
	io_uring_cmd_complete_in_task(cmd, cb)

#endif /* ZC_URING */
#endif
