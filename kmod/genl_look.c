// SPDX-License-Identifier: GPL-2.0
/*
 * Live transfers through generic netlink: shown, listed, stopped, paced; and
 * who may do that.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "genl.h"
#include "registry.h"
#include "reject.h"
#include "xfer.h"

static const struct nla_policy zc_genl_get_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
};

static const struct nla_policy zc_genl_cancel_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_ALL]		= { .type = NLA_FLAG },
};

static const struct nla_policy zc_genl_rate_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_ID]		= { .type = NLA_U64 },
	[ZCOPY_A_RATE]		= { .type = NLA_U64 },
};

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

static int __zc_genl_put_transfer(struct sk_buff *msg, struct zc_xfer *x,
				  const struct net *net,
				  const struct sk_buff *req, u32 seq, int flags,
				  struct file *file)
{
	void *hdr;
	int err;

	hdr = genlmsg_put(msg, NETLINK_CB(req).portid, seq, &zc_genl_family, flags,
			  ZCOPY_CMD_GET);
	if (!hdr)
		return -EMSGSIZE;
	err = zc_genl_fill_transfer(msg, x, net, file);
	if (err)
		genlmsg_cancel(msg, hdr);
	else
		genlmsg_end(msg, hdr);
	return err;
}

/* Without its path rather than not at all, if it is too long for any message. */
static int zc_genl_put_transfer(struct sk_buff *msg, struct zc_xfer *x,
				const struct net *net, const struct sk_buff *req,
				u32 seq, int flags)
{
	struct file *file = NULL;
	int err;

	/* SECURITY: paths are for their own user's eyes. */
	if (zc_genl_own(req, x))
		file = zc_registry_file_get(x);
	err = __zc_genl_put_transfer(msg, x, net, req, seq, flags, file);
	if (err && file && !msg->len)
		err = __zc_genl_put_transfer(msg, x, net, req, seq, flags, NULL);
	if (file)
		fput(file);
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

/**
 * zc_genl_get - ZCOPY_CMD_GET of one transfer
 * @skb: the message
 * @info: the same, taken apart
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_get(struct sk_buff *skb, struct genl_info *info)
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

/**
 * zc_genl_cancel - ZCOPY_CMD_CANCEL
 * @skb: the message
 * @info: the same, taken apart
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_cancel(struct sk_buff *skb, struct genl_info *info)
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

/**
 * zc_genl_set_rate - ZCOPY_CMD_SET_RATE
 * @skb: the message
 * @info: the same, taken apart
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when the rate was changed, or the errno of a refusal.
 */
int zc_genl_set_rate(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zc_xfer *x;
	int err;

	err = zc_genl_parse(info, tb, zc_genl_rate_policy);
	if (err)
		return err;
	if (!tb[ZCOPY_A_RATE])
		return zc_genl_malformed(info->extack);
	x = zc_genl_find(skb, info, tb[ZCOPY_A_ID]);
	if (IS_ERR(x))
		return PTR_ERR(x);
	zc_xfer_set_rate(x, nla_get_u64(tb[ZCOPY_A_RATE]));
	zc_xfer_put(x);
	return 0;
}

/* The walk lives in the callback's words. */
struct zc_genl_dump {
	struct zc_registry_pos pos;
};

/**
 * zc_genl_dump - ZCOPY_CMD_GET of all transfers that the sender may see
 * @skb: the next part of the answer
 * @cb: the walk
 *
 * Context: Process context of the sender or of a reader, may sleep.
 * Return: bytes in @skb, 0 at the end, or the errno of a refusal.
 */
int zc_genl_dump(struct sk_buff *skb, struct netlink_callback *cb)
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
