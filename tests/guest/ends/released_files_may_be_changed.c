// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer with ZCOPY_UNTIL_RELEASED ends when the network stack holds no page of
 * the file any more.  Overwriting the file then changes nothing that arrives,
 * however late the peer reads: over loopback, veth and with TLS, through every
 * door.  After ZCOPY_UNTIL_QUEUED, overwriting does change what arrives, and a
 * transfer that has not ended by then says so in its result.  Bytes that had to be
 * copied for the release are counted.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mix.h"
#include "peers.h"
#include "tls.h"
#include "transfer.h"

#define LEN	(40 * KIB + 3)		/* fits into a receiver that does not read */
#define SHORT	200ULL			/* in many pieces: is copied, except with TLS */
#define LONG	MIB			/* does not fit into small buffers */
#define FOREVER	(20000 * guest_scale())

static int file;

static void read_late(int fd, uint64_t len, struct mix *m)
{
	if (!mix_read(m, fd, len))
		die("only %llu bytes came", (unsigned long long)m->bytes);
}

static void overwrite(uint64_t len)
{
	file_write(file, MIX_NEW, 0, len);
}

/* The transfer ends before the peer has read a byte. */
static void by_door(const char *over, struct pair *p, enum door_kind kind, uint64_t len,
		    bool tls)
{
	unsigned int why = len > SHORT || tls ? ZCOPY_COPY_RELEASED : ZCOPY_COPY_SMALL;
	struct zcopy_elem e[CRUMBS] = { elem_file(file, 0, len) };
	struct request q = { .elems = e, .nr = 1, .sock = p->near,
			     .until = ZCOPY_UNTIL_RELEASED };
	struct zcopy_result res;
	struct door d;
	struct mix m;

	if (len == SHORT)
		q.nr = elem_crumbs(e, file, 0, len);
	file_write(file, MIX_OLD, 0, len);
	if (tls && !pair_tls(p)) {
		ktap_skip("no TLS in this kernel");
		return;
	}
	door_open(&d, kind);
	ktap_ok(!door_run(&d, &q, &res) && !res.status && res.bytes == len &&
		result_adds_up(&res), "%s, door %d: released", over, kind);
	overwrite(len);
	read_late(p->far, len, &m);
	ktap_ok(m.old == len && !m.new, "%s, door %d: what is written then does not arrive",
		over, kind);
	if (!ktap_ok(res.bytes_copied == len && result_copied(&res, why) == len,
		     "%s, door %d: it was copied for that", over, kind))
		result_note(&res);
	door_close(&d);
}

static void everywhere(void)
{
	struct pair p;
	struct veth v;

	for (enum door_kind kind = 0; kind <= DOOR_NETLINK; kind++) {
		p = pair_loopback(kind & 1 ? AF_INET6 : AF_INET);
		by_door("loopback", &p, kind, LEN, false);
		by_door("loopback, short", &p, kind, SHORT, false);
		pair_close(&p);
	}
	for (int i = 0; i < 2; i++) {
		p = pair_loopback(AF_INET);
		by_door(i ? "TLS, short" : "TLS", &p, DOOR_WAIT, i ? SHORT : LEN, true);
		pair_close(&p);
	}
	if (!veth_up(&v)) {
		ktap_skip("no veth here");
		return;
	}
	p = pair_veth(&v, AF_INET);
	by_door("veth", &p, DOOR_WAIT, LEN, false);
	by_door("veth, short", &p, DOOR_WAIT, SHORT, false);
	pair_close(&p);
	veth_down(&v);
}

/* Queued is not released. */
static void queued(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct zcopy_result res;
	int dev = dev_open(0);
	struct mix m;

	file_write(file, MIX_OLD, 0, LEN);
	ktap_ok(!dev_send(dev, &q, &res) && !res.status, "queued");
	ktap_eq(res.bytes_by_ref, LEN, "by reference");
	overwrite(LEN);
	read_late(p.far, LEN, &m);
	ktap_ok(m.new > LEN / 2, "what is written then arrives (%llu bytes)",
		(unsigned long long)m.new);
	close(dev);
	pair_close(&p);
}

/* A transfer that has not ended notices the change, whatever it waits for. */
static void changed(void)
{
	static const uint32_t until[] = { ZCOPY_UNTIL_QUEUED, ZCOPY_UNTIL_RELEASED };
	struct zcopy_elem e = elem_file(file, 0, LONG);
	struct zcopy_result res;
	int dev = dev_open(0);
	struct pair p[2];
	uint64_t id[2];
	struct mix m;

	file_write(file, MIX_OLD, 0, LONG);
	for (int i = 0; i < 2; i++) {
		struct request q = { .elems = &e, .nr = 1, .until = until[i] };

		p[i] = pair_tight(AF_INET);
		q.sock = p[i].near;
		if (dev_submit(dev, &q, &id[i]))
			die("submit");
	}
	live_all_stalled();
	overwrite(LONG);
	for (int i = 0; i < 2; i++) {
		read_late(p[i].far, LONG, &m);
		ktap_ok(m.new > 0, "level %u: what is written meanwhile arrives",
			until[i]);
		ktap_ok(dev_wait(dev, id[i], &res, 1, 1, FOREVER) == 1 &&
			res.status == ZCOPY_STATUS_CHANGED && res.bytes == LONG,
			"level %u: and the result says so", until[i]);
		pair_close(&p[i]);
	}
	close(dev);
}

/* A transfer that is never released and given up leaves nothing. */
static void given_up(bool reset)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, 200 * KIB);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .until = ZCOPY_UNTIL_RELEASED };
	struct linger at_once = { .l_onoff = 1 };
	struct zcopy_cancel c = { .size = sizeof(c) };
	struct zcopy_result res;
	int big = 4 << 20;
	int dev = dev_open(0);
	uint64_t id;

	if (setsockopt(p.near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE");
	if (dev_submit(dev, &q, &id))
		die("submit");
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 700), 0,
		"not released while the peer does not read");
	if (reset) {
		setsockopt(p.far, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(p.far);
		p.far = -1;
	} else {
		c.id = id;
		if (ioctl(dev, ZCOPY_IOC_CANCEL, &c))
			die("cancel");
	}
	ktap_ok(dev_wait(dev, id, &res, 1, 1, FOREVER) == 1 && res.status ==
		(reset ? ZCOPY_STATUS_SOCKET_ERROR : ZCOPY_STATUS_CANCELLED),
		"%s ends it", reset ? "a reset" : "a cancel");
	result_note(&res);
	close(dev);
	pair_close(&p);
}

int main(void)
{
	file = file_make("file", 0, MIX_OLD, LONG);
	everywhere();
	queued();
	changed();
	given_up(false);
	given_up(true);
	close(file);
	return ktap_done();
}
