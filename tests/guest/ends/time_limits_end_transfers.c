// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer whose deadline or idle time has passed ends with the status for that,
 * with ETIMEDOUT and the count of bytes sent before: in front of a peer that does
 * not read, in the queue behind another transfer, held back by its rate, or waiting
 * for its acknowledgement, through every door.  A transfer that moves is not idle,
 * and a transfer within its time is left alone.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define MS	1000000ULL
#define LIMIT	(400 * MS)
#define LATE	(3000 * MS)	/* guests are slow */
#define LEN	(4 * MIB)

static int file;

enum place { STUCK, IN_LINE, PACED, UNACKED };

static const char *const place_names[] = {
	"a peer that does not read", "in line", "a low rate", "no acknowledgement",
};

static uint64_t failed(void)
{
	FILE *f = fopen("/proc/zcopy/stats", "r");
	unsigned long long v = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "transfers_failed %llu", &v);
	if (f)
		fclose(f);
	return v;
}

static void check(const char *what, const char *where, const struct zcopy_result *r,
		  unsigned int status, const struct pair *p, uint64_t before)
{
	struct reader rd = { .fd = p->far };
	struct stream want = {0};

	if (!ktap_ok(r->status == status && r->error == ETIMEDOUT &&
		     failed() == before + 1, "%s, %s: ends as that", what, where))
		result_note(r);
	ktap_ok(r->duration_ns >= LIMIT &&
		r->duration_ns < LIMIT + LATE * guest_scale(),
		"%s, %s: when it should (%llu ms)", what, where,
		(unsigned long long)(r->duration_ns / MS));
	stream_pattern(&want, 3, 0, r->bytes);
	rd.want = &want;
	shutdown(p->near, SHUT_WR);
	reader_start(&rd);
	reader_join(&rd);
	ktap_ok(reader_happy(&rd) && rd.eof && result_adds_up(r),
		"%s, %s: what it says was sent was", what, where);
	stream_free(&want);
}

static void ends(enum place place, enum door_kind kind, bool idle)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN), first = e;
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct request q1 = { .elems = &first, .nr = 1, .sock = p.near };
	const char *what = idle ? "idle time" : "deadline";
	struct zcopy_result res;
	int dev = dev_open(0), err, big = 1 << 20;
	uint64_t before = failed(), id1;
	struct door d;

	q.deadline_ns = idle ? 0 : LIMIT;
	q.idle_ns = idle ? LIMIT : 0;
	if (place == PACED)
		q.rate = 1;
	if (place == UNACKED) {
		q.until = ZCOPY_UNTIL_ACKED;
		setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
		e.len = 300 * KIB;
	}
	if (place == IN_LINE && dev_submit(dev, &q1, &id1))
		die("submit");
	door_open(&d, kind);
	err = door_run(&d, &q, &res);
	if (err == -EOPNOTSUPP) {
		ktap_skip("%s, %s: the library has no attribute", what,
			  place_names[place]);
		goto out;
	}
	if (!ktap_ok(!err, "%s, %s: it is accepted (door %d)", what,
		     place_names[place], kind))
		goto out;
	if (place == UNACKED)
		ktap_eq(res.bytes, e.len, "%s: all bytes are with the socket", what);
	if (place != IN_LINE) {
		check(what, place_names[place], &res, idle ? ZCOPY_STATUS_IDLE :
		      ZCOPY_STATUS_DEADLINE, &p, before);
		goto out;
	}
	ktap_eq(res.bytes, 0, "%s, in line: nothing was sent", what);
	close(dev);
	dev = dev_open(0);
	ktap_ok(res.status == (idle ? ZCOPY_STATUS_IDLE : ZCOPY_STATUS_DEADLINE) &&
		res.error == ETIMEDOUT && res.duration_ns >= LIMIT &&
		res.duration_ns < LIMIT + LATE * guest_scale(),
		"%s, in line: ends when it should (%llu ms)", what,
		(unsigned long long)(res.duration_ns / MS));
out:
	door_close(&d);
	close(dev);
	pair_close(&p);
}

/* A reader that takes a little now and then, for longer than the idle time */
static void moves(enum door_kind kind)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .rate = 2 * MIB,
			     .idle_ns = 1500 * MS, .deadline_ns = 60000 * MS };
	struct reader r = { .fd = p.far, .enough = LEN };
	struct stream want = {0};
	struct zcopy_result res;
	struct door d;

	stream_pattern(&want, 3, 0, LEN);
	r.want = &want;
	door_open(&d, kind);
	reader_start(&r);
	ktap_ok(!door_run(&d, &q, &res) && !res.status &&
		res.duration_ns > 1600 * MS, "one that moves is not idle");
	reader_join(&r);
	ktap_ok(reader_happy(&r), "and arrives");
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

/* A time limit that was not reached leaves nothing behind. */
static void leaves_nothing(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, 1000);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .idle_ns = ~0ULL,
			     .deadline_ns = 3600000 * MS };
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t id;

	ktap_ok(!dev_submit(dev, &q, &id) &&
		dev_wait(dev, id, &res, 1, 1, 10000 * MS) == 1 && !res.status,
		"an hour's deadline does not matter to a moment's transfer");
	q.deadline_ns = 1;
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_DEADLINE &&
		!res.bytes, "one that is past at once sends nothing");
	close(dev);
	pair_close(&p);
}

int main(void)
{
	static const enum door_kind kinds[] = { DOOR_SEND, DOOR_WAIT, DOOR_NETLINK };

	file = file_make("source", 0, 3, LEN);
	for (unsigned int k = 0; k < 3; k++) {
		for (int place = STUCK; place <= UNACKED; place++) {
			ends(place, kinds[k], false);
			ends(place, kinds[k], true);
		}
	}
	moves(DOOR_SEND);
	moves(DOOR_WAIT);
	leaves_nothing();
	return ktap_done();
}
