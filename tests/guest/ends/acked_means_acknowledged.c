// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer with ZCOPY_UNTIL_ACKED ends when the peer's TCP has acknowledged its
 * last byte: never before, and soon after, through every door and also with TLS.
 * The next transfer to the socket runs while the first waits.  Transfers that wait
 * end in order; they end with the connection's error if the connection dies, and
 * with all their bytes if they are cancelled.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "tls.h"

#define LEN	(250 * KIB)
#define FOREVER	(20000 * guest_scale())
#define ROUNDS	20		/* for an end that is seen late */

static int file;

/* The sender takes all, the receiver a fifth of it. */
static struct pair pair_lazy(void)
{
	struct pair p = pair_tight(AF_INET);
	int big = 4 << 20;

	/* Larger than users may set it: the sender must hold several transfers. */
	if (setsockopt(p.near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE");
	return p;
}

/* Bytes sent that are not acknowledged */
static int in_flight(int sock)
{
	int n = -1;

	if (ioctl(sock, SIOCOUTQ, &n))
		die("SIOCOUTQ");
	return n;
}

static unsigned int in_state(const char *state)
{
	FILE *f = fopen("/proc/zcopy/transfers", "r");
	unsigned int found = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		found += strstr(line, state) != NULL;
	if (f)
		fclose(f);
	return found;
}

static bool state_becomes(const char *state, unsigned int nr)
{
	for (unsigned int i = 0; i < 4000 * guest_scale(); i++) {
		if (in_state(state) == nr)
			return true;
		sleep_ms(5);
	}
	return false;
}

static void *read_all(int fd, uint64_t len, struct reader *r, struct stream *want)
{
	stream_pattern(want, 7, 0, len);
	*r = (struct reader){ .fd = fd, .want = want, .enough = len };
	reader_start(r);
	return r;
}

/* How long after the acknowledgement the completion came, by polling for both */
static uint64_t delay(int dev, uint64_t id, const struct pair *p, bool *early,
		      struct zcopy_result *res)
{
	uint64_t acked = 0, end = now_ms() + FOREVER;

	while (now_ms() < end) {
		bool done = dev_wait(dev, id, res, 1, 1, 0) == 1;
		bool all = !in_flight(p->near);

		if (all && !acked)
			acked = now_ns();
		if (done) {
			*early = !all;
			return now_ns() - acked;
		}
		sleep_ms(1);
	}
	die("no completion");
}

static void never_before_soon_after(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	uint64_t best = ~0ULL;
	bool early = false;

	for (unsigned int i = 0; i < ROUNDS && !early; i++) {
		struct pair p = pair_lazy();
		struct request q = { .elems = &e, .nr = 1, .sock = p.near,
				     .until = ZCOPY_UNTIL_ACKED };
		struct stream want = {0};
		struct zcopy_result res;
		struct reader r;
		int dev = dev_open(0);
		uint64_t id, ns;

		if (dev_submit(dev, &q, &id))
			die("submit");
		ktap_ok(state_becomes(" ack ", 1) && live_sent() == LEN,
			"the socket has all, and it waits");
		ktap_eq(dev_wait(dev, id, &res, 1, 1, 700), 0,
			"as long as the peer has no room");
		ktap_ok(in_flight(p.near) > 0, "which has not acknowledged it");
		read_all(p.far, LEN, &r, &want);
		ns = delay(dev, id, &p, &early, &res);
		best = ns < best ? ns : best;
		reader_join(&r);
		ktap_ok(!res.status && res.bytes == LEN && reader_happy(&r),
			"then it is done");
		close(dev);
		pair_close(&p);
		stream_free(&want);
		if (best <= 50 * MS)
			break;
	}
	ktap_ok(!early, "never before");
	ktap_ok(best <= 50 * MS * guest_scale(), "and soon after (%llu us)",
		(unsigned long long)best / 1000);
}

static void by_door(enum door_kind kind, bool tls)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_tight(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .until = ZCOPY_UNTIL_ACKED };
	struct stream want = {0};
	struct zcopy_result res;
	struct reader r;
	struct door d;
	bool right;

	if (tls && !pair_tls(&p)) {
		ktap_skip("no TLS in this kernel");
		pair_close(&p);
		return;
	}
	read_all(p.far, LEN, &r, &want);
	door_open(&d, kind);
	right = !door_run(&d, &q, &res) && !res.status && res.bytes == LEN;
	ktap_ok(right && !in_flight(p.near), "door %d%s: done and acknowledged", kind,
		tls ? ", TLS" : "");
	reader_join(&r);
	ktap_ok(reader_happy(&r), "door %d%s: and right", kind, tls ? ", TLS" : "");
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

/* Nothing comes back while the cable is cut. */
static void cut_cable(void)
{
	struct zcopy_elem e = elem_file(file, 0, 20000);
	struct request q = { .elems = &e, .nr = 1, .until = ZCOPY_UNTIL_ACKED };
	struct stream want = {0};
	struct zcopy_result res;
	struct reader r;
	struct pair p;
	struct veth v;
	uint64_t id;
	int dev;

	if (!veth_up(&v)) {
		ktap_skip("no veth here");
		return;
	}
	p = pair_veth(&v, AF_INET);
	dev = dev_open(0);
	q.sock = p.near;
	shell("ip link set " VETH_NEAR " down");
	if (dev_submit(dev, &q, &id))
		die("submit");
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 1000), 0,
		"a cut cable acknowledges nothing");
	shell("ip link set " VETH_NEAR " up");
	read_all(p.far, 20000, &r, &want);
	/* The longer it was cut, the later TCP sends again. */
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 3 * FOREVER), 1, "mended, it is done");
	ktap_ok(!res.status && !in_flight(p.near), "and acknowledged");
	reader_join(&r);
	ktap_ok(reader_happy(&r), "and right");
	close(dev);
	pair_close(&p);
	veth_down(&v);
	stream_free(&want);
}

/* Four transfers that wait, one that need not wait, and then the peer reads. */
static void in_order(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_lazy();
	struct zcopy_result res[5];
	struct stream want = {0};
	struct reader r;
	int dev = dev_open(0);
	uint64_t id[5];
	bool right = true;

	for (unsigned int i = 0; i < 5; i++) {
		struct request q = { .elems = &e, .nr = 1, .sock = p.near,
				     .cookie = i,
				     .until = i < 4 ? ZCOPY_UNTIL_ACKED : 0 };

		if (dev_submit(dev, &q, &id[i]))
			die("submit");
		if (i)
			stream_pattern(&want, 7, 0, LEN);
	}
	ktap_ok(state_becomes(" ack ", 4), "while they wait, others go on");
	ktap_ok(dev_wait(dev, 0, res, 5, 1, FOREVER) == 1 && res->cookie == 4 &&
		!res->status, "which end when they have no more to wait for");
	read_all(p.far, 5 * LEN, &r, &want);
	for (unsigned int i = 0; i < 4; i++)
		right &= dev_wait(dev, 0, &res[i], 1, 1, FOREVER) == 1 &&
			 res[i].cookie == i && !res[i].status;
	ktap_ok(right, "those that wait end in order");
	reader_join(&r);
	ktap_ok(!r.err && r.bytes == 5 * LEN && r.bad_at < 0, "all bytes came");
	close(dev);
	pair_close(&p);
	stream_free(&want);
}

static void cancelled(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_lazy();
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .until = ZCOPY_UNTIL_ACKED };
	struct zcopy_cancel c = { .size = sizeof(c) };
	struct zcopy_result res, res2;
	int dev = dev_open(0);
	uint64_t id2;

	if (dev_submit(dev, &q, (uint64_t *)&c.id) || dev_submit(dev, &q, &id2) ||
	    !state_becomes(" ack ", 2))
		die("submit");
	ktap_eq(ioctl(dev, ZCOPY_IOC_CANCEL, &c), 0, "the first of two is cancelled");
	ktap_ok(dev_wait(dev, c.id, &res, 1, 1, FOREVER) == 1 &&
		res.status == ZCOPY_STATUS_CANCELLED && res.bytes == LEN,
		"with all bytes that the socket has taken");
	/* The owner of the socket goes; the transfer still holds it. */
	close(p.near);
	ktap_eq(dev_wait(dev, id2, &res2, 1, 1, 300), 0, "the other waits on");
	{
		struct linger hard = { .l_onoff = 1 };

		setsockopt(p.far, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(p.far);
	}
	ktap_ok(dev_wait(dev, id2, &res2, 1, 1, FOREVER) == 1 &&
		res2.status == ZCOPY_STATUS_SOCKET_ERROR &&
		(res2.error == ECONNRESET || res2.error == EPIPE) &&
		res2.bytes == LEN, "until the peer resets (error %u)", res2.error);
	close(dev);
}

static void not_waited_for(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_lazy();
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .until = ZCOPY_UNTIL_ACKED, .flags = ZCOPY_F_DONTWAIT };
	struct timeval tv = { .tv_usec = 300000 };
	struct zcopy_result res;
	int dev = dev_open(0);
	uint64_t start;

	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_AGAIN &&
		res.bytes == LEN, "who does not wait is told that it is not yet");
	q.flags = 0;
	setsockopt(p.near, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	start = now_ns();
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_AGAIN &&
		res.bytes == LEN && now_ns() - start >= 300 * MS &&
		now_ns() - start < 30000 * MS,
		"who waits so long at most, after so long");
	close(dev);
	pair_close(&p);
}

int main(void)
{
	file = file_make("source", 0, 7, MIB);
	never_before_soon_after();
	for (int kind = DOOR_SEND; kind <= DOOR_NETLINK; kind++)
		by_door(kind, false);
	by_door(DOOR_SEND, true);
	by_door(DOOR_WAIT, true);
	cut_cable();
	in_order();
	cancelled();
	not_waited_for();
	return ktap_done();
}
