// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the requests that change the rate of a transfer, and those that read and
 * set the limits of the machine.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

struct limit_call {
	zcopy_limit_fn	fn;
	void		*arg;
};

int zcopy_nl_set_rate(struct zcopy_nl *nl, uint64_t id, uint64_t rate)
{
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_SET_RATE, 128);

	if (!msg || nla_put_u64(msg, ZCOPY_A_ID, id) ||
	    nla_put_u64(msg, ZCOPY_A_RATE, rate) || zci_nl_put_scope(nl, msg)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return zci_nl_request(nl, msg, 0, NULL, NULL);
}

static int on_limits(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct limit_call *call = arg;
	struct zcopy_limit limit;
	struct nlattr *attr;
	int rem, ret;

	(void)nl;
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EPROTO;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_LIMIT)
			continue;
		ret = zci_parse_limit(attr, &limit);
		if (!ret)
			ret = call->fn(&limit, call->arg);
		if (ret)
			return ret;
	}
	return 0;
}

int zcopy_nl_limits_get(struct zcopy_nl *nl, zcopy_limit_fn fn, void *arg)
{
	struct limit_call call = { fn, arg };
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_LIMITS_GET, 128);

	if (!msg)
		return -ENOMEM;
	return zci_nl_request(nl, msg, 0, on_limits, &call);
}

static int put_limit(struct nl_msg *msg, const struct zcopy_limit *limit)
{
	struct nlattr *nest = nla_nest_start(msg, ZCOPY_A_LIMIT | NLA_F_NESTED);

	if (!nest || nla_put_string(msg, ZCOPY_A_L_NAME, limit->name) ||
	    nla_put_u64(msg, ZCOPY_A_L_VALUE, limit->value))
		return -E2BIG;
	nla_nest_end(msg, nest);
	return 0;
}

/* Walk the array by the caller's element size, which may differ from ours */
static const struct zcopy_limit *limit_of(const struct zcopy_limit *limits,
					  unsigned int i, size_t size)
{
	return (const void *)((const char *)limits + i * size);
}

int (zcopy_nl_limits_set)(struct zcopy_nl *nl, const struct zcopy_limit *limits,
			  unsigned int nr, size_t size)
{
	size_t room = 128;
	struct nl_msg *msg;
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr; i++)
		room += 32 + strlen(limit_of(limits, i, size)->name);
	msg = zci_nl_new(nl, ZCOPY_CMD_LIMITS_SET, room);
	if (!msg)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++)
		err = put_limit(msg, limit_of(limits, i, size));
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return zci_nl_request(nl, msg, 0, NULL, NULL);
}
