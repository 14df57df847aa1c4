// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the requests get, dump, cancel, counters and query.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static struct nla_policy policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_COUNT]		= { .type = NLA_U32 },
	[ZCOPY_A_TRANSFER]	= { .type = NLA_NESTED },
	[ZCOPY_A_QUERY]		= { .type = NLA_NESTED },
};

struct transfer_call {
	zcopy_transfer_fn	fn;
	void			*arg;
};

struct counter_call {
	zcopy_counter_fn	fn;
	void			*arg;
};

static int on_transfer(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct transfer_call *call = arg;
	struct zci_transfer t;

	(void)nl;
	if (genlmsg_parse(nlh, 0, tb, ZCOPY_A_MAX, policy) ||
	    !tb[ZCOPY_A_TRANSFER] ||
	    zci_parse_transfer(tb[ZCOPY_A_TRANSFER], &t))
		return -EPROTO;
	return call->fn(&t.t, call->arg);
}

int zcopy_nl_get(struct zcopy_nl *nl, uint64_t id, zcopy_transfer_fn fn,
		 void *arg)
{
	struct transfer_call call = { fn, arg };
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_GET, 128);

	if (!msg || nla_put_u64(msg, ZCOPY_A_ID, id) ||
	    zci_nl_put_scope(nl, msg)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return zci_nl_request(nl, msg, 0, on_transfer, &call);
}

int zcopy_nl_dump(struct zcopy_nl *nl, zcopy_transfer_fn fn, void *arg)
{
	struct transfer_call call = { fn, arg };
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_GET, 128);

	if (!msg || zci_nl_put_scope(nl, msg)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return zci_nl_request(nl, msg, NLM_F_DUMP, on_transfer, &call);
}

static int on_count(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	uint32_t *count = arg;

	(void)nl;
	if (genlmsg_parse(nlh, 0, tb, ZCOPY_A_MAX, policy))
		return -EPROTO;
	if (tb[ZCOPY_A_COUNT])
		*count = nla_get_u32(tb[ZCOPY_A_COUNT]);
	return 0;
}

int zcopy_nl_cancel(struct zcopy_nl *nl, uint64_t id)
{
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_CANCEL, 128);
	uint32_t count = 0;
	int err;

	if (!msg || (id ? nla_put_u64(msg, ZCOPY_A_ID, id) :
			  nla_put_flag(msg, ZCOPY_A_ALL)) ||
	    zci_nl_put_scope(nl, msg)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	err = zci_nl_request(nl, msg, 0, on_count, &count);
	return err ? err : (int)count;
}

static int on_counters(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct counter_call *call = arg;
	const char *name, *help;
	struct nlattr *attr;
	uint64_t value;
	int rem, ret;

	(void)nl;
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EPROTO;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_COUNTER)
			continue;
		ret = zci_parse_counter(attr, &name, &value, &help);
		if (!ret)
			ret = call->fn(name, value, help, call->arg);
		if (ret)
			return ret;
	}
	return 0;
}

int zcopy_nl_stats(struct zcopy_nl *nl, zcopy_counter_fn fn, void *arg)
{
	struct counter_call call = { fn, arg };
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_STATS, 128);

	if (!msg)
		return -ENOMEM;
	return zci_nl_request(nl, msg, 0, on_counters, &call);
}

static int on_query(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];

	(void)nl;
	if (genlmsg_parse(nlh, 0, tb, ZCOPY_A_MAX, policy) || !tb[ZCOPY_A_QUERY])
		return -EPROTO;
	return zci_parse_query(tb[ZCOPY_A_QUERY], arg);
}

int (zcopy_nl_query)(struct zcopy_nl *nl, struct zcopy_query *query, size_t size)
{
	struct nl_msg *msg = zci_nl_new(nl, ZCOPY_CMD_QUERY, 128);
	struct zcopy_query ours = { 0 };
	int err;

	if (!msg)
		return -ENOMEM;
	err = zci_nl_request(nl, msg, 0, on_query, &ours);
	if (err)
		return err;
	ours.size = size;
	memset(query, 0, size);
	memcpy(query, &ours, size < sizeof(ours) ? size : sizeof(ours));
	return 0;
}
