// SPDX-License-Identifier: GPL-2.0
/*
 * The module cannot be unloaded while a device is open or a transfer lives.  It
 * unloads cleanly right after the last completion was collected: fifty times, or
 * twelve times in the slow debug guest.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "life.h"
#include "nlraw.h"

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
	unsigned int tries;
	int ret = 0;

	for (tries = 0; tries < 500; tries++) {
		ret = module_out();
		if (ret != -EWOULDBLOCK)
			break;
		life_nap(10);
	}
	return ret;
}

static void busy(void)
{
	struct nlraw_msg m;
	struct life_req q;
	struct nlraw nl;
	struct stat st;
	int dev, s[2];

	life_pair(s, true);
	dev = life_open();
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a device is open");
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s[0], file, 0, SIZE);
	nlraw_u32(&m, ZCOPY_A_FLAGS, ZCOPY_F_DETACHED);
	if (nlraw_talk(&nl, &m))
		ktap_bail("netlink submit");
	close(dev);
	close(s[0]);
	close(nl.fd);
	life_nap(50);
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a transfer lives");
	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "which goes on");
	close(s[1]);
	ktap_eq(module_out_soon(), 0, "it goes once that has ended");
	ktap_eq(stat(ZCOPY_DEVICE, &st), -1, "the device is gone");
	ktap_eq(stat("/proc/net/zcopy", &st), -1, "so are the files");
	ktap_eq(module_in(), 0, "it comes back");

	life_pair(s, true);
	dev = life_open();
	life_req(&q, s[0], file, 0, SIZE);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	close(dev);
	ktap_eq(module_out_soon(), 0, "it goes after a parked transfer was cancelled");
	ktap_eq(module_in(), 0, "it comes back");
	close(s[0]);
	close(s[1]);
}

/* The completion is not collected: the close drops it. */
static int one_round(unsigned int round)
{
	struct zcopy_result res;
	struct life_req q;
	int dev, s[2], ret;

	life_pair(s, false);
	dev = life_open();
	life_req(&q, s[0], file, 0, 4096 << (round % 4));
	ret = life_submit(dev, &q);
	if (!ret && round % 3)
		ret = life_wait(dev, 0, &res, 1, 1, 10000) == 1 ? 0 : -EIO;
	close(dev);
	close(s[0]);
	close(s[1]);
	if (!ret)
		ret = module_out_soon();
	return ret ? ret : module_in();
}

int main(void)
{
	unsigned int round, rounds = guest_is_debug() ? 12 : 50;
	int ret = 0;

	file = life_file("source", SIZE);
	busy();
	for (round = 0; round < rounds && !ret; round++)
		ret = one_round(round);
	if (!ktap_eq(ret, 0, "in, submit, complete, out: %u times", rounds))
		ktap_note("round %u", round);
	return ktap_done();
}
