// SPDX-License-Identifier: GPL-2.0
/*
 * Live transfers through generic netlink: show, list, cancel, change the rate.
 */
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "genl.h"
#include "registry.h"
#include "reject.h"
#include "xfer.h"

static const struct nla_policy zc_genl_get_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_ALL_NAMESPACES] = { .type = NLA_FLAG },
};

static const struct nla_policy zc_genl_dump_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ALL_NAMESPACES] = { .type = NLA_FLAG },
};

static const struct nla_policy zc_genl_cancel_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_ALL]		= { .type = NLA_FLAG },
	[ZCOPY_A_ALL_NAMESPACES] = { .type = NLA_FLAG },
};

static const struct nla_policy zc_genl_rate_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_RATE]		= { .type = NLA_U64 },
	[ZCOPY_A_ALL_NAMESPACES] = { .type = NLA_FLAG },
};

/*
 * Returns the network namespace whose transfers a message is about: the socket's, or
 * NULL for all; an ERR_PTR if all are refused.
 */
static const struct net *zc_genl_scope(const struct sk_buff *skb,
				       struct nlattr **tb,
				       struct netlink_ext_ack *extack)
{
	if (!tb[ZCOPY_A_ALL_NAMESPACES])
		return sock_net(skb->sk);
	if (zc_genl_admin(skb, &init_user_ns))
		return NULL;
	return ERR_PTR(zc_reject(ZC_REJECT_namespaces_not_admin, extack));
}

/* A sender that may name all namespaces (@net is NULL) may see all transfers. */
static bool zc_genl_visible(const struct sk_buff *skb, const struct zc_xfer *x,
			    const struct net *net)
{
	return !net || zc_genl_own(skb, x) || zc_genl_admin(skb, net->user_ns);
}

static int __zc_genl_put_transfer(struct sk_buff *msg, struct zc_xfer *x,
				  const struct sk_buff *req, u32 seq, int flags,
				  const struct zc_genl_view *view)
{
	void *hdr;
	int err;

	hdr = genlmsg_put(msg, NETLINK_CB(req).portid, seq, &zc_genl_family, flags,
			  ZCOPY_CMD_GET);
	if (!hdr)
		return -EMSGSIZE;
	err = zc_genl_fill_transfer(msg, x, view);
	if (err)
		genlmsg_cancel(msg, hdr);
	else
		genlmsg_end(msg, hdr);
	return err;
}

/* If the path does not fit into an empty message, the transfer is shown without. */
static int zc_genl_put_transfer(struct sk_buff *msg, struct zc_xfer *x,
				const struct net *net, const struct sk_buff *req,
				u32 seq, int flags)
{
	struct zc_genl_view view = {
		.user_ns	= net ? net->user_ns : &init_user_ns,
		/*
		 * SECURITY: rights over the socket's network namespace give none
		 * over a submitter outside its user namespace.
		 */
		.submitter	= zc_genl_own(req, x) ||
				  zc_genl_admin(req, x->cred->user_ns),
		.pid		= zc_genl_pid(x),
		.file		= zc_genl_sees_files(req, x) ?
				  zc_registry_file_get(x) : NULL,
	};
	struct file *file = view.file;
	int err;

	err = __zc_genl_put_transfer(msg, x, req, seq, flags, &view);
	if (err && file && !msg->len) {
		view.file = NULL;
		err = __zc_genl_put_transfer(msg, x, req, seq, flags, &view);
	}
	if (file)
		fput(file);
	return err;
}

/* REF: returns with a reference for the caller. */
static struct zc_xfer *zc_genl_find(const struct sk_buff *skb,
				    const struct net *net, struct nlattr *id,
				    struct netlink_ext_ack *extack)
{
	struct zc_xfer *x;

	x = id ? zc_registry_find_get(net, nla_get_u64(id)) : NULL;
	if (x && zc_genl_visible(skb, x, net))
		return x;
	if (x)
		zc_xfer_put(x);
	return ERR_PTR(zc_reject(ZC_REJECT_no_such_transfer, extack));
}

/**
 * zc_genl_get - ZCOPY_CMD_GET of one transfer
 * @skb: the message
 * @info: the parsed message
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	const struct net *net;
	struct sk_buff *msg;
	struct zc_xfer *x;
	int err;

	err = zc_genl_parse(info->nlhdr, tb, zc_genl_get_policy, info->extack);
	if (err)
		return err;
	net = zc_genl_scope(skb, tb, info->extack);
	if (IS_ERR(net))
		return PTR_ERR(net);
	x = zc_genl_find(skb, net, tb[ZCOPY_A_ID], info->extack);
	if (IS_ERR(x))
		return PTR_ERR(x);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE + PATH_MAX, GFP_KERNEL);
	err = msg ? zc_genl_put_transfer(msg, x, net, skb, info->snd_seq, 0) :
		    -ENOMEM;
	zc_xfer_put(x);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return zc_reject(ZC_REJECT_no_memory, info->extack);
}

/*
 * ORDER: all transfers are doomed before the first is cancelled.  Otherwise the end of
 * one lets the next one in the socket's queue send bytes after a partial transfer.  A
 * sender that is being killed finishes both walks: a doomed transfer must be cancelled.
 */
static u32 zc_genl_cancel_all(const struct sk_buff *skb, const struct net *net)
{
	struct zc_registry_pos pos = {};
	struct zc_xfer *x;
	u32 count = 0;

	while ((x = zc_registry_next_get(net, &pos))) {
		if (zc_genl_visible(skb, x, net)) {
			zc_xfer_doom(x);
			count++;
		}
		zc_xfer_put(x);
		cond_resched();
	}
	memset(&pos, 0, sizeof(pos));
	while (count && (x = zc_registry_next_get(net, &pos))) {
		if (test_bit(ZC_XFER_DOOMED, &x->bits) &&
		    zc_genl_visible(skb, x, net))
			zc_xfer_cancel(x);
		zc_xfer_put(x);
		cond_resched();
	}
	return count;
}

/**
 * zc_genl_cancel - ZCOPY_CMD_CANCEL
 * @skb: the message
 * @info: the parsed message
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_cancel(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	const struct net *net;
	struct sk_buff *msg;
	struct zc_xfer *x;
	u32 count = 1;
	void *hdr;
	int err;

	err = zc_genl_parse(info->nlhdr, tb, zc_genl_cancel_policy, info->extack);
	if (err)
		return err;
	if (!tb[ZCOPY_A_ID] == !tb[ZCOPY_A_ALL])
		return zc_genl_malformed(info->extack);
	err = tb[ZCOPY_A_ALL] ?
	      zc_genl_check_last(skb, info->nlhdr, info->extack) : 0;
	if (err)
		return err;
	net = zc_genl_scope(skb, tb, info->extack);
	if (IS_ERR(net))
		return PTR_ERR(net);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, ZCOPY_CMD_CANCEL);
	if (tb[ZCOPY_A_ID]) {
		x = zc_genl_find(skb, net, tb[ZCOPY_A_ID], info->extack);
		if (IS_ERR(x)) {
			nlmsg_free(msg);
			return PTR_ERR(x);
		}
		zc_xfer_cancel(x);
		zc_xfer_put(x);
	} else {
		count = zc_genl_cancel_all(skb, net);
	}
	nla_put_u32(msg, ZCOPY_A_COUNT, count);
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/**
 * zc_genl_set_rate - ZCOPY_CMD_SET_RATE
 * @skb: the message
 * @info: the parsed message
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when the rate was changed, or the errno of a refusal.
 */
int zc_genl_set_rate(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	const struct net *net;
	struct zc_xfer *x;
	int err;

	err = zc_genl_parse(info->nlhdr, tb, zc_genl_rate_policy, info->extack);
	if (err)
		return err;
	if (!tb[ZCOPY_A_RATE])
		return zc_genl_malformed(info->extack);
	net = zc_genl_scope(skb, tb, info->extack);
	if (IS_ERR(net))
		return PTR_ERR(net);
	x = zc_genl_find(skb, net, tb[ZCOPY_A_ID], info->extack);
	if (IS_ERR(x))
		return PTR_ERR(x);
	zc_xfer_set_rate(x, nla_get_u64(tb[ZCOPY_A_RATE]));
	zc_xfer_put(x);
	return 0;
}

/* Position of the walk, in netlink_callback.ctx */
struct zc_genl_dump {
	struct zc_registry_pos pos;
};

/**
 * zc_genl_dump - ZCOPY_CMD_GET of all transfers that the sender may see
 * @skb: the next part of the answer
 * @cb: the state of the dump
 *
 * Context: Process context of the sender or of a reader, may sleep.
 * Return: bytes in @skb, 0 at the end, or the errno of a refusal.
 */
int zc_genl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct zc_genl_dump *d = (struct zc_genl_dump *)cb->ctx;
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zc_registry_pos before;
	const struct net *net;
	struct zc_xfer *x;
	int err;

	BUILD_BUG_ON(sizeof(*d) > sizeof(cb->ctx));
	/* SECURITY: check for each part: the reader need not be the sender. */
	err = zc_genl_parse(cb->nlh, tb, zc_genl_dump_policy, cb->extack);
	if (!err)
		err = zc_genl_check_last(cb->skb, cb->nlh, cb->extack);
	if (err)
		return err;
	net = zc_genl_scope(cb->skb, tb, cb->extack);
	if (IS_ERR(net))
		return PTR_ERR(net);
	while (!fatal_signal_pending(current)) {
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
