// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_END_SHUTDOWN on a socket with the kernel's TLS: the peer gets all bytes, then one
 * close_notify alert, then the end.  The transfer waits for room for the alert, and can be
 * ended meanwhile.  A transfer that does not shut down, or does not send all, sends no
 * alert, and the program's own bytes follow.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <linux/tls.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define LEN	300001

static int file;

static const struct way {
	const char *name;
	enum door_kind door;
	uint32_t until;
	unsigned int version;
	uint64_t len;
} ways[] = {
	{ "send", DOOR_SEND, ZCOPY_UNTIL_QUEUED, TLS_1_2_VERSION, LEN },
	{ "send, TLS 1.3", DOOR_SEND, ZCOPY_UNTIL_QUEUED, TLS_1_3_VERSION, LEN },
	{ "send of 16 KiB", DOOR_SEND, ZCOPY_UNTIL_QUEUED, TLS_1_2_VERSION, TLS_RECORD },
	{ "send of a byte", DOOR_SEND, ZCOPY_UNTIL_QUEUED, TLS_1_3_VERSION, 1 },
	{ "send of nothing", DOOR_SEND, ZCOPY_UNTIL_QUEUED, TLS_1_2_VERSION, 0 },
	{ "send until acked", DOOR_SEND, ZCOPY_UNTIL_ACKED, TLS_1_2_VERSION, LEN },
	{ "submit", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, TLS_1_3_VERSION, LEN },
	{ "submit of a byte", DOOR_READ, ZCOPY_UNTIL_QUEUED, TLS_1_2_VERSION, 1 },
	{ "submit until acked", DOOR_WAIT, ZCOPY_UNTIL_ACKED, TLS_1_2_VERSION, LEN },
	{ "submit until released", DOOR_WAIT, ZCOPY_UNTIL_RELEASED, TLS_1_3_VERSION, LEN },
	{ "netlink", DOOR_NETLINK, ZCOPY_UNTIL_QUEUED, TLS_1_2_VERSION, LEN },
}, ring = {
	"io_uring", DOOR_URING, ZCOPY_UNTIL_QUEUED, TLS_1_3_VERSION, LEN
};

static struct pair pair_secret(unsigned int version)
{
	struct pair p = pair_tight(AF_INET);

	if (!pair_tls_version(&p, version))
		ktap_skip_all("no TLS in this kernel");
	return p;
}

static void ends(const struct way *w)
{
	struct pair p = pair_secret(w->version);
	struct zcopy_elem e = elem_file(file, 0, w->len);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .until = w->until,
			     .end = ZCOPY_END_SHUTDOWN };
	struct reader r = { .fd = p.far };
	struct stream want = {0};
	struct zcopy_result res;
	struct door d;

	stream_pattern(&want, 8, 0, w->len);
	r.want = &want;
	reader_start(&r);
	door_open(&d, w->door);
	ktap_ok(!door_run(&d, &q, &res) && !res.status && res.bytes == w->len,
		"%s: done", w->name);
	reader_join(&r);
	ktap_ok(reader_happy(&r) && r.eof, "%s: all bytes and the end arrive", w->name);
	ktap_eq(r.told, 1, "%s: TLS told the peer that the stream ends", w->name);
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

/* @end is done to the socket, and what the program sends afterwards arrives. */
static void goes_on(const char *why, uint32_t end, uint64_t asked, uint32_t status)
{
	struct pair p = pair_secret(TLS_1_2_VERSION);
	struct zcopy_elem e = elem_file(file, 0, asked);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .end = end };
	struct reader r = { .fd = p.far };
	struct stream want = {0}, more = {0};
	int dev = dev_open(0);
	struct zcopy_result res;

	stream_pattern(&want, 8, 0, LEN);
	stream_bytes(&more, "x", 1);
	stream_append(&want, &more);
	r.want = &want;
	reader_start(&r);
	ktap_ok(!dev_send(dev, &q, &res) && res.status == status, "%s: its status", why);
	ktap_eq(send(p.near, "x", 1, MSG_NOSIGNAL), 1, "%s: the program may send", why);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	ktap_ok(reader_happy(&r) && r.eof && !r.told, "%s: no alert", why);
	close(dev);
	pair_close(&p);
	stream_free(&want);
	stream_free(&more);
}

/* No room is left for the alert, and nothing else is to be sent. */
static struct cramped no_room(struct zcopy_elem *e, struct request *q)
{
	struct cramped c = cramped_open(TLS_1_2_VERSION);

	cramped_buffer(c.p.near, 4096);
	*e = elem_file(file, 0, 0);
	*q = (struct request){ .elems = e, .nr = 1, .sock = c.p.near,
			       .end = ZCOPY_END_SHUTDOWN };
	return c;
}

static void zeros_arrive(struct cramped *c, unsigned int told, const char *why)
{
	struct reader r = { .fd = c->p.far };
	struct stream want = {0};

	stream_zero(&want, (uint64_t)CRAMPED_RECORDS * TLS_RECORD);
	r.want = &want;
	reader_start(&r);
	reader_join(&r);
	ktap_ok(reader_happy(&r) && r.eof && r.told == told, "%s: %u alerts", why, r.told);
	stream_free(&want);
}

static void room_comes(enum door_kind kind, const char *why)
{
	struct zcopy_elem e;
	struct request q;
	struct cramped c = no_room(&e, &q);
	struct zcopy_result res;
	struct door d;
	uint64_t id;

	door_open(&d, kind);
	if (door_start(&d, &q, &id))
		die("%s", why);
	sleep_ms(100);
	ktap_ok(live_becomes(1, 1000), "%s: it waits for room", why);
	zeros_arrive(&c, 1, why);
	ktap_ok(!door_finish(&d, id, &res) && !res.status, "%s: done", why);
	door_close(&d);
	pair_close(&c.p);
}

/* What ends it ends the wait; the stream stays open. */
static void is_given_up(const char *why, uint64_t deadline_ns, uint32_t flags,
			uint32_t status)
{
	struct zcopy_elem e;
	struct request q;
	struct cramped c = no_room(&e, &q);
	int dev = dev_open(0);
	struct zcopy_result res;

	q.deadline_ns = deadline_ns;
	q.flags = flags;
	ktap_ok(!dev_send(dev, &q, &res) && res.status == status, "%s: its status", why);
	shutdown(c.p.near, SHUT_WR);
	zeros_arrive(&c, 0, why);
	close(dev);
	pair_close(&c.p);
}

static void is_cancelled(void)
{
	struct zcopy_elem e;
	struct request q;
	struct cramped c = no_room(&e, &q);
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t id;

	if (dev_submit(dev, &q, &id))
		die("a submission");
	sleep_ms(100);
	ktap_eq(dev_cancel(dev, id), 1, "it waits and is cancelled");
	ktap_ok(dev_wait(dev, id, &res, 1, 1, RESULT_MS) == 1 &&
		res.status == ZCOPY_STATUS_CANCELLED, "cancelled: its status");
	shutdown(c.p.near, SHUT_WR);
	zeros_arrive(&c, 0, "cancelled");
	close(dev);
	pair_close(&c.p);
}

int main(void)
{
	file = file_make("source", 0, 8, LEN);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		ends(&ways[i]);
	goes_on("kept open", ZCOPY_END_KEEP, LEN, ZCOPY_STATUS_DONE);
	goes_on("too short", ZCOPY_END_SHUTDOWN, LEN + 1, ZCOPY_STATUS_TRUNCATED);
	room_comes(DOOR_WAIT, "submit without room");
	is_given_up("deadline", 300 * MS, 0, ZCOPY_STATUS_DEADLINE);
	is_given_up("may not wait", 0, ZCOPY_F_DONTWAIT, ZCOPY_STATUS_AGAIN);
	is_cancelled();
	/* Last, as the end of a ring interrupts the next send(2) or SEND of its thread. */
	ends(&ring);
	room_comes(DOOR_URING, "ring without room");
	return ktap_done();
}
