// SPDX-License-Identifier: GPL-2.0
/*
 * Wrong netlink messages are refused, one mistake per row: the errno is right, the
 * counter goes up, the acknowledgement has a sentence, and nothing else changes.
 * guest: timeout=30
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"

struct row {
	const char *what;
	void (*make)(struct nlraw_msg *m);
	int err;
	const char *why;	/* NULL: the family's own core refuses it */
};

static struct nlraw nl;
static int dev, file;
static struct pair pair;
static const uint8_t bytes[70000];

static void good(struct nlraw_msg *m)
{
	nlraw_submit(&nl, m, dev, pair.near, file, 0, 4096);
}

static void plain(struct nlraw_msg *m, uint8_t cmd)
{
	nlraw_begin(&nl, m, cmd, 0);
}

/* A submission without its elements, to be filled */
static void sink_only(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_SUBMIT);
	nlraw_u32(m, ZCOPY_A_DEV, dev);
	nlraw_sink(m, pair.near);
}

/* One attribute of a nest, of any length */
static void in_nest(struct nlraw_msg *m, uint16_t nest_type, uint16_t type,
		    size_t len)
{
	struct nlattr *nest = nlraw_nest(m, nest_type);

	nlraw_put(m, type, bytes, len);
	nlraw_end(m, nest);
}

#define GOOD_PLUS(name, type, len)					\
static void name(struct nlraw_msg *m)					\
{									\
	good(m);							\
	nlraw_put(m, type, bytes, len);					\
}

#define ONE_ATTR(name, cmd, type, len)					\
static void name(struct nlraw_msg *m)					\
{									\
	plain(m, cmd);							\
	nlraw_put(m, type, bytes, len);					\
}

#define ONE_NEST(name, type, inner, len)				\
static void name(struct nlraw_msg *m)					\
{									\
	sink_only(m);							\
	in_nest(m, type, inner, len);					\
}

#define VALUE(name, type, value)					\
static void name(struct nlraw_msg *m)					\
{									\
	good(m);							\
	nlraw_u32(m, type, value);					\
}

ONE_ATTR(dev_short, ZCOPY_CMD_SUBMIT, ZCOPY_A_DEV, 3)
ONE_ATTR(dev_long, ZCOPY_CMD_SUBMIT, ZCOPY_A_DEV, 8)
ONE_ATTR(dev_empty, ZCOPY_CMD_SUBMIT, ZCOPY_A_DEV, 0)
GOOD_PLUS(flags_short, ZCOPY_A_FLAGS, 2)
GOOD_PLUS(flags_long, ZCOPY_A_FLAGS, 8)
GOOD_PLUS(until_short, ZCOPY_A_UNTIL, 1)
GOOD_PLUS(until_long, ZCOPY_A_UNTIL, 8)
GOOD_PLUS(end_short, ZCOPY_A_END, 2)
GOOD_PLUS(end_long, ZCOPY_A_END, 8)
GOOD_PLUS(cookie_short, ZCOPY_A_COOKIE, 4)
GOOD_PLUS(cookie_long, ZCOPY_A_COOKIE, 9)
ONE_ATTR(id_short, ZCOPY_CMD_GET, ZCOPY_A_ID, 4)
ONE_ATTR(id_long, ZCOPY_CMD_GET, ZCOPY_A_ID, 16)
ONE_ATTR(cancel_id_short, ZCOPY_CMD_CANCEL, ZCOPY_A_ID, 4)
ONE_ATTR(all_with_value, ZCOPY_CMD_CANCEL, ZCOPY_A_ALL, 4)
ONE_NEST(fd_short, ZCOPY_A_ELEM, ZCOPY_A_ELEM_FD, 2)
ONE_NEST(fd_long, ZCOPY_A_ELEM, ZCOPY_A_ELEM_FD, 8)
ONE_NEST(off_short, ZCOPY_A_ELEM, ZCOPY_A_ELEM_OFF, 4)
ONE_NEST(len_short, ZCOPY_A_ELEM, ZCOPY_A_ELEM_LEN, 4)
ONE_NEST(no_kind, ZCOPY_A_ELEM, ZCOPY_A_ELEM_OFF, 8)
ONE_NEST(elem_unknown, ZCOPY_A_ELEM, 60, 4)
ONE_NEST(sink_fd_short, ZCOPY_A_SINK, ZCOPY_A_SINK_FD, 2)
ONE_NEST(sink_unknown, ZCOPY_A_SINK, 60, 4)
ONE_NEST(much_memory, ZCOPY_A_ELEM, ZCOPY_A_ELEM_DATA, 65520)
GOOD_PLUS(unknown, ZCOPY_A_MAX + 1, 4)
GOOD_PLUS(unknown_far, 3000, 4)
GOOD_PLUS(attribute_of_answers, ZCOPY_A_COUNT, 4)
GOOD_PLUS(attribute_of_get, ZCOPY_A_ID, 8)
GOOD_PLUS(pad, ZCOPY_A_PAD, 0)
GOOD_PLUS(type_zero, ZCOPY_A_UNSPEC, 4)
GOOD_PLUS(elem_flat, ZCOPY_A_ELEM, 4)
GOOD_PLUS(flags_nested, ZCOPY_A_FLAGS | NLA_F_NESTED, 4)
ONE_ATTR(rate_without_value, ZCOPY_CMD_SET_RATE, ZCOPY_A_ID, 8)
ONE_ATTR(rate_short, ZCOPY_CMD_SET_RATE, ZCOPY_A_RATE, 4)
ONE_ATTR(rate_of_nothing, ZCOPY_CMD_SET_RATE, ZCOPY_A_RATE, 8)
ONE_ATTR(limits_attr, ZCOPY_CMD_LIMITS_GET, ZCOPY_A_ID, 8)
ONE_ATTR(limit_flat, ZCOPY_CMD_LIMITS_SET, ZCOPY_A_LIMIT, 8)
ONE_ATTR(set_attr, ZCOPY_CMD_LIMITS_SET, ZCOPY_A_ID, 8)
VALUE(flag_unknown, ZCOPY_A_FLAGS, 1U << 31)
VALUE(flag_warm, ZCOPY_A_FLAGS, ZCOPY_F_WARM)
VALUE(flag_dontwait, ZCOPY_A_FLAGS, ZCOPY_F_DONTWAIT)
VALUE(flag_position, ZCOPY_A_FLAGS, ZCOPY_F_POSITION)
VALUE(until_unknown, ZCOPY_A_UNTIL, 3)
VALUE(end_unknown, ZCOPY_A_END, 3)
ONE_ATTR(stats_attr, ZCOPY_CMD_STATS, ZCOPY_A_ID, 8)
ONE_ATTR(query_attr, ZCOPY_CMD_QUERY, ZCOPY_A_FLAGS, 4)

static void elem_not_a_nest(struct nlraw_msg *m)
{
	struct nlattr *nest;

	sink_only(m);
	nest = nlraw_nest(m, ZCOPY_A_ELEM);
	nlraw_u32(m, ZCOPY_A_ELEM_FD, file);
	nlraw_end(m, nest);
	nest->nla_type = ZCOPY_A_ELEM;
}

static void nest_torn(struct nlraw_msg *m)
{
	struct nlattr *nest;

	sink_only(m);
	nest = nlraw_nest(m, ZCOPY_A_ELEM);
	nlraw_u32(m, ZCOPY_A_ELEM_FD, file);
	nlraw_end(m, nest);
	/* The inner attribute claims to be longer than the outer one. */
	((struct nlattr *)((char *)nest + NLA_HDRLEN))->nla_len = 64;
}

static void data_and_fd(struct nlraw_msg *m)
{
	struct nlattr *nest;

	sink_only(m);
	nest = nlraw_nest(m, ZCOPY_A_ELEM);
	nlraw_u32(m, ZCOPY_A_ELEM_FD, file);
	nlraw_put(m, ZCOPY_A_ELEM_DATA, "data", 4);
	nlraw_end(m, nest);
}

static void data_and_len(struct nlraw_msg *m)
{
	struct nlattr *nest;

	sink_only(m);
	nest = nlraw_nest(m, ZCOPY_A_ELEM);
	nlraw_put(m, ZCOPY_A_ELEM_DATA, "data", 4);
	nlraw_u64(m, ZCOPY_A_ELEM_LEN, 4);
	nlraw_end(m, nest);
}

static void empty_elem(struct nlraw_msg *m)
{
	sink_only(m);
	nlraw_end(m, nlraw_nest(m, ZCOPY_A_ELEM));
}

static void empty_sink(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_SUBMIT);
	nlraw_u32(m, ZCOPY_A_DEV, dev);
	nlraw_end(m, nlraw_nest(m, ZCOPY_A_SINK));
}

static void overflow(struct nlraw_msg *m)
{
	nlraw_submit(&nl, m, dev, pair.near, file, 4096, ~1ULL >> 1);
}

static void memory_in_pieces(struct nlraw_msg *m)
{
	sink_only(m);
	in_nest(m, ZCOPY_A_ELEM, ZCOPY_A_ELEM_DATA, 33000);
	in_nest(m, ZCOPY_A_ELEM, ZCOPY_A_ELEM_DATA, 33000);
}

static void many_elems(struct nlraw_msg *m)
{
	unsigned int i;

	sink_only(m);
	for (i = 0; i < 1025; i++)
		in_nest(m, ZCOPY_A_ELEM, ZCOPY_A_ELEM_DATA, 1);
}

static void sinks(struct nlraw_msg *m, unsigned int nr)
{
	plain(m, ZCOPY_CMD_SUBMIT);
	nlraw_u32(m, ZCOPY_A_DEV, dev);
	while (nr--) {
		struct nlattr *nest = nlraw_nest(m, ZCOPY_A_SINK);

		nlraw_u32(m, ZCOPY_A_SINK_FD, pair.near);
		nlraw_end(m, nest);
	}
}

static void no_sink(struct nlraw_msg *m) { sinks(m, 0); }
static void many_sinks(struct nlraw_msg *m) { sinks(m, 65); }

static void no_device(struct nlraw_msg *m)
{
	nlraw_submit(&nl, m, -1, pair.near, file, 0, 4096);
}

static void wrong_device(struct nlraw_msg *m)
{
	nlraw_submit(&nl, m, file, pair.near, file, 0, 4096);
}

static void closed_device(struct nlraw_msg *m)
{
	nlraw_submit(&nl, m, 999, pair.near, file, 0, 4096);
}

static void reserved(struct nlraw_msg *m)
{
	good(m);
	m->g.reserved = 1;
}

static void reserved_of_get(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_GET);
	nlraw_u64(m, ZCOPY_A_ID, 1);
	m->g.reserved = 0x8000;
}

/* Three bytes are not even the start of an attribute. */
static void garbage(struct nlraw_msg *m)
{
	good(m);
	memcpy((char *)m + m->h.nlmsg_len, "\1\2\3", 4);
	m->h.nlmsg_len += 3;
}

static void torn(struct nlraw_msg *m)
{
	struct nlattr a = { .nla_len = 40, .nla_type = ZCOPY_A_FLAGS };

	good(m);
	memcpy((char *)m + m->h.nlmsg_len, &a, sizeof(a));
	m->h.nlmsg_len += sizeof(a);
}

/* One limit; no name or no value if those are NULL */
static void limit(struct nlraw_msg *m, const char *name, const uint64_t *value)
{
	struct nlattr *nest = nlraw_nest(m, ZCOPY_A_LIMIT);

	if (name)
		nlraw_put(m, ZCOPY_A_L_NAME, name, strlen(name) + 1);
	if (value)
		nlraw_u64(m, ZCOPY_A_L_VALUE, *value);
	nlraw_end(m, nest);
}

static const uint64_t zero, one = 1, high = 65537;

#define LIMIT(fn, name, value)						\
static void fn(struct nlraw_msg *m)					\
{									\
	plain(m, ZCOPY_CMD_LIMITS_SET);					\
	limit(m, "max_user_transfers", &one);				\
	limit(m, name, value);						\
}

LIMIT(limit_without_name, NULL, &one)
LIMIT(limit_without_value, "max_transfers", NULL)
LIMIT(limit_long_name, "a name that is longer than thirty-two bytes", &one)
LIMIT(limit_unknown, "max_elephants", &one)
LIMIT(limit_no_name, "", &one)
LIMIT(limit_zero, "max_transfers", &zero)
LIMIT(limit_twice, "max_user_transfers", &one)
LIMIT(setting_too_high, "copy_small_bytes", &high)

static void limit_unended(struct nlraw_msg *m)
{
	struct nlattr *nest;

	plain(m, ZCOPY_CMD_LIMITS_SET);
	nest = nlraw_nest(m, ZCOPY_A_LIMIT);
	nlraw_put(m, ZCOPY_A_L_NAME, "max_transfers", 13);
	nlraw_u64(m, ZCOPY_A_L_VALUE, 1);
	nlraw_end(m, nest);
}

static void no_limit(struct nlraw_msg *m) { plain(m, ZCOPY_CMD_LIMITS_SET); }

/* A rate for the socket of an otherwise right submission */
static void sink_rate(struct nlraw_msg *m, const void *rate, size_t len)
{
	struct nlattr *nest;

	plain(m, ZCOPY_CMD_SUBMIT);
	nlraw_u32(m, ZCOPY_A_DEV, dev);
	nest = nlraw_nest(m, ZCOPY_A_SINK);
	nlraw_u32(m, ZCOPY_A_SINK_FD, pair.near);
	nlraw_put(m, ZCOPY_A_SINK_RATE, rate, len);
	nlraw_end(m, nest);
}

static void sink_rate_zero(struct nlraw_msg *m) { sink_rate(m, &zero, 8); }
static void sink_rate_short(struct nlraw_msg *m) { sink_rate(m, &one, 4); }

static void get_nothing(struct nlraw_msg *m) { plain(m, ZCOPY_CMD_GET); }
static void cancel_nothing(struct nlraw_msg *m) { plain(m, ZCOPY_CMD_CANCEL); }

static void cancel_both(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_CANCEL);
	nlraw_u64(m, ZCOPY_A_ID, 1);
	nlraw_put(m, ZCOPY_A_ALL, NULL, 0);
}

static void get_unknown(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_GET);
	nlraw_u64(m, ZCOPY_A_ID, 1ULL << 60);
}

static void cancel_unknown(struct nlraw_msg *m)
{
	plain(m, ZCOPY_CMD_CANCEL);
	nlraw_u64(m, ZCOPY_A_ID, 0);
}

static void dump_with_id(struct nlraw_msg *m)
{
	nlraw_begin(&nl, m, ZCOPY_CMD_GET, NLM_F_DUMP);
	nlraw_u64(m, ZCOPY_A_ID, 1);
}

static void dump_reserved(struct nlraw_msg *m)
{
	nlraw_begin(&nl, m, ZCOPY_CMD_GET, NLM_F_DUMP);
	m->g.reserved = 1;
}

static void cookie_twice(struct nlraw_msg *m)
{
	good(m);
	nlraw_u64(m, ZCOPY_A_COOKIE, 1);
	nlraw_u64(m, ZCOPY_A_COOKIE, 1);
}

static void device_twice(struct nlraw_msg *m)
{
	good(m);
	nlraw_u32(m, ZCOPY_A_DEV, dev);
}

#define MALFORMED(fn) { #fn, fn, EINVAL, "message_malformed" }

static const struct row rows[] = {
	MALFORMED(dev_short), MALFORMED(dev_long), MALFORMED(dev_empty),
	MALFORMED(flags_short), MALFORMED(flags_long), MALFORMED(until_short),
	MALFORMED(until_long), MALFORMED(end_short), MALFORMED(end_long),
	MALFORMED(cookie_short), MALFORMED(cookie_long), MALFORMED(id_short),
	MALFORMED(id_long), MALFORMED(cancel_id_short),
	MALFORMED(all_with_value), MALFORMED(fd_short), MALFORMED(fd_long),
	MALFORMED(off_short), MALFORMED(len_short), MALFORMED(elem_unknown),
	MALFORMED(sink_fd_short), MALFORMED(sink_unknown), MALFORMED(unknown),
	MALFORMED(unknown_far), MALFORMED(attribute_of_answers),
	MALFORMED(attribute_of_get), MALFORMED(pad), MALFORMED(type_zero),
	MALFORMED(elem_flat), MALFORMED(flags_nested),
	MALFORMED(elem_not_a_nest), MALFORMED(nest_torn), MALFORMED(garbage),
	MALFORMED(torn), MALFORMED(stats_attr), MALFORMED(query_attr),
	MALFORMED(cancel_nothing), MALFORMED(cancel_both),
	MALFORMED(dump_with_id), MALFORMED(cookie_twice), MALFORMED(device_twice),
	MALFORMED(rate_without_value), MALFORMED(rate_short),
	MALFORMED(limits_attr), MALFORMED(limit_flat), MALFORMED(set_attr),
	MALFORMED(limit_without_name), MALFORMED(limit_without_value),
	MALFORMED(limit_long_name), MALFORMED(limit_unended),
	MALFORMED(no_limit), MALFORMED(sink_rate_short),
	{ "a limit of no known name", limit_unknown, EINVAL, "limit_unknown" },
	{ "a limit of an empty name", limit_no_name, EINVAL, "limit_unknown" },
	{ "a limit of 0", limit_zero, EINVAL, "limit_zero" },
	{ "a limit twice", limit_twice, EINVAL, "limit_twice" },
	{ "a setting that is too high", setting_too_high, EINVAL, "setting_too_high" },
	{ "a rate for no transfer", rate_of_nothing, ENOENT, "no_such_transfer" },
	{ "no kind of element", no_kind, EINVAL, "elem_kind" },
	{ "an empty element", empty_elem, EINVAL, "elem_kind" },
	{ "memory and a file", data_and_fd, EINVAL, "elem_kind" },
	{ "memory and a length", data_and_len, EINVAL, "elem_kind" },
	{ "a socket without descriptor", empty_sink, EINVAL, "no_sink" },
	{ "no socket", no_sink, EINVAL, "no_sink" },
	{ "65 sockets", many_sinks, E2BIG, "too_many_sinks" },
	{ "1025 elements", many_elems, E2BIG, "too_many_elems" },
	{ "too much memory in pieces", memory_in_pieces, E2BIG, "too_much_memory" },
	{ "a range that overflows", overflow, EINVAL, "range_overflow" },
	{ "an unknown flag", flag_unknown, EINVAL, "flag_unknown" },
	{ "WARM and a socket", flag_warm, EINVAL, "warm_conflict" },
	{ "DONTWAIT", flag_dontwait, EOPNOTSUPP, "flag_unsupported" },
	{ "POSITION", flag_position, EOPNOTSUPP, "flag_unsupported" },
	{ "an unknown level", until_unknown, EINVAL, "until_unknown" },
	{ "an unknown end", end_unknown, EINVAL, "end_unknown" },
	{ "no device", no_device, EINVAL, "device_missing" },
	{ "a file as device", wrong_device, EACCES, "device_wrong" },
	{ "a closed descriptor as device", closed_device, EACCES, "device_wrong" },
	{ "the header's reserved bytes", reserved, EINVAL, "reserved_set" },
	{ "the header's reserved bytes, GET", reserved_of_get, EINVAL, "reserved_set" },
	{ "the header's reserved bytes, dump", dump_reserved, EINVAL, "reserved_set" },
	{ "GET of nothing", get_nothing, ENOENT, "no_such_transfer" },
	{ "GET of an unknown id", get_unknown, ENOENT, "no_such_transfer" },
	{ "CANCEL of an unknown id", cancel_unknown, ENOENT, "no_such_transfer" },
};

static void try_row(const struct row *row)
{
	static struct nlraw_msg m;
	struct refuse before;
	const char *wrong;
	int ret;

	row->make(&m);
	refuse_before(&before, pair.far);
	ret = nlraw_talk(&nl, &m);
	wrong = refuse_after(&before, row->why);
	if (!wrong && row->why && !nl.words[0])
		wrong = "there is no sentence";
	if (!ktap_ok(ret == -row->err && !wrong, "%s: %s", row->what, row->why))
		note("returned %d, not %d; %s; \"%s\"", ret, -row->err,
		     wrong ? wrong : "counters as they should", nl.words);
}

int main(void)
{
	static struct nlraw_msg m;
	unsigned int i;

	dev = dev_open(0);
	nlraw_open(&nl);
	pair = pair_open(false);
	file = file_to_read("source", 65536);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);

	much_memory(&m);
	ktap_eq(nlraw_talk(&nl, &m), 0, "65520 bytes of memory are accepted");
	sink_rate_zero(&m);
	ktap_eq(nlraw_talk(&nl, &m), 0, "a rate of 0 for a socket is accepted");
	good(&m);
	ktap_eq(nlraw_talk(&nl, &m), 0, "what is right is accepted");
	ktap_ok(nl.id, "and has a number");
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}

