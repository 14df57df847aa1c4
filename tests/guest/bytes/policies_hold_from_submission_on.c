// SPDX-License-Identifier: GPL-2.0
/*
 * The policy for references is decided once, when a transfer is submitted: a change while it
 * waits in line does not affect it.  Files that are copied go well with all else: with files
 * by reference and memory in one list, with several sockets, with NOWAIT, with a file that
 * is not cached, with the release of pages, with TLS and socket maps; and each byte is
 * copied once, into the socket.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <fcntl.h>
#include <linux/zcopy_netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "quota.h"
#include "sockmap.h"
#include "tls.h"
#include "transfer.h"
#include "users.h"

#define LEN	(MIB + 4097)
#define OFF	4095ULL
#define HEADER	300
#define OWN	31		/* seed of a file that the user may write */
#define OTHERS	32		/* of a file that the user may only read */
#define USER	1000

static char memory[HEADER];
static int own, others, dev;

static void policy(unsigned int value)
{
	if (quota_set("references", value, NULL, 0))
		die("references %u", value);
}

static int make(const char *name, unsigned int seed, unsigned int uid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fs_mount(FS_EXT4), name);
	close(file_make(path, 0, seed, OFF + LEN));
	if (chown(path, uid, uid) || chmod(path, 0644))
		die("%s", path);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int make_empty(const char *name, unsigned int uid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fs_mount(FS_EXT4), name);
	close(file_make(path, 0, 0, 0));
	if (chown(path, uid, uid))
		die("%s", path);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Waits behind another transfer while the policy changes from @first to @then. */
static void in_line(unsigned int first, unsigned int then)
{
	struct zcopy_elem e[2] = { elem_file(own, 0, LEN), elem_file(own, OFF, LEN) };
	struct request q = { .elems = &e[0], .nr = 1 };
	struct pair p = pair_tight(AF_INET);
	struct stream want = { 0 };
	struct reader r = { .fd = p.far, .kind = READER_GATED, .stop_at = 4096,
			    .want = &want, .enough = 2 * LEN };
	struct zcopy_result res[2];
	uint64_t id[2];

	stream_pattern(&want, OWN, 0, LEN);
	stream_pattern(&want, OWN, OFF, LEN);
	q.sock = p.near;
	reader_start(&r);
	policy(first);
	for (unsigned int i = 0; i < 2; i++) {
		q.elems = &e[i];
		if (dev_submit(dev, &q, &id[i]))
			die("submit");
	}
	policy(then);
	reader_go(&r);
	for (unsigned int i = 0; i < 2; i++)
		if (dev_wait(dev, id[i], &res[i], 1, 1, RESULT_MS) != 1)
			die("no completion");
	reader_join(&r);
	for (unsigned int i = 0; i < 2; i++)
		if (!ktap_ok(!res[i].status && reader_happy(&r) && result_adds_up(&res[i]) &&
			     res[i].copied_policy ==
			     (first == ZCOPY_REFERENCES_NEVER ? LEN : 0),
			     "policy %u at submission, %u at its turn: transfer %u goes by the first",
			     first, then, i))
			result_note(&res[i]);
	stream_free(&want);
	pair_close(&p);
}

/* Memory, the user's file, another, memory, another, the user's again */
static void in_one_list(enum door_kind door, uint64_t len)
{
	struct zcopy_elem e[] = {
		elem_memory(memory, HEADER), elem_file(own, OFF, len),
		elem_file(others, OFF, len), elem_memory(memory, 7),
		elem_file(others, 1, len), elem_file(own, 1, len),
	};
	struct request q = { .elems = e, .nr = 6 };
	struct pair p = pair_loopback(AF_INET);
	struct stream want = { 0 };
	struct zcopy_result res;
	bool right;

	stream_bytes(&want, memory, HEADER);
	stream_pattern(&want, OWN, OFF, len);
	stream_pattern(&want, OTHERS, OFF, len);
	stream_bytes(&want, memory, 7);
	stream_pattern(&want, OTHERS, 1, len);
	stream_pattern(&want, OWN, 1, len);
	if (seteuid(USER))
		die("user");
	right = transfer(&p, door, &q, &want, &res);
	if (seteuid(0))
		die("root");
	if (!ktap_ok(right && !res.status && res.copied_policy == 2 * len &&
		     res.bytes_by_ref == 2 * len &&
		     res.copied[ZCOPY_COPY_MEMORY] == HEADER + 7,
		     "own: door %d, a list of both, %llu bytes each", door,
		     (unsigned long long)len))
		result_note(&res);
	stream_free(&want);
	pair_close(&p);
}

/*
 * A file that adds no byte, or is read until it ends, with a file of the other kind behind
 * it: the list does not end there.
 */
static void nothing_before(enum door_kind door, int first, bool header)
{
	struct zcopy_elem e[] = {
		elem_memory(memory, HEADER), elem_file(first, 0, ZCOPY_LEN_EOF),
		elem_file(others, OFF, 100000), elem_file(first, 0, ZCOPY_LEN_EOF),
		elem_file(own, OFF, 100000),
	};
	struct request q = { .elems = header ? e : e + 1, .nr = header ? 5 : 4 };
	struct pair p = pair_loopback(AF_INET);
	struct stream want = { 0 };
	struct zcopy_result res;
	char text[4096];
	ssize_t n = pread(first, text, sizeof(text), 0);
	bool right;

	if (header)
		stream_bytes(&want, memory, HEADER);
	stream_bytes(&want, text, n);
	stream_pattern(&want, OTHERS, OFF, 100000);
	stream_bytes(&want, text, n);
	stream_pattern(&want, OWN, OFF, 100000);
	if (seteuid(USER))
		die("user");
	right = transfer(&p, door, &q, &want, &res);
	if (seteuid(0))
		die("root");
	if (!ktap_ok(right && !res.status && res.copied_policy == 100000 &&
		     res.bytes_by_ref == 100000, "own: door %d, %zd bytes before each%s", door, n,
		     header ? ", behind memory" : ""))
		result_note(&res);
	stream_free(&want);
	pair_close(&p);
}

static void nothing_before_others(enum door_kind door)
{
	int empty = make_empty("empty", USER), version;

	for (int header = 0; header < 2; header++) {
		nothing_before(door, empty, header);
		/* Netlink refuses files of /proc. */
		version = open("/proc/version", O_RDONLY | O_CLOEXEC);
		if (door != DOOR_NETLINK)
			nothing_before(door, version, header);
		close(version);
	}
	close(empty);
}

/* One file through @p under never: all is copied for that reason. */
static void copied(const char *what, const struct pair *p, uint32_t flags, uint32_t until,
		   enum door_kind door)
{
	struct zcopy_elem e = elem_file(others, OFF, LEN);
	struct request q = { .elems = &e, .nr = 1, .flags = flags, .until = until };
	struct stream want = { 0 };
	struct zcopy_result res;

	stream_pattern(&want, OTHERS, OFF, LEN);
	if (!ktap_ok(transfer(p, door, &q, &want, &res) && !res.status &&
		     res.copied_policy == LEN, "never: %s", what))
		result_note(&res);
	stream_free(&want);
}

static void to_any_socket(void)
{
	struct pair p = pair_loopback(AF_INET);
	int map;

	file_uncache(others);
	copied("a file that is not cached", &p, 0, 0, DOOR_WAIT);
	copied("NOWAIT of one that is", &p, ZCOPY_F_NOWAIT, 0, DOOR_WAIT);
	copied("until its pages are released", &p, 0, ZCOPY_UNTIL_RELEASED, DOOR_WAIT);
	copied("dropped behind", &p, ZCOPY_F_DROP_BEHIND, 0, DOOR_SEND);
	map = sockmap_open(true);
	if (map >= 0 && sockmap_take(map, p.near))
		copied("through a socket map", &p, 0, 0, DOOR_SEND);
	else
		ktap_skip("no socket map in this kernel");
	close(map);
	pair_close(&p);
	p = pair_loopback(AF_INET6);
	if (pair_tls(&p)) {
		copied("through TLS, sent", &p, 0, 0, DOOR_SEND);
		copied("through TLS, by a worker", &p, 0, 0, DOOR_WAIT);
	} else {
		ktap_skip("no TLS in this kernel");
	}
	pair_close(&p);
}

/* As what was asked for, a stable copy comes first. */
static void stable(void)
{
	struct zcopy_elem e = elem_file(others, OFF, LEN);
	struct request q = { .elems = &e, .nr = 1, .flags = ZCOPY_F_STABLE };
	struct pair p = pair_loopback(AF_INET);
	struct stream want = { 0 };
	struct zcopy_result res;

	stream_pattern(&want, OTHERS, OFF, LEN);
	ktap_ok(transfer(&p, DOOR_SEND, &q, &want, &res) &&
		res.copied[ZCOPY_COPY_STABLE] == LEN && !res.copied_policy,
		"never: a stable copy counts as that");
	stream_free(&want);
	pair_close(&p);
}

/* Two sockets, one list */
static void to_two_sockets(void)
{
	struct pair p[2] = { pair_loopback(AF_INET), pair_loopback(AF_INET6) };
	struct zcopy_sink sinks[2] = { { .fd = p[0].near }, { .fd = p[1].near } };
	struct zcopy_elem e = elem_file(others, OFF, LEN);
	struct zcopy_result res[2] = { 0 };
	struct stream want = { 0 };
	struct request q = { .elems = &e, .nr = 1 };
	struct reader r[2];
	struct zcopy_send s;

	stream_pattern(&want, OTHERS, OFF, LEN);
	request_fill(&s, &sinks[0], &q);
	sinks[0].fd = p[0].near;
	s.sinks = (uintptr_t)sinks;
	s.nr_sinks = 2;
	s.results = (uintptr_t)res;
	s.result_size = sizeof(res[0]);
	for (unsigned int i = 0; i < 2; i++) {
		r[i] = (struct reader){ .fd = p[i].far, .want = &want, .enough = LEN };
		reader_start(&r[i]);
	}
	ktap_eq(ioctl(dev, ZCOPY_IOC_SEND, &s), 0, "never: to two sockets");
	for (unsigned int i = 0; i < 2; i++) {
		reader_join(&r[i]);
		ktap_ok(reader_happy(&r[i]) && res[i].copied_policy == LEN,
			"never: socket %u got copies", i);
		pair_close(&p[i]);
	}
	stream_free(&want);
}

int main(void)
{
	if (!fs_mount(FS_EXT4))
		ktap_skip_all("%s", fs_why());
	users_allow();
	dev = dev_open(0);
	own = make("own", OWN, USER);
	others = make("others", OTHERS, 0);

	in_line(ZCOPY_REFERENCES_ALL, ZCOPY_REFERENCES_NEVER);
	in_line(ZCOPY_REFERENCES_NEVER, ZCOPY_REFERENCES_ALL);
	/* So that short elements are not copied for another reason */
	if (quota_set("copy_small_bytes", 0, NULL, 0))
		die("copy_small_bytes");
	policy(ZCOPY_REFERENCES_OWN);
	for (enum door_kind door = DOOR_SEND; door <= DOOR_NETLINK; door++) {
		in_one_list(door, 10);
		in_one_list(door, 100000);
		nothing_before_others(door);
	}
	policy(ZCOPY_REFERENCES_NEVER);
	to_any_socket();
	to_two_sockets();
	stable();
	return ktap_done();
}
