// SPDX-License-Identifier: GPL-2.0
/*
 * Every field of every struct of the device is set wrong, one mistake per row: the
 * errno is that of the interface's table, the refusal's own counter goes up by one,
 * and nothing else changes.  Pointers are in bad_pointers_are_refused.c, kinds of
 * files and sockets in bad_descriptors_are_refused.c.
 * guest: timeout=30
 */
#include "ktap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "refuse.h"

/* All that a verb reads; each row changes one place of it. */
struct all {
	struct zcopy_send send;
	struct zcopy_elem elem[2];
	struct zcopy_sink sink[2];
	struct zcopy_wait wait;
	struct zcopy_cancel cancel;
	struct zcopy_query query;
	struct zcopy_sendfile sendfile;
	struct zcopy_result result;
};

enum { SEND = 1, SUBMIT = 2, BOTH = 3, WAIT = 4, CANCEL = 8, QUERY = 16, SENDFILE = 32 };

struct row {
	const char *what;
	int verbs;
	size_t off;
	unsigned int width;
	uint64_t value;
	int err;
	const char *why;
};

#define AT(path)	offsetof(struct all, path), sizeof(((struct all *)0)->path)
#define ROW(what, verbs, path, value, err, why) \
	{ what, verbs, AT(path), value, err, why }
#define RESERVED(verbs, path)						\
	ROW(#path " low byte", verbs, path, 1, EINVAL, "reserved_set"),	\
	{ #path " high byte", verbs, AT(path),				\
	  1ULL << (8 * sizeof(((struct all *)0)->path) - 1), EINVAL,	\
	  "reserved_set" }

static const struct row rows[] = {
	ROW("size 0", BOTH, send.size, 0, EINVAL, "size_too_small"),
	ROW("size one less than the first", BOTH, send.size, 143, EINVAL, "size_too_small"),
	ROW("size over a page", BOTH, send.size, 4097, E2BIG, "tail_not_zero"),
	ROW("size of all memory", BOTH, send.size, ~0U, E2BIG, "tail_not_zero"),
	ROW("flag 1<<10", BOTH, send.flags, 1 << 10, EINVAL, "flag_unknown"),
	ROW("flag 1<<31", BOTH, send.flags, 1U << 31, EINVAL, "flag_unknown"),
	ROW("flag WARM", BOTH, send.flags, ZCOPY_F_WARM, EINVAL, "warm_conflict"),
	ROW("flag DETACHED", SEND, send.flags, ZCOPY_F_DETACHED, EOPNOTSUPP, "flag_unsupported"),
	ROW("flag DONTWAIT", SUBMIT, send.flags, ZCOPY_F_DONTWAIT, EOPNOTSUPP, "flag_unsupported"),
	ROW("flag POSITION", SUBMIT, send.flags, ZCOPY_F_POSITION, EOPNOTSUPP, "flag_unsupported"),
	ROW("until 3", BOTH, send.until, 3, EINVAL, "until_unknown"),
	ROW("until all ones", BOTH, send.until, ~0U, EINVAL, "until_unknown"),
	ROW("end 3", BOTH, send.end, 3, EINVAL, "end_unknown"),
	ROW("end all ones", BOTH, send.end, ~0U, EINVAL, "end_unknown"),
	ROW("readahead", BOTH, send.readahead, 1ULL << 63, EINVAL, "readahead_too_large"),
	RESERVED(BOTH, send.reserved0),
	RESERVED(BOTH, send.reserved[0]),
	RESERVED(BOTH, send.reserved[1]),
	RESERVED(BOTH, send.reserved[2]),
	RESERVED(BOTH, send.reserved[3]),
	RESERVED(BOTH, elem[0].record),
	RESERVED(BOTH, sink[0].reserved[0]),
	RESERVED(BOTH, sink[0].reserved[1]),
	ROW("flag of an element", BOTH, elem[0].flags, 1, EINVAL, "flag_unknown"),
	ROW("flag of a socket", BOTH, sink[0].flags, 1, EINVAL, "flag_unknown"),
	ROW("element of kind 0", BOTH, elem[0].kind, 0, EINVAL, "elem_kind"),
	ROW("element of kind 4", BOTH, elem[0].kind, 4, EINVAL, "elem_kind"),
	ROW("element of kind all ones", BOTH, elem[0].kind, ~0U, EINVAL, "elem_kind"),
	ROW("memory with a descriptor", BOTH, elem[0].kind, ZCOPY_ELEM_MEMORY, EINVAL, "reserved_set"),
	ROW("control record with a descriptor", BOTH, elem[0].kind, ZCOPY_ELEM_RECORD, EINVAL, "reserved_set"),
	ROW("offset 2^63", BOTH, elem[0].off, 1ULL << 63, EINVAL, "range_overflow"),
	ROW("offset all ones", BOTH, elem[0].off, ~0ULL, EINVAL, "range_overflow"),
	ROW("length 2^63", BOTH, elem[0].len, 1ULL << 63, EINVAL, "range_overflow"),
	ROW("length all ones but one", BOTH, elem[0].len, ~1ULL, EINVAL, "range_overflow"),
	ROW("offset and length of 2^63", BOTH, elem[0].off, (1ULL << 63) - 4096, EINVAL, "range_overflow"),
	ROW("stride of elements 0", BOTH, send.elem_size, 0, EINVAL, "elem_stride"),
	ROW("stride of elements 31", BOTH, send.elem_size, 31, EINVAL, "elem_stride"),
	ROW("stride of elements over a page", BOTH, send.elem_size, 4104, E2BIG, "tail_not_zero"),
	ROW("stride of sockets 0", BOTH, send.sink_size, 0, EINVAL, "sink_stride"),
	ROW("stride of sockets 31", BOTH, send.sink_size, 31, EINVAL, "sink_stride"),
	ROW("stride of sockets over a page", BOTH, send.sink_size, 4104, E2BIG, "tail_not_zero"),
	ROW("1025 elements", BOTH, send.nr_elems, 1025, E2BIG, "too_many_elems"),
	ROW("2^32-1 elements", BOTH, send.nr_elems, ~0U, E2BIG, "too_many_elems"),
	ROW("no socket", BOTH, send.nr_sinks, 0, EINVAL, "no_sink"),
	ROW("65 sockets", BOTH, send.nr_sinks, 65, E2BIG, "too_many_sinks"),
	ROW("2^32-1 sockets", BOTH, send.nr_sinks, ~0U, E2BIG, "too_many_sinks"),
	ROW("results with SUBMIT", SUBMIT, send.results, 4096, EINVAL, "results_wrong"),
	ROW("result size with SUBMIT", SUBMIT, send.result_size, 248, EINVAL, "results_wrong"),
	ROW("no results with SEND", SEND, send.results, 0, EINVAL, "results_wrong"),
	ROW("no result size with SEND", SEND, send.result_size, 0, EINVAL, "results_wrong"),
	ROW("short results with SEND", SEND, send.result_size, ZCOPY_RESULT_SIZE_VER0 - 1, EINVAL, "results_wrong"),
	ROW("results over a page with SEND", SEND, send.result_size, 4097, EINVAL, "results_wrong"),

	ROW("size 0", WAIT, wait.size, 0, EINVAL, "size_too_small"),
	ROW("size one less than the first", WAIT, wait.size, 63, EINVAL, "size_too_small"),
	ROW("size over a page", WAIT, wait.size, 4097, E2BIG, "tail_not_zero"),
	ROW("flag", WAIT, wait.flags, 1, EINVAL, "flag_unknown"),
	ROW("no room", WAIT, wait.nr_results, 0, EINVAL, "results_wrong"),
	ROW("more awaited than there is room for", WAIT, wait.min, 2, EINVAL, "results_wrong"),
	ROW("short results", WAIT, wait.result_size, ZCOPY_RESULT_SIZE_VER0 - 1, EINVAL, "results_wrong"),
	ROW("results over a page", WAIT, wait.result_size, 4097, EINVAL, "results_wrong"),
	ROW("unknown id", WAIT, wait.id, 1ULL << 60, ENOENT, "no_such_transfer"),
	RESERVED(WAIT, wait.reserved[0]),
	RESERVED(WAIT, wait.reserved[1]),

	ROW("size 0", CANCEL, cancel.size, 0, EINVAL, "size_too_small"),
	ROW("size one less than the first", CANCEL, cancel.size, 39, EINVAL, "size_too_small"),
	ROW("size over a page", CANCEL, cancel.size, 4097, E2BIG, "tail_not_zero"),
	ROW("flag", CANCEL, cancel.flags, 2, EINVAL, "flag_unknown"),
	ROW("flag 1<<31", CANCEL, cancel.flags, 1U << 31, EINVAL, "flag_unknown"),
	ROW("ALL with an id", CANCEL, cancel.id, 1, EINVAL, "reserved_set"),
	ROW("neither ALL nor an id", CANCEL, cancel.flags, 0, ENOENT, "no_such_transfer"),
	RESERVED(CANCEL, cancel.reserved0),
	RESERVED(CANCEL, cancel.reserved[0]),
	RESERVED(CANCEL, cancel.reserved[1]),

	ROW("size 0", QUERY, query.size, 0, EINVAL, "size_too_small"),
	ROW("size one less than the first", QUERY, query.size, 111, EINVAL, "size_too_small"),
	ROW("size over a page", QUERY, query.size, 4097, E2BIG, "tail_not_zero"),
	ROW("flag", QUERY, query.flags, 1, EINVAL, "flag_unknown"),

	ROW("size 0", SENDFILE, sendfile.size, 0, EINVAL, "size_too_small"),
	ROW("size one less than the first", SENDFILE, sendfile.size, 103, EINVAL, "size_too_small"),
	ROW("size over a page", SENDFILE, sendfile.size, 4097, E2BIG, "tail_not_zero"),
	ROW("flag 1<<10", SENDFILE, sendfile.flags, 1 << 10, EINVAL, "flag_unknown"),
	ROW("flag 1<<31", SENDFILE, sendfile.flags, 1U << 31, EINVAL, "flag_unknown"),
	ROW("flag WARM", SENDFILE, sendfile.flags, ZCOPY_F_WARM, EINVAL, "warm_conflict"),
	ROW("flag DETACHED", SENDFILE, sendfile.flags, ZCOPY_F_DETACHED, EOPNOTSUPP, "flag_unsupported"),
	ROW("flag POSITION with a header", SENDFILE, sendfile.flags, ZCOPY_F_POSITION, EINVAL, "position_conflict"),
	ROW("no socket", SENDFILE, sendfile.sock, ~0U, EBADF, "sink_bad_fd"),
	ROW("no file", SENDFILE, sendfile.file, ~0U, EBADF, "source_bad_fd"),
	ROW("offset all ones", SENDFILE, sendfile.off, ~0ULL, EINVAL, "range_overflow"),
	ROW("length 2^63", SENDFILE, sendfile.len, 1ULL << 63, EINVAL, "range_overflow"),
	ROW("header in no memory", SENDFILE, sendfile.head, 8, EFAULT, "bad_pointer"),
	ROW("trailer in no memory", SENDFILE, sendfile.tail, 8, EFAULT, "bad_pointer"),
	ROW("header too long", SENDFILE, sendfile.head_len, 65537, E2BIG, "too_much_memory"),
	ROW("trailer too long with the header", SENDFILE, sendfile.tail_len, 65536, E2BIG, "too_much_memory"),
	ROW("until 3", SENDFILE, sendfile.until, 3, EINVAL, "until_unknown"),
	ROW("end 3", SENDFILE, sendfile.end, 3, EINVAL, "end_unknown"),
	RESERVED(SENDFILE, sendfile.reserved),
};

static struct all a;
static int dev, file;
static struct pair pair;

/* Fills in structs that every verb accepts. */
static void make_good(int verb)
{
	memset(&a, 0, sizeof(a));
	a.send.size = sizeof(a.send);
	a.send.elems = (uintptr_t)a.elem;
	a.send.nr_elems = 1;
	a.send.elem_size = sizeof(a.elem[0]);
	a.send.sinks = (uintptr_t)a.sink;
	a.send.nr_sinks = 1;
	a.send.sink_size = sizeof(a.sink[0]);
	if (verb == SEND) {
		a.send.results = (uintptr_t)&a.result;
		a.send.result_size = sizeof(a.result);
	}
	a.elem[0].kind = ZCOPY_ELEM_FILE;
	a.elem[0].fd = file;
	a.elem[0].len = 8192;
	a.sink[0].fd = a.sink[1].fd = pair.near;
	a.wait.size = sizeof(a.wait);
	a.wait.results = (uintptr_t)&a.result;
	a.wait.nr_results = 1;
	a.wait.result_size = sizeof(a.result);
	a.cancel.size = sizeof(a.cancel);
	a.cancel.flags = ZCOPY_CANCEL_ALL;
	a.query.size = sizeof(a.query);
	a.sendfile.size = sizeof(a.sendfile);
	a.sendfile.sock = pair.near;
	a.sendfile.file = file;
	a.sendfile.head = a.sendfile.tail = (uintptr_t)&a.result;
	a.sendfile.head_len = a.sendfile.tail_len = 1;
}

static int call(int verb)
{
	int ret = -1;

	switch (verb) {
	case SEND: ret = ioctl(dev, ZCOPY_IOC_SEND, &a.send); break;
	case SUBMIT: ret = ioctl(dev, ZCOPY_IOC_SUBMIT, &a.send); break;
	case WAIT: ret = ioctl(dev, ZCOPY_IOC_WAIT, &a.wait); break;
	case CANCEL: ret = ioctl(dev, ZCOPY_IOC_CANCEL, &a.cancel); break;
	case QUERY: ret = ioctl(dev, ZCOPY_IOC_QUERY, &a.query); break;
	case SENDFILE: ret = ioctl(dev, ZCOPY_IOC_SENDFILE, &a.sendfile); break;
	}
	return ret ? -errno : 0;
}

static const char *verb_name(int verb)
{
	return verb == SEND ? "SEND" : verb == SUBMIT ? "SUBMIT" :
	       verb == WAIT ? "WAIT" : verb == CANCEL ? "CANCEL" :
	       verb == QUERY ? "QUERY" : "SENDFILE";
}

static void try_row(const struct row *row, int verb)
{
	struct refuse before;
	const char *wrong;
	int ret;

	make_good(verb);
	memcpy((char *)&a + row->off, &row->value, row->width);
	refuse_before(&before, pair.far);
	ret = call(verb);
	wrong = refuse_after(&before, row->why);
	if (!ktap_ok(ret == -row->err && !wrong, "%s: %s: %s",
		     verb_name(verb), row->what, row->why))
		note("returned %d, not %d; %s", ret, -row->err,
		     wrong ? wrong : "counters as they should");
}

/* A struct of a newer header: size and stride are 8 or 512 bytes larger than known. */
static void try_tails(void)
{
	static const struct { size_t known; unsigned long cmd; } verbs[] = {
		{ sizeof(struct zcopy_query), ZCOPY_IOC_QUERY },
		{ sizeof(struct zcopy_send), ZCOPY_IOC_SEND },
		{ sizeof(struct zcopy_send), ZCOPY_IOC_SUBMIT },
		{ sizeof(struct zcopy_wait), ZCOPY_IOC_WAIT },
		{ sizeof(struct zcopy_cancel), ZCOPY_IOC_CANCEL },
		{ sizeof(struct zcopy_sendfile), ZCOPY_IOC_SENDFILE },
	};
	static uint64_t big[512];
	const void *from[] = {
		&a.query, &a.send, &a.send, &a.wait, &a.cancel, &a.sendfile,
	};
	struct refuse before;
	const char *wrong;
	unsigned int i, j;
	uint32_t size;
	int ret;

	for (i = 0; i < 2 * sizeof(verbs) / sizeof(verbs[0]); i++) {
		size = verbs[i / 2].known + (i & 1 ? 512 : 8);
		for (j = 0; j < 2; j++) {
			make_good(i / 2 == 1 ? SEND : SUBMIT);
			a.send.nr_elems = 0;
			a.sendfile.head_len = a.sendfile.tail_len = 0;
			memset(big, 0, sizeof(big));
			memcpy(big, from[i / 2], verbs[i / 2].known);
			memcpy(big, &size, sizeof(size));
			if (j)
				((char *)big)[size - 1] = 1;
			counters_rest();
			refuse_before(&before, pair.far);
			ret = ioctl(dev, verbs[i / 2].cmd, big) ? -errno : 0;
			wrong = j ? refuse_after(&before, "tail_not_zero") : NULL;
			if (!ktap_ok(ret == (j ? -E2BIG : 0) && !wrong,
				     "verb %u with %u bytes and %s tail", i / 2,
				     size, j ? "a set" : "a zero"))
				note("returned %d; %s", ret, wrong);
		}
	}
	while (dev_wait(dev, 0, &a.result, 1, 1, 5000) == 1)
		;
}

/* The same struct can be used again after a call has filled in its output fields. */
static void try_again(void)
{
	make_good(SUBMIT);
	a.send.id = ~0ULL;
	a.wait.got = a.cancel.count = 77;
	ktap_eq(call(SUBMIT), 0, "submit with an id of before");
	ktap_ok(a.send.id != ~0ULL, "it is overwritten");
	a.wait.min = 1;
	a.wait.timeout_ns = ZCOPY_WAIT_FOREVER;
	ktap_eq(call(WAIT), 0, "wait with a count of before");
	ktap_ok(a.wait.got == 1 && a.result.id == a.send.id, "it is overwritten");
	ktap_eq(call(CANCEL), 0, "cancel with a count of before");
	ktap_eq(a.cancel.count, 0, "it is overwritten");
	ktap_eq(sock_check(pair.far, 0, 8192), 8192, "the bytes arrive");
}

static void try_strides(void)
{
	static uint64_t elems[10], sinks[6];
	struct refuse before;
	const char *wrong;
	int which, ret;

	for (which = 0; which < 3; which++) {
		make_good(SEND);
		memset(elems, 0, sizeof(elems));
		memset(sinks, 0, sizeof(sinks));
		a.elem[0].len = 0;
		memcpy(elems, &a.elem[0], 32);
		memcpy(elems + 5, &a.elem[0], 32);
		memcpy(sinks, &a.sink[0], 32);
		elems[9] = which == 1;
		sinks[5] = which == 2 ? 1ULL << 63 : 0;
		a.send.elems = (uintptr_t)elems;
		a.send.nr_elems = 2;
		a.send.elem_size = 40;
		a.send.sinks = (uintptr_t)sinks;
		a.send.sink_size = 48;
		refuse_before(&before, pair.far);
		ret = call(SEND);
		wrong = which ? refuse_after(&before, "tail_not_zero") : NULL;
		if (!ktap_ok(ret == (which ? -E2BIG : 0) && !wrong,
			     "wider strides, %s", which == 0 ? "tails zero" :
			     which == 1 ? "tail of the second element set" :
			     "tail of the socket set"))
			note("returned %d; %s", ret, wrong);
	}
}

static void try_memory(void)
{
	static char bytes[80000];
	struct refuse before;
	const char *wrong;
	int which, verb, ret;

	for (verb = SEND; verb <= SUBMIT; verb++) {
		for (which = 0; which < 3; which++) {
			make_good(verb);
			memset(a.elem, 0, sizeof(a.elem));
			a.elem[0].kind = a.elem[1].kind = ZCOPY_ELEM_MEMORY;
			a.elem[0].off = a.elem[1].off = (uintptr_t)bytes;
			a.elem[0].len = which == 0 ? 65537 :
					which == 1 ? 40000 : ~0ULL;
			a.elem[1].len = 40000;
			a.send.nr_elems = 2;
			refuse_before(&before, pair.far);
			ret = call(verb);
			wrong = refuse_after(&before, "too_much_memory");
			if (!ktap_ok(ret == -E2BIG && !wrong,
				     "%s: too much memory, %d", verb_name(verb),
				     which))
				note("returned %d; %s", ret, wrong);
		}
	}
}

static void try_verbs(void)
{
	static const unsigned long cmds[] = {
		_IO(ZCOPY_IOC_TYPE, 0x09), _IO(ZCOPY_IOC_TYPE, 0x1f),
		_IO(ZCOPY_IOC_TYPE, 0xff), _IO(ZCOPY_IOC_TYPE - 1, 0x01),
		_IO(0, 0), _IOW(ZCOPY_IOC_TYPE, 0x01, struct zcopy_send),
		_IOWR(ZCOPY_IOC_TYPE, 0x02, struct zcopy_send),
		_IOR(ZCOPY_IOC_TYPE, 0x00, struct zcopy_query),
	};
	struct refuse before;
	const char *wrong;
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		make_good(SEND);
		refuse_before(&before, pair.far);
		ret = ioctl(dev, cmds[i], &a.send) ? -errno : 0;
		wrong = refuse_after(&before, "verb_unknown");
		if (!ktap_ok(ret == -ENOTTY && !wrong, "ioctl 0x%lx", cmds[i]))
			note("returned %d; %s", ret, wrong);
	}
}

static void try_reads(void)
{
	static const size_t sizes[] = { 0, 1, ZCOPY_RESULT_SIZE_VER0 - 1 };
	struct refuse before;
	const char *wrong;
	char buf[ZCOPY_RESULT_SIZE_VER0];
	unsigned int i;
	int ret;

	for (i = 0; i < 3; i++) {
		refuse_before(&before, pair.far);
		ret = read(dev, buf, sizes[i]) < 0 ? -errno : 0;
		wrong = refuse_after(&before, "buffer_too_small");
		if (!ktap_ok(ret == -EINVAL && !wrong, "read of %zu bytes", sizes[i]))
			note("returned %d; %s", ret, wrong);
	}
}

int main(void)
{
	unsigned int i;
	int verb;

	dev = dev_open(0);
	pair = pair_open(false);
	file = file_to_read("source", 65536);
	for (verb = SEND; verb <= SENDFILE; verb <<= 1) {
		make_good(verb);
		a.send.nr_elems = 0;
		a.sendfile.head_len = a.sendfile.tail_len = 0;
		ktap_eq(call(verb), 0, "%s with all fields right", verb_name(verb));
	}
	while (dev_wait(dev, 0, &a.result, 1, 1, 5000) == 1)
		;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (verb = SEND; verb <= SENDFILE; verb <<= 1) {
			if (rows[i].verbs & verb)
				try_row(&rows[i], verb);
		}
	}
	try_again();
	try_tails();
	try_strides();
	try_memory();
	try_verbs();
	try_reads();
	return ktap_done();
}

