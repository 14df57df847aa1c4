/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the files of the io_uring door: a command that was accepted
 *
 * A transfer that waits for a dead file server may never end.  So a cancelled command
 * waits for its transfers only a moment, and then ends without results.
 */
#ifndef ZC_URING_PRIV_H
#define ZC_URING_PRIV_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/types.h>

#include "compat/uring.h"
#include "request.h"

#if ZC_URING

/* Longest time that a cancelled command waits for the results of its transfers */
#define ZC_URING_GRACE	(HZ / 5)

/* struct zc_uring_send - a struct zcopy_send of a command */
struct zc_uring_send {
	void __user *results;
	u32 result_size;
	struct zc_request req;
};

/* struct zc_uring_part - some sends of a command, which were accepted one by one */
struct zc_uring_part {
	struct zc_uring_part *before;	/* the older ones */
	unsigned int nr;
	struct zc_uring_send sends[];
};

/*
 * struct zc_uring - a command that was accepted
 *
 * REF: made by the issue, and freed once @left is 0: by the issue itself, by the task
 * work of the last transfer to end, or by that transfer if a cancel has ended the
 * command.
 */
struct zc_uring {
	struct io_uring_cmd *cmd;	/* valid until it is done */
	atomic_t left;			/* live transfers, and 1 for the issue */
	atomic_t claimed;		/* zc_uring_claim() */

	/* Under the ring's lock; the watchman's, under its own */
	struct zc_uring_part *untold;	/* has sends that a cancel must tell to stop: */
	unsigned int untold_nr;		/* so many of its first */
	bool told;			/* all are told */
	unsigned long told_at;		/* jiffies */
	unsigned long looked;		/* jiffies at a cancel's last look */
	struct list_head parked;	/* for the watchman */

	/* Constant after the issue */
	bool batch;
	unsigned int nr;		/* sends that were accepted */
	struct zc_uring_part *last;	/* the youngest part */
	struct zc_uring_part *next;	/* room for more, or NULL */
	struct zc_uring_part first;
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
static inline bool zc_uring_claim(struct zc_uring *u)
{
	return !atomic_xchg(&u->claimed, 1);
}

/* ---- uring_sends.c ---- */
struct zc_uring *zc_uring_alloc(struct io_uring_cmd *cmd, unsigned int room);
struct zc_uring_send *zc_uring_room(struct zc_uring *u, unsigned int nth);
void zc_uring_add(struct zc_uring *u);
void zc_uring_put_results(const struct zc_uring *u);
unsigned int zc_uring_tell_to_stop(struct zc_uring *u, unsigned int most);
void zc_uring_told(struct zc_uring *u);
void zc_uring_put(struct zc_uring *u);

/* ---- uring_issue.c ---- */
struct zc_uring *zc_uring_issue_send(struct io_uring_cmd *cmd, u64 addr);
struct zc_uring *zc_uring_issue_batch(struct io_uring_cmd *cmd, u64 addr);

/* ---- uring.c ---- */
void zc_uring_ended(struct zc_xfer *x);

/* ---- uring_post.c ---- */
struct file *zc_uring_post(struct io_uring_cmd *cmd, int ret,
			   unsigned int issue_flags);
void zc_uring_leave(void);

#if ZC_URING_CANCEL

/* ---- uring_cancel.c ---- */
void zc_uring_cancel(struct io_uring_cmd *cmd, unsigned int issue_flags);

static inline void zc_uring_park(struct zc_uring *u, unsigned int issue_flags)
{
	io_uring_cmd_mark_cancelable(u->cmd, issue_flags);
}

static inline void zc_uring_unpark(struct zc_uring *u)
{
}

static inline void zc_uring_stop(void)
{
}

#else

/* ---- uring_watch.c ---- */
void zc_uring_park(struct zc_uring *u, unsigned int issue_flags);
void zc_uring_unpark(struct zc_uring *u);
void zc_uring_stop(void);

static inline void zc_uring_cancel(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
}

#endif /* ZC_URING_CANCEL */

#else /* ZC_URING */

static inline void zc_uring_stop(void)
{
}

static inline void zc_uring_leave(void)
{
}

#endif /* ZC_URING */

#endif /* ZC_URING_PRIV_H */
