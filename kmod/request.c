// SPDX-License-Identifier: GPL-2.0
/*
 * Builds transfers from a struct zcopy_send in user memory (ioctl, io_uring), or from a
 * struct zcopy_sendfile (ioctl).  Netlink builds its own.  caps.c, src.c and sink.c decide
 * which terms, files and sockets are acceptable.
 */
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "caps.h"
#include "compat/compat.h"
#include "ctx.h"
#include "reject.h"
#include "request.h"
#include "user.h"
#include "xfer.h"

static_assert(sizeof(struct zcopy_send) == ZC_SEND_VER0);
static_assert(sizeof(struct zcopy_elem) == ZC_ELEM_VER0);
static_assert(sizeof(struct zcopy_sink) == ZC_SINK_VER0);

/* Elements copied in at once if the caller's struct has our size */
#define ZC_REQUEST_ELEMS	8

/*
 * A SEND to one socket ends, and lets its files go, before its system call does.  So it
 * needs references only where other threads may close the descriptors meanwhile.
 */
static struct file *zc_request_file(const struct zc_xfer *x, int fd, bool *borrowed)
{
	*borrowed = false;
	return x->src.reader == ZC_SRC_READ_HERE ? zc_fdget(fd, borrowed) : fget(fd);
}

static int zc_request_add_file(struct zc_request *r, struct zc_xfer *x, int fd,
			       u64 off, u64 len)
{
	bool borrowed;
	struct file *file = zc_request_file(x, fd, &borrowed);
	int err = 0;

	if (!file)
		return zc_reject(ZC_REJECT_source_bad_fd, NULL);
	if (x->terms.flags & ZCOPY_F_POSITION) {
		err = zc_position_get(&r->position, file, off);
		off = r->position.from;
	}
	if (!err)
		err = zc_src_add_file(&x->src, file, off, len, NULL);
	if (!err)
		x->src.elems[x->src.nr - 1].borrowed = borrowed;
	else if (!borrowed)
		fput(file);
	return err;
}

/* Walking an iterator would cost more than copying the bytes of a header. */
static int zc_request_add_memory(struct zc_xfer *x, u64 at, u64 len)
{
	struct zc_memory *m = x->ctx ? &x->ctx->memory : NULL;
	void __user *from = u64_to_user_ptr(at);
	struct zc_src *src = &x->src;
	struct iov_iter it;
	int err = 0;
	void *to;

	if (x->terms.flags & ZCOPY_F_POSITION)
		return zc_reject(ZC_REJECT_position_conflict, NULL);
	if (len > ZC_MAX_MEMORY)
		return zc_reject(ZC_REJECT_too_much_memory, NULL);
	/* SECURITY: copying may take for ever; what is held then is charged. */
	if (x->light && src->mem_bytes + len > ZC_XFER_LIGHT_MEMORY)
		err = zc_xfer_outgrow(x, NULL);
	if (err)
		return err;
	to = zc_memory_begin(src, m, len);
	if (to)
		return zc_memory_end(src, m, len, !copy_from_user(to, from, len));
	zc_iov_iter_user(&it, from, len);
	return zc_src_add_memory(src, m, &it, NULL);
}

static int zc_request_add_record(struct zc_xfer *x, const struct zcopy_elem *e,
				 unsigned int nr_elems)
{
	int err;

	err = zc_caps_check_record(&x->terms, e->record, e->len, nr_elems, NULL);
	if (err)
		return err;
	x->src.record = e->record;
	return zc_request_add_memory(x, e->off, e->len);
}

static int zc_request_add_elem(struct zc_request *r, struct zc_xfer *x,
			       const struct zcopy_elem *e, unsigned int nr_elems)
{
	if (e->record && e->kind != ZCOPY_ELEM_RECORD)
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (e->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	switch (e->kind) {
	case ZCOPY_ELEM_MEMORY:
		if (e->fd)
			return zc_reject(ZC_REJECT_reserved_set, NULL);
		return zc_request_add_memory(x, e->off, e->len);
	case ZCOPY_ELEM_RECORD:
		if (e->fd)
			return zc_reject(ZC_REJECT_reserved_set, NULL);
		return zc_request_add_record(x, e, nr_elems);
	case ZCOPY_ELEM_FILE:
		return zc_request_add_file(r, x, e->fd, e->off, e->len);
	}
	return zc_reject(ZC_REJECT_elem_kind, NULL);
}

/* Copies in up to @nr elements.  Returns how many, or the errno of a refusal. */
static int zc_request_copy_elems(struct zcopy_elem *e, const void __user *from,
				 unsigned int nr, size_t stride)
{
	int err;

	if (stride != sizeof(*e)) {
		err = zc_user_copy_in(e, sizeof(*e), ZC_ELEM_VER0, from, stride);
		return err ?: 1;
	}
	nr = min_t(unsigned int, nr, ZC_REQUEST_ELEMS);
	if (!zc_user_get(e, from, nr * sizeof(*e)))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	return nr;
}

static int zc_request_add_elems(struct zc_request *r, struct zc_xfer *x,
				const struct zcopy_send *s)
{
	const void __user *from = u64_to_user_ptr(s->elems);
	/* Only those that were copied in are read. */
	struct zcopy_elem e[ZC_REQUEST_ELEMS] __uninitialized;
	unsigned int left = s->nr_elems;
	int i, got, err;

	while (left) {
		got = zc_request_copy_elems(e, from, left, s->elem_size);
		if (got < 0)
			return got;
		for (i = 0; i < got; i++) {
			err = zc_request_add_elem(r, x, &e[i], s->nr_elems);
			if (err)
				return err;
		}
		from += (size_t)got * s->elem_size;
		left -= got;
	}
	return 0;
}

static int zc_request_set_sink(struct zc_xfer *x, int fd)
{
	bool borrowed;
	struct file *file = zc_request_file(x, fd, &borrowed);
	int err;

	if (!file)
		return zc_reject(ZC_REJECT_sink_bad_fd, NULL);
	err = zc_xfer_set_sink(x, file, NULL);
	if (!err)
		x->sink.borrowed = borrowed;
	else if (!borrowed)
		fput(file);
	return err;
}

static int zc_request_add_sink(struct zc_xfer *x, const struct zcopy_send *s,
			       unsigned int nr)
{
	struct zcopy_sink sink;
	int err;

	err = zc_user_copy_in(&sink, sizeof(sink), ZC_SINK_VER0,
			      u64_to_user_ptr(s->sinks) + (u64)nr * s->sink_size,
			      s->sink_size);
	if (err)
		return err;
	if (sink.flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (sink.reserved[0] || sink.reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	err = zc_request_set_sink(x, sink.fd);
	if (!err)
		x->rate = zc_clock_lower(x->rate, sink.rate);
	return err;
}

/* Checks a request without reading its lists. */
static int zc_request_check(const struct zcopy_send *s)
{
	if (s->reserved0 || s->reserved[0] || s->reserved[1] || s->reserved[2] ||
	    s->reserved[3])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (s->nr_elems > ZC_MAX_ELEMS)
		return zc_reject(ZC_REJECT_too_many_elems, NULL);
	if (s->nr_elems && s->elem_size < ZC_ELEM_VER0)
		return zc_reject(ZC_REJECT_elem_stride, NULL);
	if (s->nr_sinks && s->sink_size < ZC_SINK_VER0)
		return zc_reject(ZC_REJECT_sink_stride, NULL);
	if ((s->flags & ZCOPY_F_POSITION) && (s->nr_elems != 1 || s->nr_sinks != 1))
		return zc_reject(ZC_REJECT_position_conflict, NULL);
	return zc_caps_check_sinks(s->nr_sinks, s->flags, NULL);
}

/* Makes the next transfer of @r; all have the elements of the first. */
static struct zc_xfer *zc_request_build_one(struct zc_request *r,
					    struct zc_ctx *ctx,
					    const struct zcopy_send *s,
					    enum zc_src_reader reader)
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
	int err = 0;

	x = zc_xfer_create(ctx, &terms, s->nr_elems, reader == ZC_SRC_READ_HERE, NULL);
	if (IS_ERR(x))
		return x;
	x->sink_nr = r->nr;
	x->src.reader = reader;
	if (s->nr_sinks)
		err = zc_request_add_sink(x, s, r->nr);
	else
		zc_xfer_no_sink(x, current->nsproxy->net_ns);
	if (!err && r->nr)
		err = zc_src_copy(&x->src, &r->x[0]->src) ?
		      zc_reject(ZC_REJECT_no_memory, NULL) : 0;
	else if (!err)
		err = zc_request_add_elems(r, x, s);
	if (!err && x->src.record)
		err = zc_sink_check_record(&x->sink, NULL);
	if (err) {
		zc_xfer_abandon(x);
		return ERR_PTR(err);
	}
	return x;
}

/**
 * zc_request_init - make room for transfers
 * @r: filled in, empty
 * @nr: most transfers that @r will hold
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: May sleep.
 * Return: 0, or the errno of a refusal.
 */
int zc_request_init(struct zc_request *r, unsigned int nr,
		    struct netlink_ext_ack *extack)
{
	r->nr = 0;
	r->x = &r->one;
	r->position = (struct zc_position) { };
	if (nr <= 1)
		return 0;
	r->x = kmalloc_array(nr, sizeof(*r->x), GFP_KERNEL_ACCOUNT);
	return r->x ? 0 : zc_reject(ZC_REJECT_no_memory, extack);
}

/**
 * zc_request_free - free what a request has besides its transfers
 * @r: the request; no transfer in it is used any more
 *
 * Context: Process context or worker.
 */
void zc_request_free(struct zc_request *r)
{
	zc_position_put(&r->position);
	if (r->x != &r->one)
		kfree(r->x);
}

/**
 * zc_request_build - make the transfers that a struct zcopy_send asks for
 * @r: filled in
 * @ctx: the open device
 * @s: the struct, copied in; its lists are copied in here
 * @reader: how to read files whose bytes depend on the task that reads
 *
 * Context: Process context of the submitter, with its memory.  May sleep.
 * Return: 0, or the errno of a refusal.  REF: on success @r has one reference to each
 * transfer, which zc_request_prepare(), zc_request_run() or zc_request_abandon() takes
 * over.
 */
int zc_request_build(struct zc_request *r, struct zc_ctx *ctx,
		     const struct zcopy_send *s, enum zc_src_reader reader)
{
	struct zc_xfer *x;
	unsigned int i;
	int err;

	err = zc_request_check(s);
	if (err)
		return err;
	err = zc_request_init(r, s->nr_sinks, NULL);
	if (err)
		return err;
	/* Workers send to several sockets, so the submitter must read now. */
	if (reader == ZC_SRC_READ_HERE && s->nr_sinks > 1)
		reader = ZC_SRC_READ_NOW;
	/* Without a socket (ZCOPY_F_WARM) it is one transfer. */
	for (i = 0; i < max(s->nr_sinks, 1U); i++) {
		x = zc_request_build_one(r, ctx, s, reader);
		if (IS_ERR(x)) {
			zc_request_abandon(r);
			return PTR_ERR(x);
		}
		r->x[r->nr++] = x;
	}
	return 0;
}

static int zc_request_fill_file(struct zc_request *r, struct zc_xfer *x,
				const struct zcopy_sendfile *s)
{
	int err = zc_request_set_sink(x, s->sock);

	if (!err && s->head_len)
		err = zc_request_add_memory(x, s->head, s->head_len);
	if (!err)
		err = zc_request_add_file(r, x, s->file, s->off, s->len);
	if (!err && s->tail_len)
		err = zc_request_add_memory(x, s->tail, s->tail_len);
	return err;
}

/**
 * zc_request_build_file - make the transfer that a struct zcopy_sendfile asks for
 * @r: filled in
 * @ctx: the open device
 * @s: the struct, copied in
 *
 * Context: Process context of the submitter, with its memory.  May sleep.
 * Return: 0, or the errno of a refusal.  REF: as for zc_request_build().
 */
int zc_request_build_file(struct zc_request *r, struct zc_ctx *ctx,
			  const struct zcopy_sendfile *s)
{
	const struct zc_terms terms = {
		.flags	= s->flags,
		.until	= s->until,
		.end	= s->end,
		.cookie	= s->cookie,
	};
	struct zc_xfer *x;
	int err;

	if (s->reserved)
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	/* There is a socket. */
	if (s->flags & ZCOPY_F_WARM)
		return zc_reject(ZC_REJECT_warm_conflict, NULL);
	x = zc_xfer_create(ctx, &terms, 1 + !!s->head_len + !!s->tail_len, true, NULL);
	if (IS_ERR(x))
		return PTR_ERR(x);
	x->src.reader = ZC_SRC_READ_HERE;
	zc_request_init(r, 1, NULL);
	r->x[r->nr++] = x;
	err = zc_request_fill_file(r, x, s);
	if (err)
		zc_request_abandon(r);
	return err;
}

/**
 * zc_request_abandon - drop transfers that were built but not prepared
 * @r: REF: all are dropped
 *
 * Context: Process context, may sleep.
 */
void zc_request_abandon(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_abandon(r->x[i]);
	zc_request_free(r);
}
