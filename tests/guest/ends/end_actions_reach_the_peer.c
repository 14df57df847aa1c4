// SPDX-License-Identifier: GPL-2.0
/*
 * Actions on the socket after the last byte: ZCOPY_END_SHUTDOWN ends the stream
 * after the last byte, also with TLS, and leaves the other direction open; it does
 * nothing after a transfer that did not send all.  ZCOPY_END_CORK holds back a
 * partial segment, or a TLS record, until the program sends more.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "tls.h"

#define LEN	300001
#define LEAST	3
#define TRIES	10		/* in one of them, 30 ms pass before TCP's own 200 */

static int file;

static void shut(enum door_kind kind, uint32_t until, bool tls)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_tight(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .until = until,
			     .end = ZCOPY_END_SHUTDOWN };
	struct reader r = { .fd = p.far };
	struct stream want = {0};
	struct zcopy_result res;
	struct door d;
	char c = 0;

	if (tls && !pair_tls(&p)) {
		ktap_skip("no TLS in this kernel");
		pair_close(&p);
		return;
	}
	stream_pattern(&want, 4, 0, LEN);
	r.want = &want;
	reader_start(&r);
	door_open(&d, kind);
	ktap_ok(!door_run(&d, &q, &res) && !res.status && res.bytes == LEN,
		"door %d, until %u%s: done", kind, until, tls ? ", TLS" : "");
	reader_join(&r);
	ktap_ok(reader_happy(&r) && r.eof, "the peer gets all bytes and the end");
	/* TLS would take it into a record first. */
	if (!tls) {
		ktap_ok(send(p.far, "x", 1, 0) == 1 && recv(p.near, &c, 1, 0) == 1 &&
			c == 'x', "the other direction is open");
		ktap_ok(send(p.near, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE,
			"this one is not");
	}
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

static void not_shut(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN + 1);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .end = ZCOPY_END_SHUTDOWN };
	struct reader r = { .fd = p.far, .enough = LEN + 1 };
	struct stream want = {0}, more = {0};
	struct zcopy_result res;
	int dev = dev_open(0);

	stream_pattern(&want, 4, 0, LEN);
	stream_bytes(&more, "x", 1);
	stream_append(&want, &more);
	r.want = &want;
	reader_start(&r);
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_TRUNCATED,
		"a file that is too short does not send all");
	ktap_eq(send(p.near, "x", 1, MSG_NOSIGNAL), 1, "and does not end the stream");
	reader_join(&r);
	ktap_ok(reader_happy(&r), "which goes on behind it");
	close(dev);
	pair_close(&p);
	stream_free(&want);
	stream_free(&more);
}

static void waits_for(enum door_kind kind, bool tls)
{
	struct zcopy_elem e = elem_file(file, 0, 100);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .end = ZCOPY_END_CORK };
	struct zcopy_result res;
	unsigned int held = 0;
	bool right = true;
	char buf[256];
	struct door d;

	if (tls && !pair_tls(&p)) {
		ktap_skip("no TLS in this kernel");
		pair_close(&p);
		return;
	}
	door_open(&d, kind);
	for (unsigned int i = 0; i < LEAST || (i < TRIES && !held); i++) {
		right &= !door_run(&d, &q, &res) && !res.status && res.bytes == 100;
		sleep_ms(30);
		held += recv(p.far, buf, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
		right &= send(p.near, "x", 1, 0) == 1;
		right &= recv(p.far, buf, 101, MSG_WAITALL) == 101 && buf[100] == 'x';
	}
	ktap_ok(right, "door %d%s: corked bytes leave with the program's", kind,
		tls ? ", TLS" : "");
	ktap_ok(held, "door %d: and not before", kind);
	door_close(&d);
	pair_close(&p);
}

int main(void)
{
	file = file_make("source", 0, 4, LEN);
	shut(DOOR_SEND, ZCOPY_UNTIL_QUEUED, false);
	shut(DOOR_WAIT, ZCOPY_UNTIL_QUEUED, false);
	shut(DOOR_NETLINK, ZCOPY_UNTIL_QUEUED, false);
	shut(DOOR_SEND, ZCOPY_UNTIL_ACKED, false);
	shut(DOOR_WAIT, ZCOPY_UNTIL_ACKED, false);
	shut(DOOR_SEND, ZCOPY_UNTIL_QUEUED, true);
	shut(DOOR_WAIT, ZCOPY_UNTIL_QUEUED, true);
	shut(DOOR_WAIT, ZCOPY_UNTIL_ACKED, true);
	not_shut();
	waits_for(DOOR_SEND, false);
	waits_for(DOOR_WAIT, false);
	waits_for(DOOR_SEND, true);
	waits_for(DOOR_WAIT, true);
	waits_for(DOOR_NETLINK, true);
	return ktap_done();
}
