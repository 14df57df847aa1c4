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

#include "life.h"
#include "nlraw.h"

#define SIZE	(2 << 20)

static int dev, file, home;

/* bash, because a shell with a built-in ip command does not know namespaces. */
static void sh(const char *cmd)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		execlp("bash", "bash", "-c", cmd, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status)
		ktap_bail("%s", cmd);
}

static void enter(int ns)
{
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		ktap_bail("setns");
}

static bool gone(const char *ifname)
{
	unsigned int tries;

	for (tries = 0; tries < 400; tries++) {
		if (!if_nametoindex(ifname))
			return true;
		life_nap(50);
	}
	return false;
}

/* From inside the namespace to a listener at home, over the cable */
static void connect_over_cable(int ns, int s[2])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int lis = socket(AF_INET, SOCK_STREAM, 0), size = 16384;
	socklen_t len = sizeof(sin);

	setsockopt(lis, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(lis, (void *)&sin, len) || listen(lis, 1) ||
	    getsockname(lis, (void *)&sin, &len))
		ktap_bail("listen");
	inet_aton("10.9.8.1", &sin.sin_addr);
	enter(ns);
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(s[0], (void *)&sin, len))
		ktap_bail("connect");
	s[1] = accept(lis, NULL, NULL);
	close(lis);
}

static void deleted_with_parked_transfers(void)
{
	uint64_t at_home = life_counter("transfers_submitted");
	struct nlraw_msg m;
	struct life_req q;
	struct nlraw nl;
	int ns, s[2];

	sh("ip netns add zt && ip link add zv0 type veth peer name zv1 netns zt && "
	   "ip addr add 10.9.8.1/24 dev zv0 && ip link set zv0 up && "
	   "ip -n zt addr add 10.9.8.2/24 dev zv1 && ip -n zt link set zv1 up");
	ns = open("/run/netns/zt", O_RDONLY);
	connect_over_cable(ns, s);
	close(ns);
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s[0], file, 0, SIZE);
	ktap_eq(nlraw_talk(&nl, &m), 0, "a transfer in the namespace, by netlink");
	life_req(&q, s[0], file, 0, SIZE);
	ktap_eq(life_submit(dev, &q), 0, "and one by the device");
	enter(home);
	ktap_eq(life_counter("transfers_submitted"), at_home,
		"the namespace at home counts none of them");
	close(s[0]);
	sh("ip netns del zt");
	life_nap(100);
	ktap_ok(if_nametoindex("zv0"), "the namespace lives while they do");
	sh("ip link del zv0");
	nlraw_begin(&nl, &m, ZCOPY_CMD_CANCEL, 0);
	nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
	ktap_eq(nlraw_talk(&nl, &m), 0, "they can be stopped");
	ktap_eq(nl.count, 2, "both");
	ktap_eq(life_wait(dev, q.s.id, &q.r, 1, 1, 10000), 1, "a completion comes");
	ktap_eq(q.r.status, ZCOPY_STATUS_CANCELLED, "and says cancelled");
	close(nl.fd);
	close(s[1]);
}

/* The last reference to the namespace is a transfer's. */
static void goes_with_its_last_transfer(void)
{
	struct life_req q;
	int ns, s[2];

	sh("ip netns add zt && ip link add zv0 type veth peer name zv1 netns zt && "
	   "ip addr add 10.9.8.1/24 dev zv0 && ip link set zv0 up && "
	   "ip -n zt addr add 10.9.8.2/24 dev zv1 && ip -n zt link set zv1 up");
	ns = open("/run/netns/zt", O_RDONLY);
	connect_over_cable(ns, s);
	close(ns);
	enter(home);
	life_req(&q, s[0], file, 0, SIZE);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	close(s[0]);
	sh("ip netns del zt");
	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "all bytes come from a deleted namespace");
	ktap_eq(life_wait(dev, 0, &q.r, 1, 1, 10000), 1, "the completion comes");
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "and says done");
	close(s[1]);
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
			struct life_req q;
			int s[2], d = life_open();

			life_pair(s, true);
			life_req(&q, s[0], file, 0, SIZE);
			if (life_submit(d, &q))
				_exit(1);
		}
		_exit(life_counter("transfers_active") == 4 ? 0 : 1);
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
	dev = life_open();
	file = life_file("source", SIZE);
	deleted_with_parked_transfers();
	goes_with_its_last_transfer();
	died_out();
	close(dev);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
