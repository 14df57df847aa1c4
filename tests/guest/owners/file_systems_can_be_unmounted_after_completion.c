// SPDX-License-Identifier: GPL-2.0
/*
 * Once a completion was collected, its transfer holds no file any more: the file
 * system can be unmounted at once, whether the transfer was done, cancelled or
 * failed.  Before that it cannot be unmounted.
 * guest: timeout=60
 */
#include "ktap.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE	(1 << 20)
#define HERE	(64 << 10)	/* what a submission sends itself */

enum how { CANCELLED, RESET, BY_US, BY_WORKER, HOWS };

static int dev;

/* One transfer from a fresh file; returns what umount said, positive if not
 * even that far.
 */
static int once(enum how how)
{
	struct zcopy_result res;
	struct raw q;
	bool stopped = how == CANCELLED || how == RESET;
	int file, ret = 0;
	struct pair s = pair_open(stopped);

	file = file_to_read("mnt/source", stopped ? SIZE : how == BY_US ? HERE : HERE + 1);
	raw_fill(&q, s.near, file, 0, ZCOPY_LEN_EOF);
	if (raw_submit(dev, &q))
		return 1;
	close(file);
	if (stopped) {
		sleep_ms(5);
		if (!umount("mnt"))
			return 2;
	}
	if (how == CANCELLED)
		dev_cancel(dev, q.s.id);
	else if (how == RESET)
		sock_reset(s.far);
	if (dev_wait(dev, q.s.id, &res, 1, 1, 10000) != 1)
		return 3;
	if (umount("mnt"))
		ret = -errno;
	close(s.near);
	if (how != RESET)
		close(s.far);
	return ret;
}

static void many(const char *fs, const char *source, unsigned int times)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < times && !ret; i++) {
		if (mount(source, "mnt", fs, 0, NULL))
			die("mount %s", fs);
		ret = once(i % HOWS);
	}
	if (!ktap_eq(ret, 0, "%s: unmounted %u times", fs, times))
		note("round %u", i - 1);
	umount2("mnt", MNT_DETACH);
}

int main(void)
{
	dev = dev_open(0);
	mkdir("mnt", 0755);
	many("tmpfs", "none", 60);
	if (!fs_ext4("/dev/vda 65536"))
		ktap_skip("no ext4 on /dev/vda");
	else
		many("ext4", "/dev/vda", 15);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

