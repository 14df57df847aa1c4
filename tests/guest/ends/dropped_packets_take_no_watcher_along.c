// SPDX-License-Identifier: GPL-2.0
/*
 * Older kernels report a packet as gone when a device drops it, even if TCP will
 * send it again; from then on the module cannot know which copies of the packet are
 * left.  Such a transfer is not released, and its result says so.  On kernels that
 * do better the transfer is released, and bytes written to the file after that are
 * in no packet.  The device is a TUN whose reader stays away for a while.
 *
 * guest: timeout=60 skip-on=debug takes=10
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mix.h"
#include "peers.h"

#define FOREVER	(20000 * guest_scale())
#define LEN	(16 * KIB)		/* one packet */
#define MTU	60000
#define PACKET	(128 * KIB)
#define NEAR	"10.78.0.1"
#define FAR	"10.78.0.2"

static int dev, file;
static int tun[2];			/* near, far */
static volatile bool stop;
static bool carry;
static pthread_mutex_t carrying = PTHREAD_MUTEX_INITIALIZER;	/* protects carry */

static int tun_make(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE |
					  IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &ifr) ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4))
		die("a TUN");
	return fd;
}

static void tun_attach(bool yes)
{
	struct ifreq ifr = { .ifr_flags = yes ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };

	if (ioctl(tun[0], TUNSETQUEUE, &ifr))
		die("TUNSETQUEUE");
}

/* One packet from an end to the other; its length, or less if there was none. */
static ssize_t carry_one(int from)
{
	static char packet[2][PACKET];
	ssize_t n = read(tun[from], packet[from], PACKET);

	return n > 0 ? write(tun[!from], packet[from], n) : n;
}

static void *carrier(void *arg)
{
	struct pollfd p[2] = { { .fd = tun[0], .events = POLLIN },
			       { .fd = tun[1], .events = POLLIN } };

	(void)arg;
	while (!stop) {
		poll(p, 2, 10);
		pthread_mutex_lock(&carrying);
		for (int from = 0; from < 2; from++)
			while ((carry || from) && carry_one(from) > 0)
				;
		/* What it may not carry must not wake it again and again. */
		p[0].fd = carry ? tun[0] : -1;
		pthread_mutex_unlock(&carrying);
	}
	return NULL;
}

/* Once it returns, no packet of the near end is carried that comes after a "no". */
static void carry_on(bool yes)
{
	pthread_mutex_lock(&carrying);
	carry = yes;
	pthread_mutex_unlock(&carrying);
}

/* Makes the near end here and the far end in a new namespace, which it enters. */
static bool ends(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other;

	shell("modprobe -q tun 2>/dev/null");
	tun[0] = tun_make("ztun0");
	if (tun[0] < 0)
		return false;
	if (shell("ip addr add " NEAR "/24 dev ztun0; ip link set ztun0 mtu %d up", MTU))
		die("the near end");
	if (unshare(CLONE_NEWNET))
		die("a network namespace");
	other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	tun[1] = tun_make("ztun1");
	if (shell("ip addr add " FAR "/24 dev ztun1; ip link set ztun1 mtu %d up", MTU))
		die("the far end");
	(void)other;		/* a socket keeps the namespace */
	return own >= 0;
}

static int listener(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7000) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&in, sizeof(in)) || listen(fd, 1))
		die("listen");
	return fd;
}

static int connection(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7000) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, FAR, &in.sin_addr);
	if (fd < 0 || connect(fd, (void *)&in, sizeof(in)))
		die("connect");
	return fd;
}

/* Counts new bytes in the packets that still come out of the near end. */
static uint64_t left_over(void)
{
	static char packet[PACKET];
	struct mix m = { 0 };
	ssize_t n;

	while ((n = read(tun[0], packet, PACKET)) > 0)
		if (n > (ssize_t)LEN)
			mix_count(&m, packet + n - LEN, 0, LEN);
	note("%llu bytes were left in the device, %llu of them new",
	     (unsigned long long)m.bytes, (unsigned long long)m.new);
	return m.new;
}

/* Takes the packet with the bytes from the near end; false: it does not come. */
static bool carry_bytes(void)
{
	uint64_t end = now_ms() + 30000;
	ssize_t n;

	while ((n = carry_one(0)) < (ssize_t)LEN && now_ms() < end)
		if (n <= 0)
			sleep_ms(10);
	return n >= (ssize_t)LEN;
}

static void dropped_first(int near, int far)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = near,
			     .until = ZCOPY_UNTIL_RELEASED };
	struct zcopy_result res = { 0 };
	uint64_t id, new, end = now_ms() + 30000;
	bool over, let_go = true;
	struct mix m;

	carry_on(false);
	tun_attach(false);
	if (dev_submit(dev, &q, &id))
		die("submit");
	while (tcp_written(near) < LEN && now_ms() < end)
		sleep_ms(1);
	sleep_ms(50);
	tun_attach(true);
	/*
	 * TCP sends the packet again and again, into the device's queue, the later the
	 * longer the handshake took.
	 */
	sleep_ms(1500);
	if (!carry_bytes())
		die("nothing was sent again");
	over = dev_wait(dev, id, &res, 1, 1, 3000) == 1;
	if (!over) {
		/*
		 * The module still watches the copies in the device: the transfer
		 * ends when they go.  Or the guest was slow.
		 */
		let_go = !left_over();
		over = dev_wait(dev, id, &res, 1, 1, FOREVER) == 1;
	}
	if (res.status == ZCOPY_STATUS_SOCKET_ERROR) {
		ktap_ok(res.error == ENOTRECOVERABLE && res.bytes == LEN,
			"not released, and says that nobody can know");
	} else {
		mix_write(file, MIX_NEW, LEN);
		new = left_over();
		ktap_ok(over && !res.status && let_go && !new,
			"released: what is written then is in no packet");
	}
	result_note(&res);
	carry_on(true);
	mix_read(&m, far, LEN);
	ktap_ok(mix_is_old(&m, LEN), "what arrives is what was sent");
}

int main(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int l, near, far;
	pthread_t t;

	if (!ends()) {
		ktap_skip("no TUN here");
		return ktap_done();
	}
	l = listener();
	if (setns(own, CLONE_NEWNET))
		die("back");
	dev = dev_open(0);
	file = file_make("file", 0, MIX_OLD, LEN);
	carry_on(true);
	if (pthread_create(&t, NULL, carrier, NULL))
		die("a thread");
	near = connection();
	far = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (far < 0)
		die("accept");
	dropped_first(near, far);
	stop = true;
	pthread_join(t, NULL);
	close(near);
	close(far);
	close(file);
	close(dev);
	return ktap_done();
}
