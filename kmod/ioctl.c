// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs of /dev/zcopy: copy in, check form, call the life layer, copy out.
 * No policy here.  Structs grow at their end only: what a caller knows less is
 * zero, what he knows more must be.
 */
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "caps.h"
#include "compat/compat.h"
#include "ctx.h"
#include "dev.h"
#include "reject.h"
#include "xfer.h"

/* Sizes of the first release, fixed for ever. */
#define ZC_ELEM_VER0	32
#define ZC_SINK_VER0	32
#define ZC_SEND_VER0	144
#define ZC_RESULT_VER0	ZCOPY_RESULT_SIZE_VER0
#define ZC_WAIT_VER0	64
#define ZC_CANCEL_VER0	40
#define ZC_QUERY_VER0	112

static_assert(sizeof(struct zcopy_elem) == ZC_ELEM_VER0);
static_assert(sizeof(struct zcopy_sink) == ZC_SINK_VER0);
static_assert(sizeof(struct zcopy_send) == ZC_SEND_VER0);
static_assert(sizeof(struct zcopy_result) == ZC_RESULT_VER0);
static_assert(sizeof(struct zcopy_wait) == ZC_WAIT_VER0);
static_assert(sizeof(struct zcopy_cancel) == ZC_CANCEL_VER0);
static_assert(sizeof(struct zcopy_query) == ZC_QUERY_VER0);

union zc_ioctl_arg {
	struct zcopy_send send;
	struct zcopy_wait wait;
	struct zcopy_cancel cancel;
	struct zcopy_query query;
};

/* Copies a struct that starts with its size; what the caller lacks is 0. */
static int zc_ioctl_copy_in(void *to, size_t known, size_t least,
			    const void __user *from, size_t given)
{
	int err;

	if (given < least)
		return zc_reject(ZC_REJECT_size_too_small, NULL);
	if (given > PAGE_SIZE)
		return zc_reject(ZC_REJECT_tail_not_zero, NULL);
	err = copy_struct_from_user(to, known, from, given);
	if (err == -E2BIG)
		return zc_reject(ZC_REJECT_tail_not_zero, NULL);
	if (err)
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	return 0;
}

/*
 * Copies out as much as the caller knows, and zeroes what he knows more.
 * Returns false if his memory is not there.
 */
static bool zc_ioctl_put(void __user *to, size_t given, const void *from,
			 size_t known)
{
	size_t n = min(given, known);

	return !copy_to_user(to, from, n) &&
	       !(given > n && clear_user(to + n, given - n));
}

static int zc_ioctl_add_elem(struct zc_xfer *x, const struct zcopy_elem *e)
{
	struct iov_iter from;
	struct file *file;
	int err;

	if (e->reserved)
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (e->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	switch (e->kind) {
	case ZCOPY_ELEM_MEMORY:
		if (e->fd)
			return zc_reject(ZC_REJECT_reserved_set, NULL);
		if (e->len > ZC_MAX_MEMORY)
			return zc_reject(ZC_REJECT_too_much_memory, NULL);
		zc_iov_iter_user(&from, u64_to_user_ptr(e->off), e->len);
		return zc_src_add_memory(&x->src, &from, NULL);
	case ZCOPY_ELEM_FILE:
		file = fget(e->fd);
		if (!file)
			return zc_reject(ZC_REJECT_source_bad_fd, NULL);
		err = zc_src_add_file(&x->src, file, e->off, e->len, NULL);
		if (err)
			fput(file);
		return err;
	}
	return zc_reject(ZC_REJECT_elem_kind, NULL);
}

static int zc_ioctl_add_elems(struct zc_xfer *x, const struct zcopy_send *s)
{
	struct zcopy_elem e;
	unsigned int i;
	int err;

	for (i = 0; i < s->nr_elems; i++) {
		err = zc_ioctl_copy_in(&e, sizeof(e), ZC_ELEM_VER0,
				       u64_to_user_ptr(s->elems) +
				       (u64)i * s->elem_size, s->elem_size);
		if (!err)
			err = zc_ioctl_add_elem(x, &e);
		if (err)
			return err;
	}
	return 0;
}

static int zc_ioctl_add_sink(struct zc_xfer *x, const struct zcopy_send *s)
{
	struct zcopy_sink sink;
	struct file *file;
	int err;

	err = zc_ioctl_copy_in(&sink, sizeof(sink), ZC_SINK_VER0,
			       u64_to_user_ptr(s->sinks), s->sink_size);
	if (err)
		return err;
	if (sink.flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (sink.reserved[0] || sink.reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (sink.rate)
		return zc_reject(ZC_REJECT_control_unsupported, NULL);
	file = fget(sink.fd);
	if (!file)
		return zc_reject(ZC_REJECT_sink_bad_fd, NULL);
	err = zc_xfer_set_sink(x, file, NULL);
	if (err)
		fput(file);
	return err;
}

/* Everything that can be said about a request without looking at its lists. */
static int zc_ioctl_check_send(const struct zcopy_send *s)
{
	if (s->reserved0 || s->id || memchr_inv(s->reserved, 0, sizeof(s->reserved)))
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (s->nr_elems > ZC_MAX_ELEMS)
		return zc_reject(ZC_REJECT_too_many_elems, NULL);
	if (s->nr_elems && s->elem_size < ZC_ELEM_VER0)
		return zc_reject(ZC_REJECT_elem_stride, NULL);
	if (s->nr_sinks && s->sink_size < ZC_SINK_VER0)
		return zc_reject(ZC_REJECT_sink_stride, NULL);
	return zc_caps_check_sinks(s->nr_sinks, s->flags, NULL);
}

static struct zc_xfer *zc_ioctl_build(struct zc_ctx *ctx,
				      const struct zcopy_send *s)
{
	const struct zc_terms terms = {
		.flags		= s->flags,
		.until		= s->until,
		.end		= s->end,
		.cookie		= s->cookie,
		.rate		= s->rate,
		.deadline_ns	= s->deadline_ns,
		.idle_ns	= s->idle_ns,
		.readahead	= s->readahead,
	};
	struct zc_xfer *x;
	int err;

	err = zc_ioctl_check_send(s);
	if (err)
		return ERR_PTR(err);
	x = zc_xfer_create(ctx, &terms, s->nr_elems, NULL);
	if (IS_ERR(x))
		return x;
	if (s->nr_sinks)
		err = zc_ioctl_add_sink(x, s);
	else
		zc_xfer_no_sink(x, current->nsproxy->net_ns);
	if (!err)
		err = zc_ioctl_add_elems(x, s);
	if (err) {
		zc_xfer_abandon(x);
		return ERR_PTR(err);
	}
	return x;
}

static long zc_ioctl_send(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_send *s = &a->send;
	void __user *to = u64_to_user_ptr(s->results);
	struct zcopy_result res;
	struct zc_xfer *x;
	long err;

	if (!s->results || s->result_size < ZC_RESULT_VER0 ||
	    s->result_size > PAGE_SIZE)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	/* Nothing is sent for a caller who cannot be told about it. */
	if (!access_ok(to, s->result_size) || clear_user(to, s->result_size))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	x = zc_ioctl_build(ctx, s);
	if (IS_ERR(x))
		return PTR_ERR(x);
	x->dontwait = (s->flags & ZCOPY_F_DONTWAIT) ||
		      (x->sink.file && (x->sink.file->f_flags & O_NONBLOCK));
	err = zc_xfer_send(x, NULL);
	if (err)
		return err;
	zc_xfer_result(x, &res);
	s->id = x->id;
	zc_xfer_put(x);
	/* Written to before: who takes it away meanwhile sent all the same. */
	zc_ioctl_put(to, s->result_size, &res, sizeof(res));
	return 0;
}

static long zc_ioctl_submit(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_send *s = &a->send;
	struct zc_xfer *x;
	int err;

	if (s->results || s->result_size)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	if (s->flags & ZCOPY_F_DONTWAIT)
		return zc_reject(ZC_REJECT_flag_unsupported, NULL);
	x = zc_ioctl_build(ctx, s);
	if (IS_ERR(x))
		return PTR_ERR(x);
	err = zc_xfer_prepare(x, &s->id, NULL);
	if (!err)
		zc_xfer_start(x);
	return err;
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
		zc_xfer_result(x, &res);
		if (!zc_ioctl_put(u64_to_user_ptr(w->results) +
				  (u64)w->got * w->result_size,
				  w->result_size, &res, sizeof(res))) {
			zc_ctx_unreap(ctx, x);
			return zc_reject(ZC_REJECT_bad_pointer, NULL);
		}
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

static long zc_ioctl_wait(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_wait *w = &a->wait;
	long left = MAX_SCHEDULE_TIMEOUT;
	long err;

	if (w->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (w->got || w->reserved[0] || w->reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!w->nr_results || w->min > w->nr_results ||
	    w->result_size < ZC_RESULT_VER0 || w->result_size > PAGE_SIZE)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	if (w->id && !zc_ctx_has(ctx, w->id))
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	if (w->timeout_ns != ZCOPY_WAIT_FOREVER)
		left = nsecs_to_jiffies64(min_t(u64, w->timeout_ns, LLONG_MAX)) +
		       !!w->timeout_ns;
	left = min_t(u64, left, MAX_SCHEDULE_TIMEOUT);

	for (;;) {
		err = zc_ioctl_collect(ctx, w);
		if (err)
			return w->got ? 0 : err;
		if (w->got >= w->min || left == 0 || (w->id && w->got))
			return 0;
		/* Another caller was faster. */
		if (w->id && !zc_ctx_has(ctx, w->id))
			return zc_reject(ZC_REJECT_no_such_transfer, NULL);
		if (zc_ctx_drained(ctx))
			return 0;
		left = wait_event_interruptible_timeout(ctx->wq,
							zc_ioctl_wait_over(ctx, w),
							left);
		if (left < 0)
			return w->got ? 0 : -EINTR;
	}
}

static long zc_ioctl_cancel(struct zc_ctx *ctx, union zc_ioctl_arg *a)
{
	struct zcopy_cancel *c = &a->cancel;

	if (c->flags & ~ZCOPY_CANCEL_ALL)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (c->count || c->reserved0 || c->reserved[0] || c->reserved[1] ||
	    (c->flags && c->id))
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!c->flags && !c->id)
		return zc_reject(ZC_REJECT_no_such_transfer, NULL);
	c->count = zc_ctx_cancel(ctx, c->id);
	if (c->id && !c->count)
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

static const struct zc_ioctl_verb {
	u32 size;
	u32 least;
	long (*run)(struct zc_ctx *ctx, union zc_ioctl_arg *arg);
} zc_ioctl_verbs[] = {
	[_IOC_NR(ZCOPY_IOC_QUERY)]  = { sizeof(struct zcopy_query),
					ZC_QUERY_VER0, zc_ioctl_query },
	[_IOC_NR(ZCOPY_IOC_SEND)]   = { sizeof(struct zcopy_send),
					ZC_SEND_VER0, zc_ioctl_send },
	[_IOC_NR(ZCOPY_IOC_SUBMIT)] = { sizeof(struct zcopy_send),
					ZC_SEND_VER0, zc_ioctl_submit },
	[_IOC_NR(ZCOPY_IOC_WAIT)]   = { sizeof(struct zcopy_wait),
					ZC_WAIT_VER0, zc_ioctl_wait },
	[_IOC_NR(ZCOPY_IOC_CANCEL)] = { sizeof(struct zcopy_cancel),
					ZC_CANCEL_VER0, zc_ioctl_cancel },
};

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
	union zc_ioctl_arg a;
	u32 size;
	long ret;

	if (_IOC_TYPE(cmd) != ZCOPY_IOC_TYPE ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(zc_ioctl_verbs) ||
	    cmd != _IO(ZCOPY_IOC_TYPE, _IOC_NR(cmd)))
		return zc_reject(ZC_REJECT_verb_unknown, NULL);
	verb = &zc_ioctl_verbs[_IOC_NR(cmd)];

	if (get_user(size, (u32 __user *)user))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	ret = zc_ioctl_copy_in(&a, verb->size, verb->least, user, size);
	if (ret)
		return ret;
	/* Nothing is done for a caller who cannot be told about it. */
	size = min_t(u32, size, verb->size);
	if (!zc_ioctl_put(user, size, &a, size))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	ret = verb->run(file->private_data, &a);
	if (!ret)
		zc_ioctl_put(user, size, &a, size);
	return ret;
}
