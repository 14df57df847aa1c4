// SPDX-License-Identifier: GPL-2.0
/*
 * Submission through generic netlink: a message becomes a transfer per socket.
 * Descriptors are those of the sending process, which must be the process that opened
 * the netlink socket.  A transfer belongs to the open device that the message names,
 * and ends when the device is closed, unless it is detached.
 */
#include <linux/file.h>
#include <linux/uio.h>
#include <net/genetlink.h>

#include "caps.h"
#include "compat/compat.h"
#include "dev.h"
#include "genl.h"
#include "reject.h"
#include "request.h"
#include "xfer.h"

static const struct nla_policy zc_genl_elem[ZCOPY_A_ELEM_MAX + 1] = {
	[ZCOPY_A_ELEM_FD]	= { .type = NLA_S32 },
	[ZCOPY_A_ELEM_OFF]	= { .type = NLA_U64 },
	[ZCOPY_A_ELEM_LEN]	= { .type = NLA_U64 },
	[ZCOPY_A_ELEM_DATA]	= { .type = NLA_BINARY },
	[ZCOPY_A_ELEM_RECORD]	= { .type = NLA_U8 },
};

static const struct nla_policy zc_genl_sink[ZCOPY_A_SINK_MAX + 1] = {
	[ZCOPY_A_SINK_FD]	= { .type = NLA_S32 },
	[ZCOPY_A_SINK_RATE]	= { .type = NLA_U64 },
};

static const struct nla_policy zc_genl_submit_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_DEV]		= { .type = NLA_S32 },
	[ZCOPY_A_ELEM]		= NLA_POLICY_NESTED(zc_genl_elem),
	[ZCOPY_A_SINK]		= NLA_POLICY_NESTED(zc_genl_sink),
	[ZCOPY_A_FLAGS]		= { .type = NLA_U32 },
	[ZCOPY_A_UNTIL]		= { .type = NLA_U32 },
	[ZCOPY_A_END]		= { .type = NLA_U32 },
	[ZCOPY_A_COOKIE]	= { .type = NLA_U64 },
	[ZCOPY_A_RATE]		= { .type = NLA_U64 },
	[ZCOPY_A_DEADLINE_NS]	= { .type = NLA_U64 },
	[ZCOPY_A_IDLE_NS]	= { .type = NLA_U64 },
	[ZCOPY_A_READAHEAD]	= { .type = NLA_U64 },
};

/* A submission while its message is handled */
struct zc_genl_ask {
	struct genl_info *info;
	struct zc_terms terms;
	unsigned int over;	/* pages over memory.high; see zc_memcg_put_off() */
};

static u32 zc_genl_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static u64 zc_genl_u64(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static int zc_genl_add_data(struct zc_xfer *x, struct nlattr **tb,
			    unsigned int nr_elems, struct netlink_ext_ack *extack)
{
	struct nlattr *data = tb[ZCOPY_A_ELEM_DATA], *record = tb[ZCOPY_A_ELEM_RECORD];
	struct kvec vec = { .iov_base = nla_data(data), .iov_len = nla_len(data) };
	struct iov_iter from;
	int err = 0;

	if (record)
		err = zc_caps_check_record(&x->terms, nla_get_u8(record), vec.iov_len,
					   nr_elems, extack);
	if (err)
		return err;
	if (record)
		x->src.record = nla_get_u8(record);
	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, vec.iov_len);
	return zc_src_add_memory(&x->src, NULL, &from, extack);
}

static int zc_genl_add_elem(struct zc_xfer *x, const struct nlattr *nest,
			    unsigned int nr_elems, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ZCOPY_A_ELEM_MAX + 1];
	u64 off = 0, len = ZCOPY_LEN_EOF;
	struct file *file;
	int err;

	err = nla_parse_nested(tb, ZCOPY_A_ELEM_MAX, nest, zc_genl_elem, extack);
	if (err)
		return zc_genl_malformed(extack);
	if (tb[ZCOPY_A_ELEM_DATA]) {
		if (tb[ZCOPY_A_ELEM_FD] || tb[ZCOPY_A_ELEM_OFF] ||
		    tb[ZCOPY_A_ELEM_LEN])
			return zc_reject(ZC_REJECT_elem_kind, extack);
		return zc_genl_add_data(x, tb, nr_elems, extack);
	}
	if (!tb[ZCOPY_A_ELEM_FD] || tb[ZCOPY_A_ELEM_RECORD])
		return zc_reject(ZC_REJECT_elem_kind, extack);
	if (tb[ZCOPY_A_ELEM_OFF])
		off = nla_get_u64(tb[ZCOPY_A_ELEM_OFF]);
	if (tb[ZCOPY_A_ELEM_LEN])
		len = nla_get_u64(tb[ZCOPY_A_ELEM_LEN]);
	file = fget(nla_get_s32(tb[ZCOPY_A_ELEM_FD]));
	if (!file)
		return zc_reject(ZC_REJECT_source_bad_fd, extack);
	err = zc_src_add_file(&x->src, file, off, len, extack);
	if (err)
		fput(file);
	return err;
}

static int zc_genl_add_sink(struct zc_xfer *x, const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ZCOPY_A_SINK_MAX + 1];
	struct file *file;
	u64 rate;
	int err;

	err = nla_parse_nested(tb, ZCOPY_A_SINK_MAX, nest, zc_genl_sink, extack);
	if (err)
		return zc_genl_malformed(extack);
	if (!tb[ZCOPY_A_SINK_FD])
		return zc_reject(ZC_REJECT_no_sink, extack);
	rate = zc_genl_u64(tb[ZCOPY_A_SINK_RATE]);
	file = fget(nla_get_s32(tb[ZCOPY_A_SINK_FD]));
	if (!file)
		return zc_reject(ZC_REJECT_sink_bad_fd, extack);
	err = zc_xfer_set_sink(x, file, extack);
	if (err) {
		fput(file);
		return err;
	}
	x->rate = zc_clock_lower(x->rate, rate);
	return x->src.record ? zc_sink_check_record(&x->sink, extack) : 0;
}

/*
 * SECURITY: a sender needs an open device, so the rights on the device node hold for
 * netlink, too.
 * REF: the open device pins the module until a transfer does.
 */
static struct file *zc_genl_get_device(const struct nlattr *dev,
				       struct netlink_ext_ack *extack)
{
	struct file *file;

	if (!dev)
		return ERR_PTR(zc_reject(ZC_REJECT_device_missing, extack));
	file = fget(nla_get_s32(dev));
	if (file && zc_dev_is(file))
		return file;
	if (file)
		fput(file);
	return ERR_PTR(zc_reject(ZC_REJECT_device_wrong, extack));
}

static int zc_genl_terms(struct nlattr **tb, struct zc_terms *t,
			 struct netlink_ext_ack *extack)
{
	*t = (struct zc_terms) {
		.flags		= zc_genl_u32(tb[ZCOPY_A_FLAGS]),
		.until		= zc_genl_u32(tb[ZCOPY_A_UNTIL]),
		.end		= zc_genl_u32(tb[ZCOPY_A_END]),
		.cookie		= zc_genl_u64(tb[ZCOPY_A_COOKIE]),
		.rate		= zc_genl_u64(tb[ZCOPY_A_RATE]),
		.deadline_ns	= zc_genl_u64(tb[ZCOPY_A_DEADLINE_NS]),
		.idle_ns	= zc_genl_u64(tb[ZCOPY_A_IDLE_NS]),
		.readahead	= zc_genl_u64(tb[ZCOPY_A_READAHEAD]),
	};
	if (t->flags & (ZCOPY_F_DONTWAIT | ZCOPY_F_POSITION))
		return zc_reject(ZC_REJECT_flag_unsupported, extack);
	return 0;
}

/* As a rule a transfer's lists take fewer pages than make a task sleep in a charge. */
static struct zc_xfer *zc_genl_create(struct zc_genl_ask *ask, unsigned int nr_elems)
{
	struct genl_info *info = ask->info;
	const struct file *dev = info->user_ptr[1];
	struct zc_xfer *x;

	zc_memcg_put_off(&ask->over);
	x = zc_xfer_create(dev->private_data, &ask->terms, nr_elems, false,
			   info->extack);
	zc_memcg_put_off(&ask->over);
	if (IS_ERR(x))
		return x;
	/* The device can cancel it; the netlink socket, not the device, reports its end. */
	if (x->ctx)
		x->notify = zc_xfer_told;
	x->nl = zc_genl_sock_get(info->user_ptr[0], info->snd_portid);
	if (x->nl)
		return x;
	zc_xfer_abandon(x);
	return ERR_PTR(zc_reject(ZC_REJECT_no_memory, info->extack));
}

/* Makes the first transfer, with the element list for all. */
static int zc_genl_build_first(struct zc_request *r, struct zc_genl_ask *ask,
			       unsigned int nr_elems)
{
	struct genl_info *info = ask->info;
	const struct nlattr *attr;
	struct zc_xfer *x;
	int err, rem;

	x = zc_genl_create(ask, nr_elems);
	if (IS_ERR(x))
		return PTR_ERR(x);
	r->x[r->nr++] = x;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_ELEM)
			continue;
		err = zc_genl_add_elem(x, attr, nr_elems, info->extack);
		if (err)
			return err;
	}
	return 0;
}

/* Makes one transfer per socket; the first exists already. */
static int zc_genl_build_sinks(struct zc_request *r, struct zc_genl_ask *ask)
{
	struct zc_xfer *first = r->x[0], *x = first;
	struct genl_info *info = ask->info;
	const struct nlattr *attr;
	unsigned int nr = 0;
	int err, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_SINK)
			continue;
		if (nr) {
			x = zc_genl_create(ask, first->src.nr);
			if (IS_ERR(x))
				return PTR_ERR(x);
			r->x[r->nr++] = x;
			if (zc_src_copy(&x->src, &first->src))
				return zc_reject(ZC_REJECT_no_memory, info->extack);
		}
		x->sink_nr = nr++;
		err = zc_genl_add_sink(x, attr, info->extack);
		if (err)
			return err;
	}
	if (!nr)
		zc_xfer_no_sink(first, genl_info_net(info));
	return 0;
}

static int zc_genl_build(struct zc_request *r, struct zc_genl_ask *ask)
{
	unsigned int nr_elems = 0, nr_sinks = 0;
	struct genl_info *info = ask->info;
	const struct nlattr *attr;
	int err, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		nr_elems += nla_type(attr) == ZCOPY_A_ELEM;
		nr_sinks += nla_type(attr) == ZCOPY_A_SINK;
	}
	err = zc_caps_check_sinks(nr_sinks, ask->terms.flags, info->extack);
	if (!err)
		err = zc_request_init(r, nr_sinks, info->extack);
	if (err)
		return err;
	zc_memcg_put_off(&ask->over);
	err = zc_genl_build_first(r, ask, nr_elems);
	if (!err)
		err = zc_genl_build_sinks(r, ask);
	if (err)
		zc_request_abandon(r);
	return err;
}

static void zc_genl_put_ids(struct sk_buff *msg, const struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		struct nlattr *nest = nla_nest_start(msg, ZCOPY_A_TRANSFER);

		/* Cannot happen: the message has room for all numbers. */
		if (!nest)
			return;
		nla_put_u64_64bit(msg, ZCOPY_A_X_ID, r->x[i]->id, ZCOPY_A_X_PAD);
		nla_nest_end(msg, nest);
	}
}

static int zc_genl_start(struct zc_genl_ask *ask)
{
	struct genl_info *info = ask->info;
	struct netlink_ext_ack *extack = info->extack;
	struct zc_request r;
	struct sk_buff *msg;
	void *hdr;
	int err;

	/* Allocate the answer first: it must not fail after the submission. */
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, ZCOPY_CMD_SUBMIT);
	if (!hdr) {
		nlmsg_free(msg);
		return zc_reject(ZC_REJECT_no_memory, extack);
	}

	err = zc_genl_build(&r, ask);
	if (!err)
		err = zc_request_prepare(&r, false, extack);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	/* ORDER: the sender gets the numbers before a completion can come. */
	zc_genl_put_ids(msg, &r);
	genlmsg_end(msg, hdr);
	genlmsg_reply(msg, info);
	zc_request_start(&r);
	return 0;
}

/**
 * zc_genl_submit - ZCOPY_CMD_SUBMIT
 * @skb: the message
 * @info: the parsed message
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_submit(struct sk_buff *skb, struct genl_info *info)
{
	struct zc_genl_ask ask = { .info = info };
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct file *dev;
	int err;

	err = zc_genl_parse(info->nlhdr, tb, zc_genl_submit_policy, info->extack);
	if (err)
		return err;
	/* SECURITY: before any descriptor is looked at */
	if (!zc_genl_from_opener(skb))
		return zc_reject(ZC_REJECT_netlink_not_opener, info->extack);
	info->user_ptr[0] = NETLINK_CB(skb).sk;
	dev = zc_genl_get_device(tb[ZCOPY_A_DEV], info->extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	info->user_ptr[1] = dev;
	/* Messages of the same datagram may have gone before. */
	zc_memcg_put_off(&ask.over);
	err = zc_genl_terms(tb, &ask.terms, info->extack);
	if (!err)
		err = zc_genl_start(&ask);
	/* ORDER: the sleep that was put off comes when the lock of netlink is dropped. */
	zc_memcg_catch_up(ask.over);
	fput(dev);
	return err;
}
