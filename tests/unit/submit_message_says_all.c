// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The SUBMIT message holds the whole request; a request that does not fit is refused.
 * The test intercepts the message where it would be sent.
 * sources: user/lib/nl_submit.c user/lib/list.c
 * needs: nl
 */
#include "ktap.h"

#include "../../user/lib/internal.h"

static struct nl_msg *caught;

struct nl_msg *zci_nl_new(struct zcopy_nl *nl, uint8_t cmd, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room);

	(void)nl;
	genlmsg_put(msg, 0, 0, 77, 0, 0, cmd, ZCOPY_GENL_VERSION);
	return msg;
}

int zci_nl_request(struct zcopy_nl *nl, struct nl_msg *msg, int flags,
		   zci_nl_fn fn, void *arg)
{
	(void)nl;
	(void)flags;
	(void)fn;
	(void)arg;
	nlmsg_free(caught);
	caught = msg;
	return 0;
}

void zci_nl_fail(struct zcopy_nl *nl, const char *sentence)
{
	snprintf(nl->error, sizeof(nl->error), "%s", sentence);
}

int zci_parse_transfer(struct nlattr *nest, struct zci_transfer *t)
{
	(void)nest;
	(void)t;
	return -EPROTO;
}

static void check_elems(const char *data, size_t len)
{
	struct nlattr *tb[ZCOPY_A_ELEM_MAX + 1];
	unsigned int files = 0, odd = 0;
	struct nlattr *attr;
	size_t seen = 0;
	int rem;

	nlmsg_for_each_attr(attr, nlmsg_hdr(caught), GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_ELEM)
			continue;
		odd += !(attr->nla_type & NLA_F_NESTED);
		if (nla_parse_nested(tb, ZCOPY_A_ELEM_MAX, attr, NULL))
			continue;
		if (tb[ZCOPY_A_ELEM_DATA]) {
			size_t n = nla_len(tb[ZCOPY_A_ELEM_DATA]);

			odd += files != 1 || seen + n > len ||
			       memcmp(nla_data(tb[ZCOPY_A_ELEM_DATA]), data + seen, n);
			seen += n;
		} else if (files++ == 0) {
			ktap_ok(nla_get_s32(tb[ZCOPY_A_ELEM_FD]) == 9 &&
				nla_get_u64(tb[ZCOPY_A_ELEM_OFF]) == 1ULL << 40 &&
				nla_get_u64(tb[ZCOPY_A_ELEM_LEN]) == 5, "a file range");
		} else {
			ktap_ok(!tb[ZCOPY_A_ELEM_LEN], "to the end: no length");
		}
	}
	ktap_eq(files, 2, "both ranges");
	ktap_eq(seen, len, "all of 64 KiB of memory, whole between the ranges");
	ktap_eq(odd, 0, "nested, in order, byte by byte");
}

static void check_sinks(void)
{
	struct nlattr *tb[ZCOPY_A_SINK_MAX + 1];
	unsigned int nr = 0, odd = 0;
	struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlmsg_hdr(caught), GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_SINK)
			continue;
		if (nla_parse_nested(tb, ZCOPY_A_SINK_MAX, attr, NULL) ||
		    nla_get_s32(tb[ZCOPY_A_SINK_FD]) != (int)nr + 4)
			odd++;
		else if (nr == 0)
			odd += tb[ZCOPY_A_SINK_RATE] != NULL;
		else
			odd += !tb[ZCOPY_A_SINK_RATE] ||
			       nla_get_u64(tb[ZCOPY_A_SINK_RATE]) != 1ULL << 33;
		nr++;
	}
	ktap_eq(nr, 2, "both sockets");
	ktap_eq(odd, 0, "in order, each with its rate");
}

/* A record is one attribute, with its type. */
static void check_record(struct zcopy_nl *nl, const char *data)
{
	struct nlattr *tb[ZCOPY_A_ELEM_MAX + 1], *attr;
	struct zcopy_list *list;
	struct zcopy_sink sink;
	struct zcopy_send req;
	unsigned int nr = 0, right = 0;
	uint64_t id;
	int rem;

	if (zcopy_list_new(&list) || zcopy_list_record(list, 22, data, 16384))
		die("no list");
	zcopy_sink_init(&sink, 4);
	zcopy_send_init(&req, list, &sink, 1);
	zcopy_nl_submit(nl, 3, &req, &id);
	nlmsg_for_each_attr(attr, nlmsg_hdr(caught), GENL_HDRLEN, rem) {
		if (nla_type(attr) != ZCOPY_A_ELEM)
			continue;
		nr++;
		right += !nla_parse_nested(tb, ZCOPY_A_ELEM_MAX, attr, NULL) &&
			 tb[ZCOPY_A_ELEM_RECORD] && tb[ZCOPY_A_ELEM_DATA] &&
			 nla_get_u8(tb[ZCOPY_A_ELEM_RECORD]) == 22 &&
			 nla_len(tb[ZCOPY_A_ELEM_DATA]) == 16384 &&
			 !memcmp(nla_data(tb[ZCOPY_A_ELEM_DATA]), data, 16384);
	}
	ktap_ok(nr == 1 && right == 1, "a control record, with its type");
	((struct zcopy_elem *)(uintptr_t)req.elems)->record = 256;
	ktap_eq(zcopy_nl_submit(nl, 3, &req, &id), -EINVAL, "no type is cut to 8 bits");
	zcopy_list_free(list);
}

int main(void)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	static struct zcopy_nl nl;
	static char data[64 << 10];
	struct zcopy_list *list;
	struct zcopy_sink sinks[2];
	struct zcopy_send req;
	uint64_t id;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (i >> 12) * 7 + i * 31;
	if (zcopy_list_new(&list) || zcopy_list_file(list, 9, 1ULL << 40, 5) ||
	    zcopy_list_memory(list, data, sizeof(data)) ||
	    zcopy_list_file(list, 9, 0, ZCOPY_LEN_EOF))
		die("no list");
	zcopy_sink_init(&sinks[0], 4);
	zcopy_sink_init(&sinks[1], 5);
	sinks[1].rate = 1ULL << 33;
	zcopy_send_init(&req, list, sinks, 2);
	req.flags = ZCOPY_F_STABLE | ZCOPY_F_NOWAIT;
	req.until = ZCOPY_UNTIL_RELEASED;
	req.end = ZCOPY_END_SHUTDOWN;
	req.cookie = ~0ULL;
	req.rate = 1ULL << 34;
	req.deadline_ns = 1ULL << 35;
	req.idle_ns = 1ULL << 36;
	req.readahead = 1ULL << 37;
	ktap_eq(zcopy_nl_submit(&nl, 3, &req, &id), -EPROTO,
		"no answer is no success");
	if (!caught)
		die("nothing was sent");
	if (genlmsg_parse(nlmsg_hdr(caught), 0, tb, ZCOPY_A_MAX, NULL))
		die("not a message");
	ktap_eq(genlmsg_hdr(nlmsg_hdr(caught))->cmd, ZCOPY_CMD_SUBMIT, "command");
	ktap_ok(nla_get_s32(tb[ZCOPY_A_DEV]) == 3 &&
		nla_get_u32(tb[ZCOPY_A_FLAGS]) == req.flags &&
		nla_get_u32(tb[ZCOPY_A_UNTIL]) == req.until &&
		nla_get_u32(tb[ZCOPY_A_END]) == req.end &&
		nla_get_u64(tb[ZCOPY_A_COOKIE]) == ~0ULL, "numbers");
	ktap_ok(nla_get_u64(tb[ZCOPY_A_RATE]) == req.rate &&
		nla_get_u64(tb[ZCOPY_A_DEADLINE_NS]) == req.deadline_ns &&
		nla_get_u64(tb[ZCOPY_A_IDLE_NS]) == req.idle_ns &&
		nla_get_u64(tb[ZCOPY_A_READAHEAD]) == req.readahead,
		"rate, times, read-ahead");
	check_sinks();
	check_elems(data, sizeof(data));

	sinks[1].flags = 1;
	ktap_ok(zcopy_nl_submit(&nl, 3, &req, &id) == -EOPNOTSUPP && nl.error[0],
		"flags of a socket are refused in words");
	check_record(&nl, data);
	nlmsg_free(caught);
	zcopy_list_free(list);
	return ktap_done();
}
