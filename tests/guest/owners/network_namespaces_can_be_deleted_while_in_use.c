// SPDX-License-Identifier: GPL-2.0
/*
 * A network namespace is deleted, and its cable cut, while transfers run in it.
 * The transfers live as long as their sockets, a process that can still reach the
 * namespace can stop them, and then the namespace goes.  The namespace has its own
 * counters.
 * guest: timeout=60
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 << 20)

static int dev, file, home;

static void sh(const char *cmd)
{
	if (shell("%s", cmd))
		die("%s", cmd);
}

static void enter(int ns)
{
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die("setns");
}

static bool gone(const char *ifname)
{
	unsigned int tries;

	for (tries = 0; tries < 800 * guest_scale(); tries++) {
		if (!if_nametoindex(ifname))
			return true;
		sleep_ms(50);
	}
	return false;
}

/* Makes a namespace with a cable, and connects from inside it to a listener at home. */
static void connect_over_cable(struct pair *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int lis = socket(AF_INET, SOCK_STREAM, 0), size = 16384, ns;
	socklen_t len = sizeof(sin);

	sh("ip netns add zt && ip link add zv0 type veth peer name zv1 netns zt && "
	   "ip addr add 10.9.8.1/24 dev zv0 && ip link set zv0 up && "
	   "ip -n zt addr add 10.9.8.2/24 dev zv1 && ip -n zt link set zv1 up");
	ns = open("/run/netns/zt", O_RDONLY);
	setsockopt(lis, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(lis, (void *)&sin, len) || listen(lis, 1) ||
	    getsockname(lis, (void *)&sin, &len))
		die("listen");
	inet_aton("10.9.8.1", &sin.sin_addr);
	enter(ns);
	s->near = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s->near, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(s->near, (void *)&sin, len))
		die("connect");
	s->far = accept(lis, NULL, NULL);
	close(lis);
	close(ns);
}

static void deleted_with_parked_transfers(void)
{
	uint64_t at_home = counter_of("transfers_submitted");
	struct nlraw_msg m;
	struct raw q;
	struct nlraw nl;
	struct pair s;

	connect_over_cable(&s);
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s.near, file, 0, SIZE);
	ktap_eq(nlraw_talk(&nl, &m), 0, "a transfer in the namespace, by netlink");
	raw_fill(&q, s.near, file, 0, SIZE);
	ktap_eq(raw_submit(dev, &q), 0, "and one by the device");
	enter(home);
	ktap_eq(counter_of("transfers_submitted"), at_home,
		"the namespace at home counts none of them");
	close(s.near);
	sh("ip netns del zt");
	sleep_ms(100);
	ktap_ok(if_nametoindex("zv0"), "the namespace lives while they do");
	sh("ip link del zv0");
	nlraw_begin(&nl, &m, ZCOPY_CMD_CANCEL, 0);
	nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
	ktap_eq(nlraw_talk(&nl, &m), 0, "they can be stopped");
	ktap_eq(nl.count, 2, "both");
	ktap_eq(dev_wait(dev, q.s.id, &q.r, 1, 1, 10000), 1, "a completion comes");
	ktap_eq(q.r.status, ZCOPY_STATUS_CANCELLED, "and says cancelled");
	close(nl.fd);
	close(s.far);
}

/* The last reference to the namespace is a transfer's. */
static void goes_with_its_last_transfer(void)
{
	struct raw q;
	struct pair s;

	connect_over_cable(&s);
	enter(home);
	raw_fill(&q, s.near, file, 0, SIZE);
	if (raw_submit(dev, &q))
		die("submit");
	close(s.near);
	sh("ip netns del zt");
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "all bytes come from a deleted namespace");
	ktap_eq(dev_wait(dev, 0, &q.r, 1, 1, 10000), 1, "the completion comes");
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "and says done");
	close(s.far);
	ktap_ok(gone("zv0"), "then the namespace goes, with its end of the cable");
}

/* Process and device end inside the namespace; ten times, many at once. */
static void died_out(void)
{
	unsigned int i;
	int left = 0;

	for (i = 0; i < 10; i++) {
		if (fork())
			continue;
		if (unshare(CLONE_NEWNET))
			_exit(1);
		sh("ip link set lo up");
		for (i = 0; i < 4; i++) {
			struct raw q;
			int d = dev_open(0);
			struct pair s;

			s = pair_open(true);
			raw_fill(&q, s.near, file, 0, SIZE);
			if (raw_submit(d, &q))
				_exit(1);
		}
		_exit(counter_of("transfers_active") == 4 ? 0 : 1);
	}
	for (i = 0; i < 10; i++) {
		int status = 1;

		wait(&status);
		left += status != 0;
	}
	ktap_eq(left, 0, "ten namespaces end with their processes, transfers parked");
}

int main(void)
{
	home = open("/proc/self/ns/net", O_RDONLY);
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	deleted_with_parked_transfers();
	goes_with_its_last_transfer();
	died_out();
	close(dev);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

