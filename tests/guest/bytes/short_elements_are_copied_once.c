// SPDX-License-Identifier: GPL-2.0
/*
 * Elements up to copy_small_bytes long are copied into the socket's own pages, once, and
 * counted for that, if they are many or more follows them.  Longer ones go by reference,
 * and so do few, and all if the setting is 0.  Header, file and trailer leave in one
 * segment either way.  A transfer that waits for the release of its pages need not wait if
 * the socket got none.  What the socket takes in part arrives, and is counted, right.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "quota.h"
#include "transfer.h"

#define SETTING	"copy_small_bytes"
#define SHORT	1000ULL		/* the setting, for this test */
#define OFF	4000ULL		/* so that it is in two pages */
#define HEADER	200
#define TRAILER	7
#define SEED	5
#define MANY	300
#define FEW	17		/* fit into a buffer by reference */
#define NEVER	0

static char memory[HEADER];
static int file, dev;

static void set(uint64_t bytes)
{
	if (quota_set(SETTING, bytes, NULL, 0) || quota_value(SETTING) != bytes)
		die(SETTING " %llu", (unsigned long long)bytes);
}

static void nodelay(int sock)
{
	int on = 1;

	if (setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
}

/* A header, @nr elements of @len bytes of the file, and a trailer */
struct response {
	struct zcopy_elem e[FEW + 3];
	struct stream want;
	struct request q;
};

static void response(struct response *r, unsigned int nr, uint64_t len)
{
	*r = (struct response){ .e = { elem_memory(memory, HEADER) } };
	stream_bytes(&r->want, memory, HEADER);
	for (unsigned int i = 1; i <= nr; i++) {
		r->e[i] = elem_file(file, OFF + i * 5000, len);
		stream_pattern(&r->want, SEED, OFF + i * 5000, len);
	}
	r->e[nr + 1] = elem_memory(memory, TRAILER);
	r->q = (struct request){ .elems = r->e, .nr = nr + 2 };
	stream_bytes(&r->want, memory, TRAILER);
}

/* By any door, on an idle connection */
static void one_response(enum door_kind kind, int family, unsigned int nr, uint64_t len,
			 bool copied)
{
	struct pair p = pair_loopback(family);
	struct zcopy_result res;
	unsigned int before;
	struct response r;
	bool right;

	nodelay(p.near);
	response(&r, nr, len);
	/* Of the first response the peer's window may not have room for a whole segment. */
	transfer(&p, kind, &r.q, &r.want, &res);
	before = tcp_segments(p.near);
	right = transfer(&p, kind, &r.q, &r.want, &res) && !res.status &&
		res.copied[ZCOPY_COPY_MEMORY] == HEADER + TRAILER &&
		res.cache_hit_bytes == nr * len;
	if (!ktap_ok(right && res.copied_small == (copied ? nr * len : 0) &&
		     res.bytes_by_ref == (copied ? 0 : nr * len),
		     "door %d: %u times %llu bytes: %s", kind, nr, (unsigned long long)len,
		     copied ? "copied" : "by reference"))
		result_note(&res);
	if (copied || nr == 1)
		ktap_eq(tcp_segments(p.near) - before, 1, "door %d: one segment", kind);
	stream_free(&r.want);
	pair_close(&p);
}

static void by_every_door(void)
{
	for (int kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		int family = kind % 2 ? AF_INET6 : AF_INET;

		if (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
			ktap_skip("door %d: not in this kernel", kind);
			continue;
		}
		set(SHORT);
		one_response(kind, family, 1, 1, false);
		one_response(kind, family, 1, SHORT, false);
		one_response(kind, family, 1, 5 * SHORT, false);
		one_response(kind, family, FEW - 2, 1, false);
		one_response(kind, family, FEW - 1, 1, true);
		one_response(kind, family, FEW, SHORT, true);
		one_response(kind, family, FEW, SHORT + 1, false);
		set(NEVER);
		one_response(kind, family, FEW, 1, false);
	}
	set(SHORT);
}

/* The length of the element decides, not that of what a push has of it. */
static void in_mixed_lists(void)
{
	struct zcopy_elem e[CRUMBS + 1];
	struct request q = { .elems = e, .nr = elem_crumbs(e, file, 0, 100) + 1 };
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_result res;
	struct stream want = { 0 };

	e[CRUMBS] = elem_file(file, 5, 70000);
	stream_pattern(&want, SEED, 0, 100);
	stream_pattern(&want, SEED, 5, 70000);
	ktap_ok(transfer(&p, DOOR_WAIT, &q, &want, &res) && !res.status &&
		res.bytes_by_ref >= 70000, "short ones and a long one: never is that copied");
	stream_free(&want);
	pair_close(&p);
}

/* More follows, so it shares a buffer. */
static void what_more_follows(void)
{
	struct zcopy_elem e = elem_file(file, OFF, SHORT);
	struct request q = { .elems = &e, .nr = 1, .flags = ZCOPY_F_MORE };
	struct pair p = pair_loopback(AF_INET);
	struct stream want = { 0 };
	struct zcopy_result res;

	stream_pattern(&want, SEED, OFF, SHORT);
	ktap_ok(transfer(&p, DOOR_SEND, &q, &want, &res) && res.copied_small == SHORT,
		"one short element, and more follows: copied");
	stream_free(&want);
	pair_close(&p);
}

/* @flags, @until: of a list that is far longer than the socket's buffers */
static void many_in_a_tight_socket(uint32_t flags, uint32_t until)
{
	static struct zcopy_elem e[MANY];
	struct request q = { .elems = e, .nr = MANY, .flags = flags, .until = until };
	struct stream want = { 0 };
	struct pair p = pair_tight(AF_INET);
	struct zcopy_result res;
	uint64_t len = 0;

	for (unsigned int i = 0; i < MANY; i++) {
		e[i] = elem_file(file, i * 31, SHORT - i);
		stream_pattern(&want, SEED, i * 31, SHORT - i);
		len += SHORT - i;
	}
	/* The last push may have so few that they go by reference. */
	if (!ktap_ok(transfer(&p, DOOR_WAIT, &q, &want, &res) && !res.status &&
		     (flags ? res.copied[ZCOPY_COPY_STABLE] == len :
		      res.copied_small > len - FEW * SHORT && res.bytes == len),
		     "%d short elements through a small buffer%s%s", MANY,
		     flags ? ", stable" : "", until ? ", until released" : ""))
		result_note(&res);
	stream_free(&want);
	pair_close(&p);
}

/* @by_ref: the bytes of a longer file go out behind those that are copied */
static void released_at_once(bool by_ref)
{
	struct zcopy_elem e[CRUMBS + 1];
	struct request q = { .elems = e, .nr = elem_crumbs(e, file, OFF, SHORT) + by_ref,
			     .until = ZCOPY_UNTIL_RELEASED, .deadline_ns = 300 * MS };
	struct pair p = pair_tight(AF_INET);
	struct zcopy_result res;
	int big = 4 << 20;

	e[CRUMBS] = elem_file(file, 0, 5000);
	quota_stuff(p.near);
	if (setsockopt(p.near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE");
	q.sock = p.near;
	if (!ktap_ok(!dev_send(dev, &q, &res) &&
		     res.status == (by_ref ? ZCOPY_STATUS_DEADLINE : ZCOPY_STATUS_DONE) &&
		     res.bytes == SHORT + (by_ref ? 5000 : 0),
		     "a peer that acknowledges nothing: %s", by_ref ?
		     "what went by reference is not released" : "copies are released at once"))
		result_note(&res);
	pair_close(&p);
}

int main(void)
{
	uint64_t first = quota_value(SETTING);

	dev = dev_open(0);
	file = file_make("file", 0, SEED, 100000);
	ktap_ok(first > 0 && first <= 8192, SETTING " is %llu by itself",
		(unsigned long long)first);
	by_every_door();
	in_mixed_lists();
	what_more_follows();
	many_in_a_tight_socket(0, ZCOPY_UNTIL_QUEUED);
	many_in_a_tight_socket(0, ZCOPY_UNTIL_RELEASED);
	many_in_a_tight_socket(ZCOPY_F_STABLE, ZCOPY_UNTIL_QUEUED);
	released_at_once(false);
	released_at_once(true);
	return ktap_done();
}
