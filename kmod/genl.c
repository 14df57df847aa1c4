// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink door: the same transfers as through the device, without
 * waiting.  Messages are parsed here, strictly, and not by the core, so that
 * a malformed one is refused, named and counted like everything else.
 */
#include <linux/file.h>
#include <linux/uio.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "caps.h"
#include "compat/compat.h"
#include "dev.h"
#include "genl.h"
#include "registry.h"
#include "reject.h"
#include "stats.h"
#include "xfer.h"

static const struct nla_policy zc_genl_elem[ZCOPY_A_ELEM_MAX + 1] = {
	[ZCOPY_A_ELEM_FD]	= { .type = NLA_S32 },
	[ZCOPY_A_ELEM_OFF]	= { .type = NLA_U64 },
	[ZCOPY_A_ELEM_LEN]	= { .type = NLA_U64 },
	[ZCOPY_A_ELEM_DATA]	= { .type = NLA_BINARY },
};

static const struct nla_policy zc_genl_sink[ZCOPY_A_SINK_MAX + 1] = {
	[ZCOPY_A_SINK_FD]	= { .type = NLA_S32 },
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

static const struct nla_policy zc_genl_get_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
};

static const struct nla_policy zc_genl_cancel_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_ALL]		= { .type = NLA_FLAG },
};

/* No attribute is known. */
static const struct nla_policy zc_genl_no_policy[ZCOPY_A_MAX + 1];

static int zc_genl_malformed(struct netlink_ext_ack *extack)
{
	const char *words = extack ? extack->_msg : NULL;
	int err = zc_reject(ZC_REJECT_message_malformed, extack);

	/* The parser's own sentence says more. */
	if (words)
		extack->_msg = words;
	return err;
}

/* Only elements and sockets may come more than once. */
static bool zc_genl_repeats(const struct nlmsghdr *nlh)
{
	const u64 lists = BIT_ULL(ZCOPY_A_ELEM) | BIT_ULL(ZCOPY_A_SINK);
	const struct nlattr *attr;
	u64 seen = 0;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (seen & ~lists & BIT_ULL(nla_type(attr)))
			return true;
		seen |= BIT_ULL(nla_type(attr));
	}
	return false;
}

static int zc_genl_parse(struct genl_info *info, struct nlattr **tb,
			 const struct nla_policy *policy)
{
	int err;

	if (info->genlhdr->reserved)
		return zc_reject(ZC_REJECT_reserved_set, info->extack);
	err = nlmsg_parse(info->nlhdr, GENL_HDRLEN, tb, ZCOPY_A_MAX, policy,
			  info->extack);
	if (err)
		return zc_genl_malformed(info->extack);
	if (zc_genl_repeats(info->nlhdr)) {
		NL_SET_ERR_MSG(info->extack, "an attribute was given twice");
		return zc_genl_malformed(info->extack);
	}
	return 0;
}

/* ---- submit ---- */

static int zc_genl_add_elem(struct zc_xfer *x, const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ZCOPY_A_ELEM_MAX + 1];
	u64 off = 0, len = ZCOPY_LEN_EOF;
	struct iov_iter from;
	struct file *file;
	struct kvec vec;
	int err;

	err = nla_parse_nested(tb, ZCOPY_A_ELEM_MAX, nest, zc_genl_elem, extack);
	if (err)
		return zc_genl_malformed(extack);
	if (tb[ZCOPY_A_ELEM_DATA]) {
		if (tb[ZCOPY_A_ELEM_FD] || tb[ZCOPY_A_ELEM_OFF] ||
		    tb[ZCOPY_A_ELEM_LEN])
			return zc_reject(ZC_REJECT_elem_kind, extack);
		vec.iov_base = nla_data(tb[ZCOPY_A_ELEM_DATA]);
		vec.iov_len = nla_len(tb[ZCOPY_A_ELEM_DATA]);
		iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, vec.iov_len);
		return zc_src_add_memory(&x->src, NULL, &from, extack);
	}
	if (!tb[ZCOPY_A_ELEM_FD])
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
	int err;

	err = nla_parse_nested(tb, ZCOPY_A_SINK_MAX, nest, zc_genl_sink, extack);
	if (err)
		return zc_genl_malformed(extack);
	if (!tb[ZCOPY_A_SINK_FD])
		return zc_reject(ZC_REJECT_no_sink, extack);
	file = fget(nla_get_s32(tb[ZCOPY_A_SINK_FD]));
	if (!file)
		return zc_reject(ZC_REJECT_sink_bad_fd, extack);
	err = zc_xfer_set_sink(x, file, extack);
	if (err)
		fput(file);
	return err;
}

/*
 * SECURITY: the rights on the device node guard this door too.
 * REF: the open device pins the module until a transfer of its own does.
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

static u32 zc_genl_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static u64 zc_genl_u64(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
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
	if (t->flags & ZCOPY_F_DONTWAIT)
		return zc_reject(ZC_REJECT_flag_unsupported, extack);
	/* What comes in here is detached in any case. */
	t->flags &= ~ZCOPY_F_DETACHED;
	return 0;
}

static int zc_genl_fill_lists(struct zc_xfer *x, struct genl_info *info,
			      unsigned int nr_sinks)
{
	const struct nlattr *attr;
	int err, rem;

	err = zc_caps_check_sinks(nr_sinks, info->extack);
	if (err)
		return err;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) == ZCOPY_A_SINK)
			err = zc_genl_add_sink(x, attr, info->extack);
		else if (nla_type(attr) == ZCOPY_A_ELEM)
			err = zc_genl_add_elem(x, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static int zc_genl_reply_id(struct sk_buff *msg, void *hdr, u64 id)
{
	struct nlattr *nest = nla_nest_start(msg, ZCOPY_A_TRANSFER);

	if (!nest || nla_put_u64_64bit(msg, ZCOPY_A_X_ID, id, ZCOPY_A_X_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, hdr);
	return 0;
}

static int zc_genl_start(struct genl_info *info, const struct zc_terms *terms)
{
	struct netlink_ext_ack *extack = info->extack;
	unsigned int nr_elems = 0, nr_sinks = 0;
	const struct nlattr *attr;
	struct sk_buff *msg;
	struct zc_xfer *x;
	void *hdr;
	int err, rem;
	u64 id;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		nr_elems += nla_type(attr) == ZCOPY_A_ELEM;
		nr_sinks += nla_type(attr) == ZCOPY_A_SINK;
	}

	/* The answer is there before anything is done that it must tell. */
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, ZCOPY_CMD_SUBMIT);

	x = zc_xfer_create(NULL, terms, nr_elems, extack);
	if (IS_ERR(x)) {
		err = PTR_ERR(x);
		goto out_free;
	}
	x->portid = info->snd_portid;
	x->door = get_net(genl_info_net(info));
	err = zc_genl_fill_lists(x, info, nr_sinks);
	if (err) {
		zc_xfer_abandon(x);
		goto out_free;
	}
	err = zc_xfer_prepare(x, &id, extack);
	if (err)
		goto out_free;
	/* ORDER: the sender knows the number before he is told of the end. */
	zc_genl_reply_id(msg, hdr, id);
	genlmsg_reply(msg, info);
	zc_xfer_start(x);
	return 0;

out_free:
	nlmsg_free(msg);
	return err;
}

static int zc_genl_submit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zc_terms terms;
	struct file *dev;
	int err;

	err = zc_genl_parse(info, tb, zc_genl_submit_policy);
	if (err)
		return err;
	dev = zc_genl_get_device(tb[ZCOPY_A_DEV], info->extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = zc_genl_terms(tb, &terms, info->extack);
	if (!err)
		err = zc_genl_start(info, &terms);
	fput(dev);
	return err;
}

/* ---- get, cancel ---- */

/* The user who opened the netlink socket that a message came through. */
static bool zc_genl_opened_by(const struct sk_buff *skb, kuid_t uid)
{
	const struct socket *sock = NETLINK_CB(skb).sk->sk_socket;

	return sock && sock->file && uid_eq(sock->file->f_cred->euid, uid);
}

/*
 * SECURITY: whoever hands his socket to a program of other rights gets nothing
 * by that: the opener and the sender must both be allowed.
 */
static bool zc_genl_own(const struct sk_buff *skb, const struct zc_xfer *x)
{
	return uid_eq(x->cred->euid, current_euid()) &&
	       zc_genl_opened_by(skb, x->cred->euid);
}

static bool zc_genl_visible(const struct sk_buff *skb, const struct zc_xfer *x,
			    const struct net *net)
{
	return zc_genl_own(skb, x) ||
	       netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN);
}

static int zc_genl_put_transfer(struct sk_buff *msg, struct zc_xfer *x,
				const struct net *net, const struct sk_buff *req,
				u32 seq, int flags)
{
	struct file *file = NULL;
	int err = -EMSGSIZE;
	void *hdr;

	hdr = genlmsg_put(msg, NETLINK_CB(req).portid, seq, &zc_genl_family, flags,
			  ZCOPY_CMD_GET);
	if (!hdr)
		return -EMSGSIZE;
	/* SECURITY: paths are for their own user's eyes. */
	if (zc_genl_own(req, x))
		file = zc_registry_file_get(x);
	err = zc_genl_fill_transfer(msg, x, net, file);
	if (file)
		fput(file);
	if (err)
		genlmsg_cancel(msg, hdr);
	else
		genlmsg_end(msg, hdr);
	return err;
}

/* REF: returns with a reference for the caller. */
static struct zc_xfer *zc_genl_find(const struct sk_buff *skb,
				    struct genl_info *info, struct nlattr *id)
{
	struct net *net = genl_info_net(info);
	struct zc_xfer *x;

	x = id ? zc_registry_find_get(net, nla_get_u64(id)) : NULL;
	if (x && zc_genl_visible(skb, x, net))
		return x;
	if (x)
		zc_xfer_put(x);
	return ERR_PTR(zc_reject(ZC_REJECT_no_such_transfer, info->extack));
}

static int zc_genl_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct sk_buff *msg;
	struct zc_xfer *x;
	int err;

	err = zc_genl_parse(info, tb, zc_genl_get_policy);
	if (err)
		return err;
	x = zc_genl_find(skb, info, tb[ZCOPY_A_ID]);
	if (IS_ERR(x))
		return PTR_ERR(x);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE + PATH_MAX, GFP_KERNEL);
	err = msg ? zc_genl_put_transfer(msg, x, genl_info_net(info), skb,
					 info->snd_seq, 0) : -ENOMEM;
	zc_xfer_put(x);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return zc_reject(ZC_REJECT_no_memory, info->extack);
}

static int zc_genl_cancel(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zc_registry_pos pos = {};
	struct sk_buff *msg;
	struct zc_xfer *x;
	u32 count = 0;
	void *hdr;
	int err;

	err = zc_genl_parse(info, tb, zc_genl_cancel_policy);
	if (err)
		return err;
	if (!tb[ZCOPY_A_ID] == !tb[ZCOPY_A_ALL])
		return zc_genl_malformed(info->extack);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, ZCOPY_CMD_CANCEL);
	if (tb[ZCOPY_A_ID]) {
		x = zc_genl_find(skb, info, tb[ZCOPY_A_ID]);
		if (IS_ERR(x)) {
			nlmsg_free(msg);
			return PTR_ERR(x);
		}
		zc_xfer_cancel(x);
		zc_xfer_put(x);
		count = 1;
	} else {
		while ((x = zc_registry_next_get(net, &pos))) {
			if (zc_genl_visible(skb, x, net)) {
				zc_xfer_cancel(x);
				count++;
			}
			zc_xfer_put(x);
			cond_resched();
		}
	}
	nla_put_u32(msg, ZCOPY_A_COUNT, count);
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* The walk lives in the callback's words. */
struct zc_genl_dump {
	struct zc_registry_pos pos;
};

static int zc_genl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *genl = nlmsg_data(cb->nlh);
	struct zc_genl_dump *d = (struct zc_genl_dump *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct zc_registry_pos before;
	struct zc_xfer *x;
	int err = 0;

	BUILD_BUG_ON(sizeof(*d) > sizeof(cb->ctx));
	if (genl->reserved)
		return zc_reject(ZC_REJECT_reserved_set, cb->extack);
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return zc_genl_malformed(cb->extack);
	for (;;) {
		before = d->pos;
		x = zc_registry_next_get(net, &d->pos);
		if (!x)
			break;
		if (zc_genl_visible(cb->skb, x, net))
			err = zc_genl_put_transfer(skb, x, net, cb->skb,
						   cb->nlh->nlmsg_seq,
						   NLM_F_MULTI);
		zc_xfer_put(x);
		cond_resched();
		if (err == -EMSGSIZE && skb->len) {
			d->pos = before;
			break;
		}
		err = 0;
	}
	return skb->len;
}

/* ---- counters, features ---- */

static int zc_genl_answer(struct genl_info *info, u8 cmd,
			  int (*fill)(struct sk_buff *skb, const struct net *net))
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = zc_genl_parse(info, tb, zc_genl_no_policy);
	if (err)
		return err;
	/* A counter: name, value, a line of help */
	msg = nlmsg_new(NLMSG_DEFAULT_SIZE + ZC_STAT_NR * 160, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, cmd);
	if (!hdr || fill(msg, genl_info_net(info))) {
		nlmsg_free(msg);
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int zc_genl_stats(struct sk_buff *skb, struct genl_info *info)
{
	return zc_genl_answer(info, ZCOPY_CMD_STATS, zc_genl_fill_stats);
}

static int zc_genl_query(struct sk_buff *skb, struct genl_info *info)
{
	return zc_genl_answer(info, ZCOPY_CMD_QUERY, zc_genl_fill_query);
}

/* ---- family ---- */

static const struct genl_ops zc_genl_ops[] = {
	{ .cmd = ZCOPY_CMD_SUBMIT,	.doit = zc_genl_submit },
	{ .cmd = ZCOPY_CMD_GET,		.doit = zc_genl_get,
					.dumpit = zc_genl_dump },
	{ .cmd = ZCOPY_CMD_CANCEL,	.doit = zc_genl_cancel },
	{ .cmd = ZCOPY_CMD_STATS,	.doit = zc_genl_stats },
	{ .cmd = ZCOPY_CMD_QUERY,	.doit = zc_genl_query },
};

static const struct genl_multicast_group zc_genl_groups[] = {
	{ .name = ZCOPY_GENL_GROUP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family zc_genl_family = {
	.name		= ZCOPY_GENL_NAME,
	.version	= ZCOPY_GENL_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= zc_genl_ops,
	.n_ops		= ARRAY_SIZE(zc_genl_ops),
	.mcgrps		= zc_genl_groups,
	.n_mcgrps	= ARRAY_SIZE(zc_genl_groups),
	/* Attributes are ours to parse: see the head of this file. */
	.resv_start_op	= __ZCOPY_CMD_MAX,
};

/**
 * zc_genl_init - register the family
 *
 * Context: Module load.
 * Return: 0 or a negative errno.
 */
int zc_genl_init(void)
{
	return genl_register_family(&zc_genl_family);
}

/**
 * zc_genl_exit - unregister the family
 *
 * Context: Module unload.
 */
void zc_genl_exit(void)
{
	genl_unregister_family(&zc_genl_family);
	zc_genl_events_stop();
}
