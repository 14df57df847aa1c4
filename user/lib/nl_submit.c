// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Translates a struct zcopy_send into a SUBMIT message.  A request that the message
 * cannot express is refused; nothing is left out silently.
 */
#include <errno.h>

#include "internal.h"

/* An attribute's length has 16 bits, so large pieces of memory are split */
#define MEMORY_PIECE	(32U << 10)

/* Where the identifiers of the transfers go, in the order of their sockets */
struct answer {
	uint64_t	*ids;
	uint32_t	room;
	uint32_t	seen;
};

static int on_submitted(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct answer *answer = arg;
	struct zci_transfer t;
	struct nlattr *attr;
	int rem;

	(void)nl;
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EPROTO;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_TRANSFER)
			continue;
		if (zci_parse_transfer(attr, &t))
			return -EPROTO;
		if (answer->seen < answer->room)
			answer->ids[answer->seen] = t.result.id;
		answer->seen++;
	}
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

/* In one attribute, as the kernel takes no other element with it */
static int put_record(struct nl_msg *msg, const struct zcopy_elem *elem)
{
	struct nlattr *nest;

	if (elem->record > UINT8_MAX || elem->len > MEMORY_PIECE)
		return -EINVAL;
	nest = nla_nest_start(msg, ZCOPY_A_ELEM | NLA_F_NESTED);
	if (!nest || nla_put_u8(msg, ZCOPY_A_ELEM_RECORD, elem->record) ||
	    nla_put(msg, ZCOPY_A_ELEM_DATA, elem->len,
		    (const void *)(uintptr_t)elem->off))
		return -E2BIG;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_elem(struct nl_msg *msg, const struct zcopy_elem *elem)
{
	struct nlattr *nest;

	if (elem->kind == ZCOPY_ELEM_RECORD)
		return put_record(msg, elem);
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

	if (!nest || nla_put_s32(msg, ZCOPY_A_SINK_FD, sink->fd) ||
	    (sink->rate && nla_put_u64(msg, ZCOPY_A_SINK_RATE, sink->rate)))
		return -E2BIG;
	nla_nest_end(msg, nest);
	return 0;
}

/* Walk the array by the caller's element size, which may differ from ours */
static const struct zcopy_sink *sink_of(const struct zcopy_send *req, uint32_t i)
{
	return (const void *)(uintptr_t)(req->sinks + (uint64_t)i * req->sink_size);
}

static int put_request(struct nl_msg *msg, int devfd, const struct zcopy_send *req)
{
	const struct zcopy_elem *elems = (const void *)(uintptr_t)req->elems;
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
		err = put_sink(msg, sink_of(req, i));
		if (err)
			return err;
	}
	if ((req->flags && nla_put_u32(msg, ZCOPY_A_FLAGS, req->flags)) ||
	    (req->until && nla_put_u32(msg, ZCOPY_A_UNTIL, req->until)) ||
	    (req->end && nla_put_u32(msg, ZCOPY_A_END, req->end)) ||
	    (req->cookie && nla_put_u64(msg, ZCOPY_A_COOKIE, req->cookie)) ||
	    (req->rate && nla_put_u64(msg, ZCOPY_A_RATE, req->rate)) ||
	    (req->deadline_ns &&
	     nla_put_u64(msg, ZCOPY_A_DEADLINE_NS, req->deadline_ns)) ||
	    (req->idle_ns && nla_put_u64(msg, ZCOPY_A_IDLE_NS, req->idle_ns)) ||
	    (req->readahead &&
	     nla_put_u64(msg, ZCOPY_A_READAHEAD, req->readahead)))
		return -E2BIG;
	return 0;
}

/* Upper bound for the size of the message that put_request() fills */
static size_t room_for(const struct zcopy_send *req)
{
	const struct zcopy_elem *elems = (const void *)(uintptr_t)req->elems;
	size_t room = 256 + 32 * (size_t)req->nr_sinks;
	uint32_t i;

	for (i = 0; i < req->nr_elems; i++) {
		room += 48;
		if (elems[i].kind != ZCOPY_ELEM_FILE)
			room += elems[i].len + elems[i].len / MEMORY_PIECE * 16;
	}
	return room;
}

static bool has_no_attribute(const struct zcopy_send *req)
{
	const struct zcopy_elem *elems = (const void *)(uintptr_t)req->elems;
	uint32_t i;

	for (i = 0; i < req->nr_elems; i++)
		if (elems[i].flags)
			return true;
	for (i = 0; i < req->nr_sinks; i++)
		if (sink_of(req, i)->flags)
			return true;
	return false;
}

static int submit(struct zcopy_nl *nl, int devfd, const struct zcopy_send *req,
		  struct answer *answer)
{
	struct nl_msg *msg;
	int err;

	if (has_no_attribute(req)) {
		zci_nl_fail(nl, "flags of an element or socket have no netlink attribute");
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
	return zci_nl_request(nl, msg, 0, on_submitted, answer);
}

int zcopy_nl_submit(struct zcopy_nl *nl, int devfd, const struct zcopy_send *req,
		    uint64_t *id)
{
	struct answer answer = { .ids = id, .room = 1 };
	int err = submit(nl, devfd, req, &answer);

	return !err && !answer.seen ? -EPROTO : err;
}

int zcopy_nl_submit_all(struct zcopy_nl *nl, int devfd,
			const struct zcopy_send *req, uint64_t *ids)
{
	struct answer answer = { .ids = ids, .room = req->nr_sinks };
	int err = submit(nl, devfd, req, &answer);

	return !err && answer.seen != req->nr_sinks ? -EPROTO : err;
}
