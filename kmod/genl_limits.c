// SPDX-License-Identifier: GPL-2.0
/*
 * Limits and settings through generic netlink: every user may read them, the
 * administrator of the machine may change them.
 */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>

#include "genl.h"
#include "limits.h"
#include "payer.h"
#include "reject.h"
#include "settings.h"

#define ZC_GENL_LIMIT_NAME	32

/* struct zc_genl_change - what a message changes; what is not set stays */
struct zc_genl_change {
	u64 max[ZC_LIMIT_NR];			/* not set: 0 */
	unsigned int value[ZC_SETTING_NR];
	DECLARE_BITMAP(set, ZC_SETTING_NR);	/* of @value */
};

static const struct nla_policy zc_genl_limit[ZCOPY_A_L_MAX + 1] = {
	[ZCOPY_A_L_NAME]	= { .type = NLA_NUL_STRING,
				    .len = ZC_GENL_LIMIT_NAME },
	[ZCOPY_A_L_VALUE]	= { .type = NLA_U64 },
};

static const struct nla_policy zc_genl_limits_policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_LIMIT]		= NLA_POLICY_NESTED(zc_genl_limit),
};

static int zc_genl_put_setting(struct sk_buff *msg, enum zc_setting which)
{
	struct nlattr *nest = nla_nest_start(msg, ZCOPY_A_LIMIT);

	if (!nest ||
	    nla_put_string(msg, ZCOPY_A_L_NAME, zc_settings_name(which)) ||
	    nla_put_u64_64bit(msg, ZCOPY_A_L_VALUE, zc_setting(which),
			      ZCOPY_A_L_PAD) ||
	    nla_put_string(msg, ZCOPY_A_L_HELP, zc_settings_help(which)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Adds how much of a limit is used, if the receiver may know */
static int zc_genl_put_used(struct sk_buff *msg, bool may_know, u64 used)
{
	if (!may_know)
		return 0;
	return nla_put_u64_64bit(msg, ZCOPY_A_L_USED, used, ZCOPY_A_L_PAD);
}

/*
 * SECURITY: a socket that another user opened does not get the sender's usage.  Only
 * the administrator of the machine gets the usage of all users together: minus the
 * sender's own it would reveal the usage of the other users.
 */
static int zc_genl_fill_limits(struct sk_buff *msg, const struct sk_buff *skb)
{
	struct zc_payer *p = zc_payer_get_current();
	struct zc_limits_state s;
	bool all = zc_genl_admin(skb, &init_user_ns);
	bool own = zc_genl_one_user(skb);
	struct nlattr *nest;
	unsigned int i;

	if (!p)
		return -ENOMEM;
	zc_limits_read(&s, p);
	zc_payer_put(p);
	for (i = 0; i < ZC_LIMIT_NR; i++) {
		nest = nla_nest_start(msg, ZCOPY_A_LIMIT);
		if (!nest ||
		    nla_put_string(msg, ZCOPY_A_L_NAME, zc_limits_name(i)) ||
		    nla_put_u64_64bit(msg, ZCOPY_A_L_VALUE, s.max[i],
				      ZCOPY_A_L_PAD) ||
		    /* ORDER: enum zc_limit has each global limit before the user's. */
		    zc_genl_put_used(msg, i % 2 ? own : all, s.used[i]) ||
		    nla_put_string(msg, ZCOPY_A_L_HELP, zc_limits_help(i)))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	for (i = 0; i < ZC_SETTING_NR; i++) {
		if (zc_genl_put_setting(msg, i))
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * zc_genl_limits_get - ZCOPY_CMD_LIMITS_GET
 * @skb: the message
 * @info: the parsed message
 *
 * Context: Process context of the sender, may sleep.
 * Return: 0 when it was answered, or the errno of a refusal.
 */
int zc_genl_limits_get(struct sk_buff *skb, struct genl_info *info)
{
	return zc_genl_answer(skb, info, ZCOPY_CMD_LIMITS_GET, NLMSG_DEFAULT_SIZE,
			      zc_genl_fill_limits);
}

static int zc_genl_settings_one(struct zc_genl_change *c, const char *name, u64 value,
				struct netlink_ext_ack *extack)
{
	int which = zc_settings_find(name);

	if (which < 0)
		return zc_reject(ZC_REJECT_limit_unknown, extack);
	if (value > zc_settings_most(which))
		return zc_reject(ZC_REJECT_setting_too_high, extack);
	if (__test_and_set_bit(which, c->set))
		return zc_reject(ZC_REJECT_limit_twice, extack);
	c->value[which] = value;
	return 0;
}

static int zc_genl_limits_one(struct zc_genl_change *c, const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ZCOPY_A_L_MAX + 1];
	u64 value;
	int which;

	if (nla_parse_nested(tb, ZCOPY_A_L_MAX, nest, zc_genl_limit, extack) ||
	    !tb[ZCOPY_A_L_NAME] || !tb[ZCOPY_A_L_VALUE])
		return zc_genl_malformed(extack);
	which = zc_limits_find(nla_data(tb[ZCOPY_A_L_NAME]));
	value = nla_get_u64(tb[ZCOPY_A_L_VALUE]);
	if (which < 0)
		return zc_genl_settings_one(c, nla_data(tb[ZCOPY_A_L_NAME]), value,
					    extack);
	if (!value)
		return zc_reject(ZC_REJECT_limit_zero, extack);
	if (c->max[which])
		return zc_reject(ZC_REJECT_limit_twice, extack);
	c->max[which] = value;
	return 0;
}

/**
 * zc_genl_limits_set - ZCOPY_CMD_LIMITS_SET
 * @skb: the message
 * @info: the parsed message
 *
 * SECURITY: the limits hold for the whole machine, so rights in another user namespace
 * do not suffice.  Both the opener of the netlink socket and the sender need them.
 *
 * Context: Process context of the sender.
 * Return: 0 if all limits were set; or the errno of a refusal, and none was.
 */
int zc_genl_limits_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zc_genl_change c = {};
	const struct nlattr *attr;
	unsigned int i;
	int err, rem;

	if (!zc_genl_admin(skb, &init_user_ns))
		return zc_reject(ZC_REJECT_limit_not_admin, info->extack);
	err = zc_genl_parse(info->nlhdr, tb, zc_genl_limits_policy, info->extack);
	if (err)
		return err;
	if (!tb[ZCOPY_A_LIMIT])
		return zc_genl_malformed(info->extack);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		err = zc_genl_limits_one(&c, attr, info->extack);
		if (err)
			return err;
	}
	zc_limits_set(c.max);
	for_each_set_bit(i, c.set, ZC_SETTING_NR)
		zc_setting_set(i, c.value[i]);
	return 0;
}
