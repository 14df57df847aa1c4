// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel has one work item that closes the files which kernel threads drop last, of
 * all users one by one.  A ring that is the last holder of many devices, each with an
 * eventfd, leaves them to that work.  They are closed without waiting, so that another
 * ring's socket is closed soon after them.  If that takes longer, it is tried again,
 * because the host may have had no time for the guest.
 * guest: timeout=120
 */
#include "ktap.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "ring.h"

#define NR		1000
#define SECONDS		(1000 * (int)guest_scale())
#define ROUNDS		5

static void hold(struct ring *r, const int *fds, unsigned int nr)
{
	if (ring_open(r, 4, 0))
		ktap_skip_all("no io_uring");
	if (syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, fds, nr))
		die("files of a ring");
	for (unsigned int i = 0; i < nr; i++)
		close(fds[i]);
}

static void hold_devices(struct ring *r)
{
	struct zcopy_eventfd e = { .size = sizeof(e), .fd = eventfd(0, EFD_CLOEXEC) };
	static int devs[NR];

	for (unsigned int i = 0; i < NR; i++) {
		devs[i] = dev_open(0);
		if (ioctl(devs[i], ZCOPY_IOC_EVENTFD, &e))
			die("an eventfd");
	}
	close(e.fd);
	hold(r, devs, NR);
}

static bool devices_become(uint64_t least, uint64_t most, int ms)
{
	uint64_t end = now_ms() + ms, nr;

	do {
		nr = counter_of("devices_open");
		if (nr >= least && nr <= most)
			return true;
		sleep_ms(1);
	} while (now_ms() < end);
	return false;
}

/* Milliseconds from the close of a ring until its socket is closed, beside the devices */
static uint64_t try_round(void)
{
	struct pollfd peer = { .events = POLLRDHUP };
	struct ring devices, other;
	uint64_t start, took;
	struct pair s;

	s = pair_open(false);
	hold(&other, &s.near, 1);
	peer.fd = s.far;
	hold_devices(&devices);
	ktap_eq(counter_of("devices_open"), NR, "a ring holds so many devices");
	ring_close(&devices);
	ktap_ok(devices_become(0, NR - 1, 20 * SECONDS), "they begin to be closed");
	start = now_ms();
	ring_close(&other);
	ktap_eq(poll(&peer, 1, 60 * SECONDS), 1, "another ring's socket is closed");
	took = now_ms() - start;
	note("%llu ms", (unsigned long long)took);
	ktap_ok(devices_become(0, 0, 60 * SECONDS), "all devices are closed");
	close(s.far);
	return took;
}

int main(void)
{
	const struct rlimit many = { NR + 100, NR + 100 };
	uint64_t took;

	if (setrlimit(RLIMIT_NOFILE, &many))
		die("descriptors");
	took = try_round();
	for (unsigned int i = 1; i < ROUNDS && took >= (uint64_t)SECONDS; i++)
		took = try_round();
	ktap_ok(took < (uint64_t)SECONDS, "within a second");
	return ktap_done();
}
