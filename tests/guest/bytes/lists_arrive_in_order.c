// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of elements arrive in order: header, ranges and trailer, memory between
 * ranges, empty elements anywhere, the largest allowed number of elements and the
 * largest allowed amount of memory.  One more element or byte is refused, and
 * nothing is sent.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define MAX_ELEMS 1024
#define MAX_MEMORY (64 * KIB)

static char memory[MAX_MEMORY + 1];
static int file;

struct list {
	struct zcopy_elem elems[MAX_ELEMS + 1];
	unsigned int nr;
	uint64_t in_memory;
	struct stream want;
};

static void add_memory(struct list *l, uint64_t off, uint64_t len)
{
	l->elems[l->nr++] = elem_memory(memory + off, len);
	l->in_memory += len;
	stream_bytes(&l->want, memory + off, len);
}

static void add_file(struct list *l, uint64_t off, uint64_t len)
{
	l->elems[l->nr++] = elem_file(file, off, len);
	stream_pattern(&l->want, 3, off, len);
}

static void header_and_trailer(struct list *l)
{
	add_memory(l, 0, 300);
	add_file(l, 4095, 70001);
	add_file(l, 0, 12);
	add_file(l, 200 * KIB, 4096);
	add_memory(l, 1000, 7);
}

static void memory_between(struct list *l)
{
	for (unsigned int i = 0; i < 20; i++) {
		add_file(l, 10007 * i, 4000 + 97 * i);
		add_memory(l, 3001 * i, 1 + 149 * i);
	}
}

static void empty_ones(struct list *l)
{
	add_memory(l, 0, 0);
	add_file(l, 5, 0);
	add_memory(l, 9, 10);
	add_file(l, 0, 0);
	add_file(l, MIB, 0);
	add_memory(l, 0, 0);
	add_file(l, 77, 8192);
	add_memory(l, 5, 0);
	add_file(l, 0, 0);
}

static void only_empty_ones(struct list *l)
{
	add_file(l, 0, 0);
	add_memory(l, 0, 0);
}

static void no_elements(struct list *l)
{
	(void)l;
}

static void most_elements(struct list *l)
{
	for (unsigned int i = 0; i < MAX_ELEMS / 2; i++) {
		add_memory(l, 61 * i, 1 + i % 100);
		add_file(l, 1019 * i, 1 + 13 * i % 9000);
	}
}

static void most_memory(struct list *l)
{
	add_memory(l, 0, MAX_MEMORY);
}

static void most_memory_in_parts(struct list *l)
{
	add_memory(l, 0, 4095);
	add_file(l, 1, 1);
	add_memory(l, 4095, 1);
	add_memory(l, 4096, 20000);
	add_file(l, 100, 5000);
	add_memory(l, 24096, MAX_MEMORY - 24096);
}

static const struct {
	const char *name;
	void (*build)(struct list *l);
} lists[] = {
	{ "header, ranges, trailer", header_and_trailer },
	{ "memory between ranges", memory_between },
	{ "empty elements", empty_ones },
	{ "nothing but empty elements", only_empty_ones },
	{ "no element", no_elements },
	{ "1024 elements", most_elements },
	{ "64 KiB of memory", most_memory },
	{ "64 KiB of memory in parts", most_memory_in_parts },
};

static const char *const door_names[] = {
	"send", "submit+wait", "submit+read", "netlink",
};

static void arrives(unsigned int which, enum door_kind kind)
{
	static struct list l;
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = l.elems, .sock = p.near };
	struct reader r = { .fd = p.far, .want = &l.want };
	struct zcopy_result res = {0};
	struct door d;
	int err;

	memset(&l, 0, sizeof(l));
	lists[which].build(&l);
	q.nr = l.nr;
	reader_start(&r);
	door_open(&d, kind);
	err = door_run(&d, &q, &res);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	if (!ktap_ok(!err && res.status == ZCOPY_STATUS_DONE &&
		     res.bytes == l.want.len && res.bytes_asked == l.want.len &&
		     res.copied[ZCOPY_COPY_MEMORY] == l.in_memory &&
		     res.bytes_copied == l.in_memory && result_adds_up(&res) &&
		     reader_happy(&r) && r.eof,
		     "%s by %s", lists[which].name, door_names[kind])) {
		note("error %d", err);
		result_note(&res);
	}
	door_close(&d);
	pair_close(&p);
	stream_free(&l.want);
}

static void refused(const char *name, struct list *l, int want)
{
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = l->elems, .nr = l->nr, .sock = p.near };
	struct zcopy_result res;
	struct door d;
	char c;

	door_open(&d, DOOR_NETLINK);
	ktap_eq(dev_send(d.dev, &q, &res), want, "%s: refused by send", name);
	ktap_eq(dev_submit(d.dev, &q, NULL), want, "%s: refused by submit", name);
	ktap_eq(dev_wait(d.dev, 0, &res, 1, 1, 1000), 0,
		"%s: no completion comes", name);
	ktap_ok(recv(p.far, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN,
		"%s: no byte is sent", name);
	door_close(&d);
	pair_close(&p);
	stream_free(&l->want);
}

int main(void)
{
	static struct list many, much, parts;

	pattern_fill(memory, 4, 0, sizeof(memory));
	file = file_make("list", 0, 3, 600 * KIB);
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (enum door_kind kind = DOOR_SEND; kind <= DOOR_NETLINK; kind++)
			arrives(i, kind);

	for (unsigned int i = 0; i <= MAX_ELEMS; i++)
		add_file(&many, i, 1);
	refused("1025 elements", &many, -E2BIG);
	add_memory(&much, 0, MAX_MEMORY + 1);
	refused("64 KiB and a byte of memory", &much, -E2BIG);
	add_memory(&parts, 0, MAX_MEMORY - 5);
	add_file(&parts, 0, 100);
	add_memory(&parts, 7, 6);
	refused("64 KiB and a byte of memory in parts", &parts, -E2BIG);
	return ktap_done();
}
