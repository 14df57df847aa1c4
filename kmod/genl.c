// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the same transfers as through the device, without waiting for their
 * end.  Messages are parsed strictly, and here instead of in the core, so that a
 * malformed one is refused, traced and counted like any other request.
 */
#include <net/genetlink.h>

#include "genl.h"
#include "reject.h"
#include "stats.h"

/* Accepts no attribute. */
static const struct nla_policy zc_genl_no_policy[ZCOPY_A_MAX + 1];

/**
 * zc_genl_malformed - refuse a malformed message
 * @extack: as the parser left it, perhaps with a sentence; or NULL
 *
 * Context: Process context of the sender.
 * Return: the errno.
 */
int zc_genl_malformed(struct netlink_ext_ack *extack)
{
	const char *words = extack ? extack->_msg : NULL;
	int err = zc_reject(ZC_REJECT_message_malformed, extack);

	/* Keep the parser's own sentence, which says more. */
	if (words)
		extack->_msg = words;
	return err;
}

/* Only elements, sockets and limits may come more than once. */
static bool zc_genl_repeats(const struct nlmsghdr *nlh)
{
	const u64 lists = BIT_ULL(ZCOPY_A_ELEM) | BIT_ULL(ZCOPY_A_SINK) |
			  BIT_ULL(ZCOPY_A_LIMIT);
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

/**
 * zc_genl_parse - parse a message strictly
 * @nlh: the message
 * @tb: ZCOPY_A_MAX + 1 attributes, filled in
 * @policy: the accepted attributes, ZCOPY_A_MAX + 1 entries
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the sender, or of the reader of a dump.
 * Return: 0, or the errno of a refusal.
 */
int zc_genl_parse(const struct nlmsghdr *nlh, struct nlattr **tb,
		  const struct nla_policy *policy,
		  struct netlink_ext_ack *extack)
{
	const struct genlmsghdr *genl = nlmsg_data(nlh);
	int err;

	if (genl->reserved)
		return zc_reject(ZC_REJECT_reserved_set, extack);
	err = nlmsg_parse(nlh, GENL_HDRLEN, tb, ZCOPY_A_MAX, policy, extack);
	if (err)
		return zc_genl_malformed(extack);
	if (zc_genl_repeats(nlh)) {
		NL_SET_ERR_MSG(extack, "an attribute was given twice");
		return zc_genl_malformed(extack);
	}
	return 0;
}

/**
 * zc_genl_check_last - refuse a message that others follow in its datagram
 * @skb: the datagram
 * @nlh: the message
 * @extack: for the sentence of a refusal, or NULL
 *
 * The kernel handles all messages of a datagram under a lock of generic netlink, and
 * looks at no signal in between.  So a datagram may have only one message with work that
 * grows with the number of transfers or CPUs: its last.
 *
 * Context: Process context of the sender, or of the reader of a dump.
 * Return: 0, or the errno of a refusal.
 */
int zc_genl_check_last(const struct sk_buff *skb, const struct nlmsghdr *nlh,
		       struct netlink_ext_ack *extack)
{
	const u8 *next = (const u8 *)nlh + NLMSG_ALIGN(nlh->nlmsg_len);

	/* As the kernel does, take no notice of bytes that are no message. */
	return nlmsg_ok((const struct nlmsghdr *)next, skb_tail_pointer(skb) - next) ?
	       zc_reject(ZC_REJECT_message_not_last, extack) : 0;
}

/* ---- counters, features ---- */

/* A counter takes up to 160 bytes: name, value and a line of help. */
#define ZC_GENL_STATS_SIZE	(NLMSG_DEFAULT_SIZE + ZC_STAT_NR * 160)

/**
 * zc_genl_answer - answer a question that has no attributes
 * @skb: the message
 * @info: the parsed message
 * @cmd: command of the answer
 * @size: bytes that the answer may have
 * @fill: puts the attributes into the answer @msg to @skb; 0 or an error
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_answer(const struct sk_buff *skb, struct genl_info *info, u8 cmd,
		   size_t size,
		   int (*fill)(struct sk_buff *msg, const struct sk_buff *skb))
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = zc_genl_parse(info->nlhdr, tb, zc_genl_no_policy, info->extack);
	if (err)
		return err;
	msg = nlmsg_new(size, GFP_KERNEL);
	if (!msg)
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	hdr = genlmsg_put_reply(msg, info, &zc_genl_family, 0, cmd);
	if (!hdr || fill(msg, skb)) {
		nlmsg_free(msg);
		return zc_reject(ZC_REJECT_no_memory, info->extack);
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int zc_genl_stats(struct sk_buff *skb, struct genl_info *info)
{
	int err = zc_genl_check_last(skb, info->nlhdr, info->extack);

	return err ?: zc_genl_answer(skb, info, ZCOPY_CMD_STATS,
				     ZC_GENL_STATS_SIZE, zc_genl_fill_stats);
}

static int zc_genl_query(struct sk_buff *skb, struct genl_info *info)
{
	return zc_genl_answer(skb, info, ZCOPY_CMD_QUERY, NLMSG_DEFAULT_SIZE,
			      zc_genl_fill_query);
}

/* ---- family ---- */

static const struct genl_ops zc_genl_ops[] = {
	{ .cmd = ZCOPY_CMD_SUBMIT,	.doit = zc_genl_submit },
	{ .cmd = ZCOPY_CMD_GET,		.doit = zc_genl_get,
					.dumpit = zc_genl_dump },
	{ .cmd = ZCOPY_CMD_CANCEL,	.doit = zc_genl_cancel },
	{ .cmd = ZCOPY_CMD_STATS,	.doit = zc_genl_stats },
	{ .cmd = ZCOPY_CMD_QUERY,	.doit = zc_genl_query },
	{ .cmd = ZCOPY_CMD_SET_RATE,	.doit = zc_genl_set_rate },
	{ .cmd = ZCOPY_CMD_LIMITS_GET,	.doit = zc_genl_limits_get },
	{ .cmd = ZCOPY_CMD_LIMITS_SET,	.doit = zc_genl_limits_set },
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
	/* We parse the attributes: see the head of this file. */
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
	int err = zc_genl_sock_init();

	if (err)
		return err;
	err = genl_register_family(&zc_genl_family);
	if (err) {
		zc_genl_sock_exit();
		return err;
	}
	zc_genl_events_start();
	return 0;
}

/**
 * zc_genl_exit - unregister the family
 *
 * Context: Module unload.
 */
void zc_genl_exit(void)
{
	genl_unregister_family(&zc_genl_family);
	zc_genl_sock_exit();
	zc_genl_events_stop();
}
