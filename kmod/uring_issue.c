// SPDX-License-Identifier: GPL-2.0
/*
 * The issue of an io_uring command: copies it in, accepts its transfers and starts them.
 * Takes no lock.
 */
#include <linux/atomic.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "reject.h"
#include "uring_priv.h"
#include "user.h"
#include "xfer.h"

#if ZC_URING

/* Most bytes of a transfer that shares segments with its neighbours of a batch */
#define ZC_URING_SHORT		(64 * 1024)
/* Transfers of a batch that are started before other threads may run */
#define ZC_URING_STRETCH	16

static int zc_uring_copy_in(struct zcopy_send *s, void __user *from, u32 size)
{
	int err = zc_user_copy_in(s, sizeof(*s), ZC_SEND_VER0, from, size);

	if (err)
		return err;
	if (s->flags & (ZCOPY_F_DONTWAIT | ZCOPY_F_DETACHED | ZCOPY_F_POSITION))
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	return zc_request_probe_results(s);
}

/* Builds a send in the next room.  Nothing is left of it on error. */
static int zc_uring_build(struct zc_uring *u, struct zc_uring_send *one,
			  const struct zcopy_send *s)
{
	one->results = u64_to_user_ptr(s->results);
	one->result_size = s->result_size;
	/* ORDER: read files now: a later read would let other commands get ahead. */
	return zc_request_build(&one->req, u->cmd->file->private_data, s,
				ZC_SRC_READ_NOW);
}

/* Accepts what was built.  Nothing is left of it on error. */
static int zc_uring_accept(struct zc_uring *u, struct zc_uring_send *one)
{
	struct zc_request *r = &one->req;
	unsigned int i, nr = r->nr;
	int err;

	for (i = 0; i < nr; i++) {
		r->x[i]->notify = zc_uring_ended;
		r->x[i]->notify_arg = u;
	}
	/* None of them ends before it is started. */
	atomic_add(nr, &u->left);
	err = zc_request_prepare(r, true, NULL);
	if (err) {
		atomic_sub(nr, &u->left);
		return err;
	}
	zc_uring_add(u);
	return 0;
}

/* All that a cancel needs is there: the issue may park the command. */
static struct zc_uring *zc_uring_issued(struct zc_uring *u)
{
	u->untold = u->last;
	u->untold_nr = u->last->nr;
	return u;
}

/**
 * zc_uring_issue_send - start what a command with ZCOPY_IOC_SEND asks for
 * @cmd: the command
 * @addr: where its struct zcopy_send is
 *
 * Context: Its issue.  Waits for neither socket nor disk, but for the caller's memory.
 * Return: REF: it, with the caller's part of @left; or an ERR_PTR with the errno of a
 * refusal.
 */
struct zc_uring *zc_uring_issue_send(struct io_uring_cmd *cmd, u64 addr)
{
	void __user *user = u64_to_user_ptr(addr);
	struct zc_uring_send *one;
	struct zcopy_send s;
	struct zc_uring *u;
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return ERR_PTR(zc_reject(ZC_REJECT_bad_pointer, NULL));
	err = zc_uring_copy_in(&s, user, size);
	if (err)
		return ERR_PTR(err);
	u = zc_uring_alloc(cmd, 1);
	if (!u)
		return ERR_PTR(zc_reject(ZC_REJECT_no_memory, NULL));
	one = zc_uring_room(u, 0);
	err = zc_uring_build(u, one, &s);
	if (!err)
		err = zc_uring_accept(u, one);
	if (err) {
		zc_uring_put(u);
		return ERR_PTR(err);
	}
	zc_request_put_ids(&one->req, one->results, one->result_size);
	zc_request_start_here(&one->req);
	return zc_uring_issued(u);
}

/* ---- batches ---- */

static int zc_uring_batch_copy_in(struct zcopy_batch *b, struct zcopy_batch __user *user)
{
	u32 size;
	int err;

	if (get_user(size, &user->size))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	err = zc_user_copy_in(b, sizeof(*b), ZC_BATCH_VER0, user, size);
	if (!err)
		err = zc_request_check_batch(b);
	/* The caller needs the count: if it cannot be written, refuse before the start. */
	if (!err && put_user(0, &user->started))
		err = zc_reject(ZC_REJECT_bad_pointer, NULL);
	return err;
}

/* Builds the send at @user in @one. */
static int zc_uring_batch_build(struct zc_uring *u, struct zc_uring_send *one,
				void __user *user, u32 size)
{
	struct zcopy_send s;
	int err;

	err = zc_uring_copy_in(&s, user, size);
	if (err)
		return err;
	if (s.size != size)
		return zc_reject(ZC_REJECT_batch_wrong, NULL);
	return zc_uring_build(u, one, &s);
}

/*
 * The same without waiting for anything that the caller decides about, such as a fault
 * in its memory.  Returns false if that is not possible, for whatever reason.
 */
static bool zc_uring_batch_try(struct zc_uring *u, struct zc_uring_send *one,
			       void __user *user, u32 size)
{
	int err;

	pagefault_disable();
	err = zc_uring_batch_build(u, one, user, size);
	pagefault_enable();
	return !err;
}

static void zc_uring_batch_put_ids(const struct zc_uring_send *one, struct zc_held *held)
{
	bool done;

	pagefault_disable();
	done = zc_request_put_ids(&one->req, one->results, one->result_size);
	pagefault_enable();
	if (done)
		return;
	zc_held_send(held);
	zc_request_put_ids(&one->req, one->results, one->result_size);
}

static bool zc_uring_is_short(const struct zc_request *r)
{
	return r->nr == 1 && r->x[0]->src.asked <= ZC_URING_SHORT;
}

/* Accepts and starts a send that was built.  @next: the one behind it, or NULL */
static int zc_uring_batch_start(struct zc_uring *u, struct zc_uring_send *one,
				const struct zc_uring_send *next, struct zc_held *held)
{
	struct zc_request *r = &one->req;
	int err;

	if (next && zc_uring_is_short(r) && zc_uring_is_short(&next->req))
		zc_xfer_hold_back(r->x[0], next->req.x[0], held);
	err = zc_uring_accept(u, one);
	if (err)
		return err;
	zc_request_start_here(r);
	if (r->nr == 1)
		zc_xfer_let_go(r->x[0], held);
	zc_uring_batch_put_ids(one, held);
	return 0;
}

/*
 * Builds each send before it starts the one in front, as zc_ioctl_batch_run() does, and
 * for the same reasons.  Returns why it stops.
 */
static int zc_uring_batch_run(struct zc_uring *u, const struct zcopy_batch *b,
			      struct zc_held *held)
{
	void __user *user = u64_to_user_ptr(b->sends);
	unsigned int i, stretch = 0;
	bool built = false;
	int err = 0;

	for (i = 0; i < b->nr_sends; i++) {
		struct zc_uring_send *one = zc_uring_room(u, 0), *next = NULL;

		if (!one)
			return zc_reject(ZC_REJECT_no_memory, NULL);
		if (!built)
			err = zc_uring_batch_build(u, one, user, b->send_size);
		if (err)
			return err;
		user += b->send_size;
		stretch += one->req.nr;
		if (stretch < ZC_URING_STRETCH && i + 1 < b->nr_sends)
			next = zc_uring_room(u, 1);
		built = next && zc_uring_batch_try(u, next, user, b->send_size);
		err = zc_uring_batch_start(u, one, built ? next : NULL, held);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err) {
			if (built)
				zc_request_abandon(&next->req);
			return err;
		}
		if (stretch >= ZC_URING_STRETCH) {
			cond_resched();
			stretch = 0;
		}
	}
	return 0;
}

/**
 * zc_uring_issue_batch - start what a command with ZCOPY_IOC_BATCH asks for
 * @cmd: the command
 * @addr: where its struct zcopy_batch is; @started is written there
 *
 * Context: Its issue.  Waits for neither socket nor disk, but for the caller's memory.
 * Return: REF: it, with the caller's part of @left, if a send was started; or an ERR_PTR
 * with the errno of the first refusal.
 */
struct zc_uring *zc_uring_issue_batch(struct io_uring_cmd *cmd, u64 addr)
{
	struct zcopy_batch __user *user = u64_to_user_ptr(addr);
	struct zc_held held = { };
	struct zcopy_batch b;
	struct zc_uring *u;
	int err;

	err = zc_uring_batch_copy_in(&b, user);
	if (err)
		return ERR_PTR(err);
	u = zc_uring_alloc(cmd, b.nr_sends);
	if (!u)
		return ERR_PTR(zc_reject(ZC_REJECT_no_memory, NULL));
	u->batch = true;
	err = zc_uring_batch_run(u, &b, &held);
	zc_held_send(&held);
	if (!u->nr) {
		zc_uring_put(u);
		return ERR_PTR(err);
	}
	put_user(u->nr, &user->started);
	return zc_uring_issued(u);
}

#endif
