// SPDX-License-Identifier: GPL-2.0
/*
 * Receivers on this machine may keep the packets of a transfer long after the file
 * was released: a pipe that a receiver has spliced into, a packet socket that saw
 * the packets leave or arrive, and the timestamp queue of the sending socket.  None
 * of them sees bytes that are written to the file after the release.
 *
 * guest: timeout=100 skip-on=debug takes=11
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mix.h"
#include "peers.h"

#define FOREVER	(20000 * guest_scale())
#define LEN	(60 * KIB + 3)
#define ROOM	(8 << 20)
#define LOOK	16			/* bytes that say which content it is */
#define APART	500			/* a full packet has some of these places */

static const char *over;
static int dev, file;
static struct veth v;

/* Returns after the file was released and overwritten; the peer has not read. */
static void released(struct pair *p)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p->near,
			     .until = ZCOPY_UNTIL_RELEASED };
	struct zcopy_result res = { 0 };
	uint64_t id;

	mix_write(file, MIX_OLD, LEN);
	mix_room(p->near, SO_SNDBUFFORCE, ROOM);
	mix_room(p->far, SO_RCVBUFFORCE, ROOM);
	if (dev_submit(dev, &q, &id))
		die("submit");
	ktap_ok(dev_wait(dev, id, &res, 1, 1, FOREVER) == 1 && !res.status &&
		res.bytes == LEN, "%s: released", over);
}

/* The same pages that the receiver's socket holds go on into a pipe. */
static void spliced(struct pair *p)
{
	uint64_t have = 0;
	int pipefd[2];
	struct mix m;

	if (pipe(pipefd) || fcntl(pipefd[1], F_SETPIPE_SZ, 1 << 20) < 0)
		die("a pipe");
	released(p);
	while (have < LEN) {
		ssize_t n = splice(p->far, NULL, pipefd[1], NULL, LEN - have, 0);

		if (n <= 0)
			die("splice");
		have += n;
	}
	mix_write(file, MIX_NEW, LEN);
	mix_read(&m, pipefd[0], LEN);
	ktap_ok(mix_is_old(&m, LEN), "%s: a receiver's pipe has what was sent", over);
	close(pipefd[0]);
	close(pipefd[1]);
}

static bool has(const char *got, size_t len, uint64_t seed, uint64_t pos)
{
	char what[LOOK];

	pattern_fill(what, seed, pos, LOOK);
	return memmem(got, len, what, LOOK);
}

/*
 * Counts the places in the kept packets that have the content of @seed.  The last
 * bytes are a place too: the last packet, which all time stamps may be of, can be
 * shorter than the places are apart.
 */
static unsigned int seen(const char *got, size_t len, uint64_t seed)
{
	unsigned int nr = has(got, len, seed, LEN - LOOK);

	for (uint64_t pos = 0; pos < LEN - LOOK; pos += APART)
		nr += has(got, len, seed, pos);
	return nr;
}

static void kept(int fd, int flags, const char *where)
{
	static char got[256 * KIB];
	unsigned int old = 0, new = 0, packets = 0;
	ssize_t n;

	while ((n = recv(fd, got, sizeof(got), MSG_DONTWAIT | flags)) >= 0) {
		old += seen(got, n, MIX_OLD);
		new += seen(got, n, MIX_NEW);
		packets++;
	}
	note("%u packets, %u places old, %u new", packets, old, new);
	ktap_ok(old && !new, "%s: %s has what was sent", over, where);
}

static int tap(const char *name)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (void *)&ll, sizeof(ll)))
		die("a packet socket on %s", name);
	mix_room(fd, SO_RCVBUFFORCE, ROOM);
	return fd;
}

static void tapped(struct pair *p, const char *name)
{
	int fd = tap(name);
	struct mix m;

	released(p);
	mix_write(file, MIX_NEW, LEN);
	kept(fd, 0, "a packet socket");
	mix_read(&m, p->far, LEN);
	ktap_ok(mix_is_old(&m, LEN), "%s: so has the receiver", over);
	close(fd);
}

/* With the packets themselves, as they were when sent and acknowledged */
static void stamped(struct pair *p)
{
	int what = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK |
		   SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_SOFTWARE;
	struct mix m;

	if (setsockopt(p->near, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof(what)))
		die("SO_TIMESTAMPING");
	released(p);
	mix_write(file, MIX_NEW, LEN);
	kept(p->near, MSG_ERRQUEUE, "the queue of time stamps");
	mix_read(&m, p->far, LEN);
	ktap_ok(mix_is_old(&m, LEN), "%s: so has the receiver", over);
}

static struct pair connection(bool veth, int family)
{
	return veth ? pair_veth(&v, family) : pair_loopback(family);
}

static void all(bool veth, int family)
{
	char name[32];
	struct pair p;

	snprintf(name, sizeof(name), "%s, IPv%d", veth ? "veth" : "loopback",
		 family == AF_INET ? 4 : 6);
	over = name;
	p = connection(veth, family);
	spliced(&p);
	pair_close(&p);
	p = connection(veth, family);
	tapped(&p, veth ? VETH_NEAR : "lo");
	pair_close(&p);
	p = connection(veth, family);
	stamped(&p);
	pair_close(&p);
}

int main(void)
{
	dev = dev_open(0);
	file = file_make("file", 0, MIX_OLD, LEN);
	all(false, AF_INET);
	all(false, AF_INET6);
	if (veth_up(&v)) {
		all(true, AF_INET);
		/* Packets small enough for receive offload to join them */
		veth_near("tso off");
		shell("nsenter -t %d -n ethtool -K " VETH_FAR " gro on", v.keeper);
		all(true, AF_INET6);
		shell("nsenter -t %d -n ethtool -K " VETH_FAR
		      " rx-gro-list on", v.keeper);
		all(true, AF_INET);
		veth_down(&v);
	} else {
		ktap_skip("no veth here");
	}
	close(file);
	close(dev);
	return ktap_done();
}
