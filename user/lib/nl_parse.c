// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Translates netlink attributes into structs.  A missing attribute leaves its field
 * 0; an attribute of a wrong size makes the whole message invalid.  Tables map
 * attributes to fields.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "internal.h"

static struct nla_policy transfer_policy[ZCOPY_A_X_MAX + 1] = {
	[ZCOPY_A_X_ID]			= { .type = NLA_U64 },
	[ZCOPY_A_X_COOKIE]		= { .type = NLA_U64 },
	[ZCOPY_A_X_STATUS]		= { .type = NLA_U32 },
	[ZCOPY_A_X_ERROR]		= { .type = NLA_U32 },
	[ZCOPY_A_X_BYTES_ASKED]		= { .type = NLA_U64 },
	[ZCOPY_A_X_BYTES]		= { .type = NLA_U64 },
	[ZCOPY_A_X_BYTES_BY_REF]	= { .type = NLA_U64 },
	[ZCOPY_A_X_BYTES_COPIED]	= { .type = NLA_U64 },
	[ZCOPY_A_X_CACHE_HIT_BYTES]	= { .type = NLA_U64 },
	[ZCOPY_A_X_CACHE_MISS_BYTES]	= { .type = NLA_U64 },
	[ZCOPY_A_X_SOCKET_WAITS]	= { .type = NLA_U32 },
	[ZCOPY_A_X_DISK_WAITS]		= { .type = NLA_U32 },
	[ZCOPY_A_X_RETRANS]		= { .type = NLA_U32 },
	[ZCOPY_A_X_QUEUED_NS]		= { .type = NLA_U64 },
	[ZCOPY_A_X_FIRST_BYTE_NS]	= { .type = NLA_U64 },
	[ZCOPY_A_X_LAST_BYTE_NS]	= { .type = NLA_U64 },
	[ZCOPY_A_X_DURATION_NS]		= { .type = NLA_U64 },
	[ZCOPY_A_X_UID]			= { .type = NLA_U32 },
	[ZCOPY_A_X_PID]			= { .type = NLA_U32 },
	[ZCOPY_A_X_COMM]		= { .type = NLA_STRING },
	[ZCOPY_A_X_STATE]		= { .type = NLA_U32 },
	[ZCOPY_A_X_FILE]		= { .type = NLA_STRING },
	[ZCOPY_A_X_LOCAL]		= { .minlen = sizeof(struct sockaddr_in) },
	[ZCOPY_A_X_PEER]		= { .minlen = sizeof(struct sockaddr_in) },
	[ZCOPY_A_X_SINK]		= { .type = NLA_U32 },
	[ZCOPY_A_X_RATE]		= { .type = NLA_U64 },
	[ZCOPY_A_X_UNTIL]		= { .type = NLA_U32 },
	[ZCOPY_A_X_NETNS]		= { .type = NLA_U32 },
	[ZCOPY_A_X_TURN_NS]		= { .type = NLA_U64 },
	[ZCOPY_A_X_TURN_IN]		= { .type = NLA_STRING },
	[ZCOPY_A_X_WORKER]		= { .type = NLA_U32 },
	[ZCOPY_A_X_COPIED_SMALL]	= { .type = NLA_U64 },
	[ZCOPY_A_X_COPIED_POLICY]	= { .type = NLA_U64 },
};

#define RESULT(field)	offsetof(struct zci_transfer, result.field)
#define TRANSFER(field)	offsetof(struct zci_transfer, t.field)

/* Offset of the field for each numeric attribute; the policy has its size */
static const size_t transfer_place[ZCOPY_A_X_MAX + 1] = {
	[ZCOPY_A_X_ID]			= RESULT(id),
	[ZCOPY_A_X_COOKIE]		= RESULT(cookie),
	[ZCOPY_A_X_STATUS]		= RESULT(status),
	[ZCOPY_A_X_ERROR]		= RESULT(error),
	[ZCOPY_A_X_BYTES_ASKED]		= RESULT(bytes_asked),
	[ZCOPY_A_X_BYTES]		= RESULT(bytes),
	[ZCOPY_A_X_BYTES_BY_REF]	= RESULT(bytes_by_ref),
	[ZCOPY_A_X_BYTES_COPIED]	= RESULT(bytes_copied),
	[ZCOPY_A_X_CACHE_HIT_BYTES]	= RESULT(cache_hit_bytes),
	[ZCOPY_A_X_CACHE_MISS_BYTES]	= RESULT(cache_miss_bytes),
	[ZCOPY_A_X_SOCKET_WAITS]	= RESULT(socket_waits),
	[ZCOPY_A_X_DISK_WAITS]		= RESULT(disk_waits),
	[ZCOPY_A_X_RETRANS]		= RESULT(retrans),
	[ZCOPY_A_X_QUEUED_NS]		= RESULT(queued_ns),
	[ZCOPY_A_X_FIRST_BYTE_NS]	= RESULT(first_byte_ns),
	[ZCOPY_A_X_LAST_BYTE_NS]	= RESULT(last_byte_ns),
	[ZCOPY_A_X_DURATION_NS]		= RESULT(duration_ns),
	[ZCOPY_A_X_UID]			= TRANSFER(uid),
	[ZCOPY_A_X_PID]			= TRANSFER(pid),
	[ZCOPY_A_X_STATE]		= TRANSFER(state),
	[ZCOPY_A_X_SINK]		= RESULT(sink),
	[ZCOPY_A_X_RATE]		= TRANSFER(rate),
	[ZCOPY_A_X_UNTIL]		= TRANSFER(until),
	[ZCOPY_A_X_NETNS]		= TRANSFER(netns),
	[ZCOPY_A_X_TURN_NS]		= TRANSFER(turn_ns),
	[ZCOPY_A_X_WORKER]		= TRANSFER(worker),
	[ZCOPY_A_X_COPIED_SMALL]	= RESULT(copied_small),
	[ZCOPY_A_X_COPIED_POLICY]	= RESULT(copied_policy),
};

static struct nla_policy query_policy[ZCOPY_A_Q_MAX + 1] = {
	[ZCOPY_A_Q_FEATURES]		= { .type = NLA_U64 },
	[ZCOPY_A_Q_SEND_FLAGS]		= { .type = NLA_U64 },
	[ZCOPY_A_Q_VERBS]		= { .type = NLA_U64 },
	[ZCOPY_A_Q_MAX_ELEMS]		= { .type = NLA_U32 },
	[ZCOPY_A_Q_MAX_SINKS]		= { .type = NLA_U32 },
	[ZCOPY_A_Q_MAX_MEMORY]		= { .type = NLA_U32 },
	[ZCOPY_A_Q_MAX_TRANSFERS]	= { .type = NLA_U32 },
	[ZCOPY_A_Q_VERSION]		= { .type = NLA_STRING },
};

static const size_t query_place[ZCOPY_A_Q_MAX + 1] = {
	[ZCOPY_A_Q_FEATURES]		= offsetof(struct zcopy_query, features),
	[ZCOPY_A_Q_SEND_FLAGS]		= offsetof(struct zcopy_query, send_flags),
	[ZCOPY_A_Q_VERBS]		= offsetof(struct zcopy_query, verbs),
	[ZCOPY_A_Q_MAX_ELEMS]		= offsetof(struct zcopy_query, max_elems),
	[ZCOPY_A_Q_MAX_SINKS]		= offsetof(struct zcopy_query, max_sinks),
	[ZCOPY_A_Q_MAX_MEMORY]		= offsetof(struct zcopy_query, max_memory),
	[ZCOPY_A_Q_MAX_TRANSFERS]	= offsetof(struct zcopy_query,
						   max_transfers),
};

static struct nla_policy counter_policy[ZCOPY_A_C_MAX + 1] = {
	[ZCOPY_A_C_NAME]		= { .type = NLA_STRING },
	[ZCOPY_A_C_VALUE]		= { .type = NLA_U64 },
	[ZCOPY_A_C_HELP]		= { .type = NLA_STRING },
};

static struct nla_policy limit_policy[ZCOPY_A_L_MAX + 1] = {
	[ZCOPY_A_L_NAME]		= { .type = NLA_STRING },
	[ZCOPY_A_L_VALUE]		= { .type = NLA_U64 },
	[ZCOPY_A_L_USED]		= { .type = NLA_U64 },
	[ZCOPY_A_L_HELP]		= { .type = NLA_STRING },
};

static void take_numbers(struct nlattr **tb, int max,
			 const struct nla_policy *policy, const size_t *place,
			 void *to)
{
	int i;

	for (i = 1; i <= max; i++) {
		if (!tb[i])
			continue;
		if (policy[i].type == NLA_U64)
			memcpy((char *)to + place[i], nla_data(tb[i]), 8);
		else if (policy[i].type == NLA_U32)
			memcpy((char *)to + place[i], nla_data(tb[i]), 4);
	}
}

static void take_address(struct nlattr *attr, struct sockaddr_storage *to)
{
	size_t len;

	if (!attr)
		return;
	len = nla_len(attr);
	if (len > sizeof(*to))
		len = sizeof(*to);
	memcpy(to, nla_data(attr), len);
	if (to->ss_family == AF_INET6 && len < sizeof(struct sockaddr_in6))
		to->ss_family = AF_UNSPEC;
}

int zci_parse_transfer(struct nlattr *nest, struct zci_transfer *to)
{
	struct zcopy_result *res = &to->result;
	struct zcopy_transfer *t = &to->t;
	struct nlattr *tb[ZCOPY_A_X_MAX + 1];
	struct nlattr *copied;
	size_t len;

	if (nla_parse_nested(tb, ZCOPY_A_X_MAX, nest, transfer_policy))
		return -EPROTO;
	memset(to, 0, sizeof(*to));
	t->size = sizeof(*t);
	t->result = res;
	res->size = sizeof(*res);
	take_numbers(tb, ZCOPY_A_X_MAX, transfer_policy, transfer_place, to);
	copied = tb[ZCOPY_A_X_COPIED];
	if (copied) {
		len = nla_len(copied);
		if (len > sizeof(res->copied))
			len = sizeof(res->copied);
		memcpy(res->copied, nla_data(copied), len);
	}
	t->comm = tb[ZCOPY_A_X_COMM] ? nla_data(tb[ZCOPY_A_X_COMM]) : "";
	t->turn_in = tb[ZCOPY_A_X_TURN_IN] ? nla_data(tb[ZCOPY_A_X_TURN_IN]) : "";
	t->file = tb[ZCOPY_A_X_FILE] ? nla_data(tb[ZCOPY_A_X_FILE]) : NULL;
	take_address(tb[ZCOPY_A_X_LOCAL], &t->local);
	take_address(tb[ZCOPY_A_X_PEER], &t->peer);
	return 0;
}

int zci_parse_query(struct nlattr *nest, struct zcopy_query *query)
{
	struct nlattr *tb[ZCOPY_A_Q_MAX + 1];

	if (nla_parse_nested(tb, ZCOPY_A_Q_MAX, nest, query_policy))
		return -EPROTO;
	memset(query, 0, sizeof(*query));
	query->size = sizeof(*query);
	take_numbers(tb, ZCOPY_A_Q_MAX, query_policy, query_place, query);
	if (tb[ZCOPY_A_Q_VERSION])
		nla_strlcpy(query->version, tb[ZCOPY_A_Q_VERSION],
			    sizeof(query->version));
	return 0;
}

int zci_parse_counter(struct nlattr *nest, const char **name, uint64_t *value,
		      const char **help)
{
	struct nlattr *tb[ZCOPY_A_C_MAX + 1];

	if (nla_parse_nested(tb, ZCOPY_A_C_MAX, nest, counter_policy) ||
	    !tb[ZCOPY_A_C_NAME] || !tb[ZCOPY_A_C_VALUE])
		return -EPROTO;
	*name = nla_data(tb[ZCOPY_A_C_NAME]);
	*value = nla_get_u64(tb[ZCOPY_A_C_VALUE]);
	*help = tb[ZCOPY_A_C_HELP] ? nla_data(tb[ZCOPY_A_C_HELP]) : "";
	return 0;
}

int zci_parse_limit(struct nlattr *nest, struct zcopy_limit *limit)
{
	struct nlattr *tb[ZCOPY_A_L_MAX + 1];

	if (nla_parse_nested(tb, ZCOPY_A_L_MAX, nest, limit_policy) ||
	    !tb[ZCOPY_A_L_NAME] || !tb[ZCOPY_A_L_VALUE])
		return -EPROTO;
	limit->size = sizeof(*limit);
	limit->name = nla_data(tb[ZCOPY_A_L_NAME]);
	limit->value = nla_get_u64(tb[ZCOPY_A_L_VALUE]);
	limit->used = tb[ZCOPY_A_L_USED] ? nla_get_u64(tb[ZCOPY_A_L_USED]) :
					   ZCOPY_NOT_TOLD;
	limit->help = tb[ZCOPY_A_L_HELP] ? nla_data(tb[ZCOPY_A_L_HELP]) : "";
	return 0;
}
