// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers to one socket that wait for the same level complete in order, and wait for
 * no transfer of another level.  Something on this machine holds packets that the peer
 * has acknowledged, so that transfers with ZCOPY_UNTIL_RELEASED wait.  Those with
 * ZCOPY_UNTIL_ACKED, submitted after them, are done once they are acknowledged, and
 * fail once the connection is lost.
 *
 * A mirror on the way out gives a copy of each packet to another device, where a
 * delay holds it until the test lets go.
 * guest: timeout=90
 */
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

#define LEN	(20 * KIB)
#define LONG	(500 * KIB)		/* more than a peer takes that does not read */
#define EACH	2			/* transfers for each level */
#define ALL	(2 * EACH)
#define FOREVER	(20000 * guest_scale())
#define HOLDER	"hold0"
#define HOLD	"250s"			/* about the most that tc takes: 2^32 ticks */

static int file;

static void holder_up(void)
{
	if (shell("ip link add " HOLDER " type dummy && ip link set " HOLDER " up && "
		  "tc qdisc add dev " HOLDER " root netem delay " HOLD " limit 10000 && "
		  "tc qdisc add dev " VETH_NEAR " clsact && "
		  "tc filter add dev " VETH_NEAR " egress matchall action mirred "
		  "egress mirror dev " HOLDER))
		die("something that holds packets");
}

static void holder_lets_go(void)
{
	shell("tc qdisc del dev " VETH_NEAR " clsact; ip link del " HOLDER);
}

/* First all that wait for the release, then all that wait for acknowledgments. */
static void submit_all(int dev, int sock, uint64_t acked_len, uint64_t id[ALL])
{
	for (unsigned int i = 0; i < ALL; i++) {
		struct zcopy_elem e = elem_file(file, 0, i < EACH ? LEN : acked_len);
		struct request q = { .elems = &e, .nr = 1, .sock = sock, .cookie = i,
				     .until = i < EACH ? ZCOPY_UNTIL_RELEASED :
							 ZCOPY_UNTIL_ACKED };

		if (dev_submit(dev, &q, &id[i]))
			die("submit");
	}
}

static void next_ends(int dev, unsigned int i, uint32_t status, uint64_t len,
		      const char *why)
{
	struct zcopy_result res = { 0 };

	if (!ktap_ok(dev_wait(dev, 0, &res, 1, 1, FOREVER) == 1 && res.cookie == i &&
		     res.status == status && res.bytes == len, "%s: %u ends", why, i))
		note("transfer %llu, status %u, error %u, %llu bytes",
		     (unsigned long long)res.cookie, res.status, res.error,
		     (unsigned long long)res.bytes);
}

static void none_ends(int dev, const char *why)
{
	struct zcopy_result res;

	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 300), 0, "%s: no other ends", why);
}

static void acknowledged(const struct veth *v)
{
	struct pair p = pair_veth(v, AF_INET);
	struct stream want = { 0 };
	int dev = dev_open(0);
	struct reader r;
	uint64_t id[ALL];

	for (unsigned int i = 0; i < ALL; i++)
		stream_pattern(&want, 7, 0, LEN);
	r = (struct reader){ .fd = p.far, .want = &want, .enough = ALL * LEN };
	reader_start(&r);
	submit_all(dev, p.near, LEN, id);
	for (unsigned int i = EACH; i < ALL; i++)
		next_ends(dev, i, ZCOPY_STATUS_DONE, LEN, "acknowledged");
	reader_join(&r);
	ktap_ok(reader_happy(&r), "acknowledged: all bytes came");
	none_ends(dev, "acknowledged");
	holder_lets_go();
	for (unsigned int i = 0; i < EACH; i++)
		next_ends(dev, i, ZCOPY_STATUS_DONE, LEN, "released");
	close(dev);
	pair_close(&p);
	stream_free(&want);
}

/* Transfers of which the socket has all */
static unsigned int sent(void)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "re");
	unsigned int found = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		found += strstr(line, " ack ") != NULL;
	if (f)
		fclose(f);
	return found;
}

/* Waits until the socket has all, and the peer what waits for the release. */
static void until_it_stops(int sock)
{
	uint64_t end = now_ms() + FOREVER;
	int unacked = 0;

	while (sent() < ALL || ioctl(sock, SIOCOUTQ, &unacked) ||
	       unacked > (int)(EACH * LONG)) {
		if (now_ms() > end)
			die("the peer has not got what waits for the release");
		sleep_ms(5);
	}
}

/* The peer takes those that wait for the release; then it stops, and goes. */
static void lost(const struct veth *v)
{
	struct pair p = pair_veth(v, AF_INET);
	struct linger hard = { .l_onoff = 1 };
	int dev = dev_open(0), big = 4 << 20;
	uint64_t id[ALL];

	/* Larger than users may set it: the socket must take all. */
	if (setsockopt(p.near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE");
	submit_all(dev, p.near, LONG, id);
	until_it_stops(p.near);
	none_ends(dev, "the peer stops");
	setsockopt(p.far, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.far);
	for (unsigned int i = EACH; i < ALL; i++)
		next_ends(dev, i, ZCOPY_STATUS_SOCKET_ERROR, LONG, "lost");
	none_ends(dev, "lost");
	holder_lets_go();
	for (unsigned int i = 0; i < EACH; i++)
		next_ends(dev, i, ZCOPY_STATUS_DONE, LEN, "released");
	close(p.near);
	close(dev);
}

static void with_holder(void (*run)(const struct veth *v))
{
	struct veth v;

	if (!veth_up(&v))
		die("a veth");
	holder_up();
	run(&v);
	veth_down(&v);
}

int main(void)
{
	file = file_make("source", 0, 7, LONG);
	with_holder(acknowledged);
	with_holder(lost);
	return ktap_done();
}
