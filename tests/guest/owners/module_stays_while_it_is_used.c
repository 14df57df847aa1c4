// SPDX-License-Identifier: GPL-2.0
/*
 * The module cannot be unloaded while a device is open or a transfer lives.  It
 * unloads cleanly right after the last completion was collected: fifty times, or
 * twelve times in the slow debug guest.
 * guest: timeout=60 takes=11
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dev.h"
#include "fixture.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 << 20)

static int file;

static int module_out(void)
{
	return syscall(SYS_delete_module, "zcopy", O_NONBLOCK) ? -errno : 0;
}

static int module_in(void)
{
	int fd = open("/zcopy.ko", O_RDONLY | O_CLOEXEC);
	int ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);
	return ret;
}

/* A worker that ended the last transfer may still be exiting. */
static int module_out_soon(void)
{
	uint64_t end = now_ms() + 20000 * guest_scale();
	int ret = module_out();

	while (ret == -EWOULDBLOCK && now_ms() < end) {
		sleep_ms(10);
		ret = module_out();
	}
	return ret;
}

static void busy(void)
{
	struct nlraw_msg m;
	struct raw q;
	struct nlraw nl;
	struct stat st;
	int dev;
	struct pair s = pair_open(true);

	dev = dev_open(0);
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a device is open");
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s.near, file, 0, SIZE);
	nlraw_u32(&m, ZCOPY_A_FLAGS, ZCOPY_F_DETACHED);
	if (nlraw_talk(&nl, &m))
		die("netlink submit");
	close(dev);
	close(s.near);
	close(nl.fd);
	sleep_ms(50);
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a transfer lives");
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "which goes on");
	close(s.far);
	ktap_eq(module_out_soon(), 0, "it goes once that has ended");
	ktap_eq(stat(ZCOPY_DEVICE, &st), -1, "the device is gone");
	ktap_eq(stat("/proc/net/zcopy", &st), -1, "so are the files");
	ktap_eq(module_in(), 0, "it comes back");

	s = pair_open(true);
	dev = dev_open(0);
	raw_fill(&q, s.near, file, 0, SIZE);
	if (raw_submit(dev, &q))
		die("submit");
	close(dev);
	ktap_eq(module_out_soon(), 0, "it goes after a parked transfer was cancelled");
	ktap_eq(module_in(), 0, "it comes back");
	close(s.near);
	close(s.far);
}

/* The completion is not collected: the close drops it. */
static int one_round(unsigned int round)
{
	struct zcopy_result res;
	struct raw q;
	int dev, ret;
	struct pair s = pair_open(false);

	dev = dev_open(0);
	raw_fill(&q, s.near, file, 0, 4096 << (round % 4));
	ret = raw_submit(dev, &q);
	if (!ret && round % 3)
		ret = dev_wait(dev, 0, &res, 1, 1, 10000) == 1 ? 0 : -EIO;
	close(dev);
	close(s.near);
	close(s.far);
	if (!ret)
		ret = module_out_soon();
	return ret ? ret : module_in();
}

int main(void)
{
	unsigned int round, rounds = guest_is_debug() ? 12 : 50;
	int ret = 0;

	file = file_to_read("source", SIZE);
	busy();
	for (round = 0; round < rounds && !ret; round++)
		ret = one_round(round);
	if (!ktap_eq(ret, 0, "in, submit, complete, out: %u times", rounds))
		note("round %u", round);
	return ktap_done();
}

