// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the translation of a struct zcopy_send into a SUBMIT message.  What the
 * message cannot express is refused, never left out.
 */
#include <errno.h>

#include "internal.h"

/* An attribute's length has 16 bits, so large pieces travel as several */
#define MEMORY_PIECE	(32U << 10)

struct answer {
	uint64_t	id;
	bool		seen;
};

static struct nla_policy policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_TRANSFER]	= { .type = NLA_NESTED },
};

static int on_submitted(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct answer *answer = arg;
	struct zcopy_transfer t;

	(void)nl;
	if (genlmsg_parse(nlh, 0, tb, ZCOPY_A_MAX, policy) ||
	    !tb[ZCOPY_A_TRANSFER] ||
	    zci_parse_transfer(tb[ZCOPY_A_TRANSFER], &t))
		return -EPROTO;
	if (!answer->seen)
		answer->id = t.result.id;
	answer->seen = true;
	return 0;
}

static int put_memory(struct nl_msg *msg, const char *data, uint64_t len)
{
	struct nlattr *nest;
	uint32_t piece;

	while (len) {
		piece = len < MEMORY_PIECE ? len : MEMORY_PIECE;
		nest = nla_nest_start(msg, ZCOPY_A_ELEM | NLA_F_NESTED);
		if (!nest || nla_put(msg, ZCOPY_A_ELEM_DATA, piece, data))
			return -E2BIG;
		nla_nest_end(msg, nest);
		data += piece;
		len -= piece;
	}
	return 0;
}

static int put_elem(struct nl_msg *msg, const struct zcopy_elem *elem)
{
	struct nlattr *nest;

	if (elem->kind == ZCOPY_ELEM_MEMORY)
		return put_memory(msg, (const char *)(uintptr_t)elem->off,
				  elem->len);
	if (elem->kind != ZCOPY_ELEM_FILE)
		return -EINVAL;
	nest = nla_nest_start(msg, ZCOPY_A_ELEM | NLA_F_NESTED);
	if (!nest || nla_put_s32(msg, ZCOPY_A_ELEM_FD, elem->fd) ||
	    nla_put_u64(msg, ZCOPY_A_ELEM_OFF, elem->off))
		return -E2BIG;
	if (elem->len != ZCOPY_LEN_EOF &&
	    nla_put_u64(msg, ZCOPY_A_ELEM_LEN, elem->len))
		return -E2BIG;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_sink(struct nl_msg *msg, const struct zcopy_sink *sink)
{
	struct nlattr *nest = nla_nest_start(msg, ZCOPY_A_SINK | NLA_F_NESTED);

	if (!nest || nla_put_s32(msg, ZCOPY_A_SINK_FD, sink->fd))
		return -E2BIG;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_request(struct nl_msg *msg, int devfd, const struct zcopy_send *req)
{
	const struct zcopy_elem *elems = (const void *)(uintptr_t)req->elems;
	const struct zcopy_sink *sinks = (const void *)(uintptr_t)req->sinks;
	uint32_t i;
	int err;

	if (nla_put_s32(msg, ZCOPY_A_DEV, devfd))
		return -E2BIG;
	for (i = 0; i < req->nr_elems; i++) {
		err = put_elem(msg, &elems[i]);
		if (err)
			return err;
	}
	for (i = 0; i < req->nr_sinks; i++) {
		err = put_sink(msg, &sinks[i]);
		if (err)
			return err;
	}
	if ((req->flags && nla_put_u32(msg, ZCOPY_A_FLAGS, req->flags)) ||
	    (req->until && nla_put_u32(msg, ZCOPY_A_UNTIL, req->until)) ||
	    (req->end && nla_put_u32(msg, ZCOPY_A_END, req->end)) ||
	    (req->cookie && nla_put_u64(msg, ZCOPY_A_COOKIE, req->cookie)))
		return -E2BIG;
	return 0;
}

/* Room for the message: what put_request() adds, generously */
static size_t room_for(const struct zcopy_send *req)
{
	const struct zcopy_elem *elems = (const void *)(uintptr_t)req->elems;
	size_t room = 256 + 16 * (size_t)req->nr_sinks;
	uint32_t i;

	for (i = 0; i < req->nr_elems; i++) {
		room += 48;
		if (elems[i].kind == ZCOPY_ELEM_MEMORY)
			room += elems[i].len + elems[i].len / MEMORY_PIECE * 16;
	}
	return room;
}

static bool has_no_attribute(const struct zcopy_send *req)
{
	const struct zcopy_sink *sinks = (const void *)(uintptr_t)req->sinks;
	uint32_t i;

	for (i = 0; i < req->nr_sinks; i++)
		if (sinks[i].rate || sinks[i].flags)
			return true;
	return req->rate || req->deadline_ns || req->idle_ns || req->readahead;
}

int zcopy_nl_submit(struct zcopy_nl *nl, int devfd, const struct zcopy_send *req,
		    uint64_t *id)
{
	struct answer answer = { 0 };
	struct nl_msg *msg;
	int err;

	if (has_no_attribute(req)) {
		zci_nl_fail(nl, "rate, deadline, idle time and read-ahead have no netlink attribute");
		return -EOPNOTSUPP;
	}
	msg = zci_nl_new(nl, ZCOPY_CMD_SUBMIT, room_for(req));
	if (!msg)
		return -ENOMEM;
	err = put_request(msg, devfd, req);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	err = zci_nl_request(nl, msg, 0, on_submitted, &answer);
	if (!err && !answer.seen)
		err = -EPROTO;
	if (!err)
		*id = answer.id;
	return err;
}
