// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs of /dev/zcopy: copy the struct in, check it, do it, copy the result out.
 * Those that start transfers and return are in ioctl_submit.c.
 */
#include <linux/eventfd.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "account.h"
#include "caps.h"
#include "ctx.h"
#include "dev.h"
#include "ioctl_priv.h"
#include "reject.h"
#include "request.h"
#include "user.h"
#include "xfer.h"

/* Sizes of the first release, fixed for ever. */
#define ZC_WAIT_VER0	64
#define ZC_CANCEL_VER0	40
#define ZC_QUERY_VER0	112
#define ZC_RATE_VER0	40
#define ZC_EVENTFD_VER0	32
#define ZC_SENDFILE_VER0	104

static_assert(sizeof(struct zcopy_wait) == ZC_WAIT_VER0);
static_assert(sizeof(struct zcopy_cancel) == ZC_CANCEL_VER0);
static_assert(sizeof(struct zcopy_query) == ZC_QUERY_VER0);
static_assert(sizeof(struct zcopy_rate) == ZC_RATE_VER0);
static_assert(sizeof(struct zcopy_eventfd) == ZC_EVENTFD_VER0);
static_assert(sizeof(struct zcopy_sendfile) == ZC_SENDFILE_VER0);

/*
 * Errno of a SEND that a signal ended before its first byte.  Not restarted if it has a
 * time limit, which would begin anew.
 */
static int zc_ioctl_interrupted(const struct zcopy_send *s, const struct zc_xfer *x)
{
	return s->deadline_ns || s->idle_ns ? -EINTR : zc_sink_interrupted(&x->sink);
}

/*
 * Runs a request in its caller, with the offset moved when it has ended.  Returns 0, or
 * an errno; then @r is gone.
 */
static long zc_ioctl_run(struct zc_request *r, bool dontwait, int interrupted)
{
	long err = zc_request_run(r, dontwait);

	if (err)
		return err;
	/* Nothing was sent: SA_RESTART of the handler decides, as in send(2). */
	if (zc_request_unbegun(r)) {
		zc_request_put(r);
		return interrupted;
	}
	zc_position_move(&r->position, r->x[0]->acct.sent);
	return 0;
}

static long zc_ioctl_send(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_send *s = &a->send;
	struct zc_request r;
	long err;

	/* Several sockets are served by workers, which always wait. */
	if ((s->flags & ZCOPY_F_DONTWAIT) && s->nr_sinks > 1)
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	/* The caller waits for the end, so the transfer cannot outlive the device. */
	if (s->flags & ZCOPY_F_DETACHED)
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	err = zc_request_probe_results(s);
	if (!err)
		err = zc_request_build(&r, ctx, s, ZC_SRC_READ_HERE);
	if (err)
		return err;
	err = zc_ioctl_run(&r, s->flags & ZCOPY_F_DONTWAIT,
			   zc_ioctl_interrupted(s, r.x[0]));
	if (err)
		return err;
	s->id = r.x[0]->id;
	zc_request_put_results(&r, u64_to_user_ptr(s->results), s->result_size);
	zc_request_put(&r);
	return 0;
}

/* As SEND of one file to one socket, with its result in the struct. */
static long zc_ioctl_sendfile(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_sendfile *s = &a->sendfile;
	struct zc_request r;
	long err;

	if (s->flags & ZCOPY_F_DETACHED)
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	err = zc_request_build_file(&r, ctx, s);
	if (err)
		return err;
	err = zc_ioctl_run(&r, s->flags & ZCOPY_F_DONTWAIT,
			   zc_sink_interrupted(&r.one->sink));
	if (err)
		return err;
	s->id = r.one->id;
	s->bytes = r.one->acct.sent;
	s->bytes_by_ref = s->bytes - zc_account_copied(r.one);
	s->status = r.one->status;
	s->error = r.one->error;
	zc_request_put(&r);
	return 0;
}

static long zc_ioctl_eventfd(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_eventfd *e = &a->eventfd;
	struct eventfd_ctx *efd = NULL;

	if (e->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (e->reserved0 || e->reserved[0] || e->reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (e->fd != -1)
		efd = eventfd_ctx_fdget(e->fd);
	if (IS_ERR(efd))
		return zc_reject(PTR_ERR(efd) == -EBADF ? ZC_REJECT_eventfd_bad_fd :
				 ZC_REJECT_eventfd_wrong, NULL);
	zc_ctx_set_eventfd(ctx, efd);
	return 0;
}

/* Moves completions to the caller.  Returns 0 or -EFAULT. */
static int zc_ioctl_collect(struct zc_ctx *ctx, struct zcopy_wait *w)
{
	struct zcopy_result res;
	struct zc_xfer *x;

	while (w->got < w->nr_results) {
		x = zc_ctx_reap(ctx, w->id);
		if (!x)
			return 0;
		zc_account_result(x, &res);
		if (!zc_user_put(u64_to_user_ptr(w->results) +
				  (u64)w->got * w->result_size,
				  w->result_size, &res, sizeof(res))) {
			zc_ctx_unreap(ctx, x);
			return zc_reject(ZC_REJECT_bad_pointer, NULL);
		}
		zc_xfer_told(x);
		zc_xfer_put(x);
		w->got++;
	}
	return 0;
}

static bool zc_ioctl_wait_over(struct zc_ctx *ctx, const struct zcopy_wait *w)
{
	if (w->id)
		return !zc_ctx_has_live(ctx, w->id);
	return zc_ctx_ready(ctx) || zc_ctx_drained(ctx);
}

/*
 * Errno of a WAIT that was woken by a signal, or by freezing or tracing.  Without a time
 * limit it is EINTR only if a handler runs.  A limit would begin anew with a restart, so
 * then it is EINTR in any case, as in epoll_wait(2).  A module must not have the kernel
 * call it for the rest of the time (ERESTART_RESTARTBLOCK): while the task is stopped,
 * another may close the device, and nothing else pins the module.
 */
static int zc_ioctl_wait_interrupted(const struct zcopy_wait *w)
{
	return w->timeout_ns == ZCOPY_WAIT_FOREVER ? -ERESTARTNOHAND : -EINTR;
}

static ktime_t zc_ioctl_wait_end(const struct zcopy_wait *w)
{
	if (w->timeout_ns >= KTIME_MAX)
		return KTIME_MAX;
	return ktime_add_safe(ktime_get(), w->timeout_ns);
}

/*
 * -ETIME at @end.  Jiffies would not do: after an interrupt that comes late they
 * advance by several at once, and a sleep of so many jiffies ends early.
 */
static int zc_ioctl_wait_sleep(struct zc_ctx *ctx, const struct zcopy_wait *w,
			       ktime_t end)
{
	ktime_t left = end == KTIME_MAX ? end : ktime_sub(end, ktime_get());

	if (left <= 0)
		return -ETIME;
	return wait_event_interruptible_hrtimeout(ctx->wq, zc_ioctl_wait_over(ctx, w),
						  left);
}

static long zc_ioctl_wait(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_wait *w = &a->wait;
	bool late = false;
	ktime_t end;
	long err;

	if (w->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (w->reserved[0] || w->reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!w->nr_results || w->min > w->nr_results ||
	    w->result_size < ZC_RESULT_VER0 || w->result_size > PAGE_SIZE)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	if (w->id && !zc_ctx_has(ctx, w->id))
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	end = zc_ioctl_wait_end(w);
	w->got = 0;

	for (;;) {
		err = zc_ioctl_collect(ctx, w);
		if (err)
			return w->got ? 0 : err;
		if (w->got >= w->min || late || (w->id && w->got))
			return 0;
		/* Another caller has collected it. */
		if (w->id && !zc_ctx_has(ctx, w->id))
			return zc_reject(ZC_REJECT_no_such_transfer, NULL);
		if (zc_ctx_drained(ctx))
			return 0;
		err = zc_ioctl_wait_sleep(ctx, w, end);
		if (err && err != -ETIME)
			return w->got ? 0 : zc_ioctl_wait_interrupted(w);
		late = err;
	}
}

static long zc_ioctl_cancel(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_cancel *c = &a->cancel;

	if (c->flags & ~ZCOPY_CANCEL_ALL)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (c->reserved0 || c->reserved[0] || c->reserved[1] ||
	    (c->flags && c->id))
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!c->flags && !c->id)
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	c->count = c->id ? zc_ctx_cancel(ctx, c->id) : zc_ctx_cancel_all(ctx);
	if (c->id && !c->count)
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	return 0;
}

static long zc_ioctl_rate(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_rate *r = &a->rate;

	if (r->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (r->reserved[0] || r->reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!zc_ctx_set_rate(ctx, r->id, r->rate))
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	return 0;
}

static long zc_ioctl_query(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	u32 flags = a->query.flags;

	if (flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	memset(&a->query, 0, sizeof(a->query));
	a->query.size = sizeof(a->query);
	zc_caps_describe(&a->query);
	return 0;
}

/* A verb writes back one field, or with size 0 its whole struct. */
#define ZC_IOCTL_OUT(type, field) \
	offsetof(struct type, field), sizeof_field(struct type, field)
/* Or all fields from one on, whole words */
#define ZC_IOCTL_OUT_FROM(type, field) \
	offsetof(struct type, field), sizeof(struct type) - offsetof(struct type, field)

static const struct zc_ioctl_verb {
	u32 size;
	u32 least;
	long (*run)(struct zc_ctx *ctx, union zc_ioctl_arg *arg);
	u16 out;
	u16 out_size;
} zc_ioctl_verbs[] = {
	[_IOC_NR(ZCOPY_IOC_QUERY)]  = { sizeof(struct zcopy_query),
					ZC_QUERY_VER0, zc_ioctl_query },
	[_IOC_NR(ZCOPY_IOC_SEND)]   = { sizeof(struct zcopy_send),
					ZC_SEND_VER0, zc_ioctl_send,
					ZC_IOCTL_OUT(zcopy_send, id) },
	[_IOC_NR(ZCOPY_IOC_SUBMIT)] = { sizeof(struct zcopy_send),
					ZC_SEND_VER0, zc_ioctl_submit,
					ZC_IOCTL_OUT(zcopy_send, id) },
	[_IOC_NR(ZCOPY_IOC_WAIT)]   = { sizeof(struct zcopy_wait),
					ZC_WAIT_VER0, zc_ioctl_wait,
					ZC_IOCTL_OUT(zcopy_wait, got) },
	[_IOC_NR(ZCOPY_IOC_CANCEL)] = { sizeof(struct zcopy_cancel),
					ZC_CANCEL_VER0, zc_ioctl_cancel,
					ZC_IOCTL_OUT(zcopy_cancel, count) },
	[_IOC_NR(ZCOPY_IOC_RATE)]   = { sizeof(struct zcopy_rate),
					ZC_RATE_VER0, zc_ioctl_rate,
					ZC_IOCTL_OUT(zcopy_rate, flags) },
	[_IOC_NR(ZCOPY_IOC_BATCH)]  = { sizeof(struct zcopy_batch),
					ZC_BATCH_VER0, zc_ioctl_batch,
					ZC_IOCTL_OUT(zcopy_batch, started) },
	[_IOC_NR(ZCOPY_IOC_EVENTFD)] = { sizeof(struct zcopy_eventfd),
					 ZC_EVENTFD_VER0, zc_ioctl_eventfd,
					 ZC_IOCTL_OUT(zcopy_eventfd, reserved0) },
	[_IOC_NR(ZCOPY_IOC_SENDFILE)] = { sizeof(struct zcopy_sendfile),
					  ZC_SENDFILE_VER0, zc_ioctl_sendfile,
					  ZC_IOCTL_OUT_FROM(zcopy_sendfile, id) },
};

/* Returns false if the caller's memory cannot be written. */
static bool zc_ioctl_tell(const struct zc_ioctl_verb *verb, void __user *user,
			  const void *arg, u32 size)
{
	switch (verb->out_size) {
	case sizeof(u32):
		return !put_user(*(const u32 *)(arg + verb->out),
				 (u32 __user *)(user + verb->out));
	case sizeof(u64):
		return !put_user(*(const u64 *)(arg + verb->out),
				 (u64 __user *)(user + verb->out));
	case 0:
		return zc_user_put(user, size, arg, size);
	}
	return zc_user_put_words(user + verb->out, arg + verb->out, verb->out_size);
}

/**
 * zc_ioctl - a verb of the device
 * @file: the open device
 * @cmd: ZCOPY_IOC_*
 * @arg: address of the verb's struct
 *
 * Context: Process context, may sleep.
 * Return: 0, or the errno of a refusal.
 */
long zc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	const struct zc_ioctl_verb *verb;
	/* Of the verb's struct, all is set by copying in. */
	union zc_ioctl_arg a __uninitialized;
	u32 size;
	long ret;

	if (_IOC_TYPE(cmd) != ZCOPY_IOC_TYPE ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(zc_ioctl_verbs) ||
	    cmd != _IO(ZCOPY_IOC_TYPE, _IOC_NR(cmd)))
		return zc_reject(ZC_REJECT_verb_unknown, NULL);
	verb = &zc_ioctl_verbs[array_index_nospec(_IOC_NR(cmd),
						  ARRAY_SIZE(zc_ioctl_verbs))];
	if (!verb->run)
		return zc_reject(ZC_REJECT_verb_unknown, NULL);

	if (get_user(size, (u32 __user *)user))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	ret = zc_user_copy_in(&a, verb->size, verb->least, user, size);
	if (ret)
		return ret;
	/* Do nothing whose result cannot be written back. */
	size = min_t(u32, size, verb->size);
	if (!zc_ioctl_tell(verb, user, &a, size))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	ret = verb->run(file->private_data, &a);
	if (!ret)
		zc_ioctl_tell(verb, user, &a, size);
	return ret;
}
