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

#include "fixture.h"
#include "life.h"

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
	struct life_req q;
	bool stopped = how == CANCELLED || how == RESET;
	int file, s[2], ret = 0;

	life_pair(s, stopped);
	file = life_file("mnt/source", stopped ? SIZE : how == BY_US ? HERE : HERE + 1);
	life_req(&q, s[0], file, 0, ZCOPY_LEN_EOF);
	if (life_submit(dev, &q))
		return 1;
	close(file);
	if (stopped) {
		life_nap(5);
		if (!umount("mnt"))
			return 2;
	}
	if (how == CANCELLED)
		life_cancel(dev, q.s.id);
	else if (how == RESET)
		life_reset(s[1]);
	if (life_wait(dev, q.s.id, &res, 1, 1, 10000) != 1)
		return 3;
	if (umount("mnt"))
		ret = -errno;
	close(s[0]);
	if (how != RESET)
		close(s[1]);
	return ret;
}

static void many(const char *fs, const char *source, unsigned int times)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < times && !ret; i++) {
		if (mount(source, "mnt", fs, 0, NULL))
			ktap_bail("mount %s", fs);
		ret = once(i % HOWS);
	}
	if (!ktap_eq(ret, 0, "%s: unmounted %u times", fs, times))
		ktap_note("round %u", i - 1);
	umount2("mnt", MNT_DETACH);
}

int main(void)
{
	dev = life_open();
	mkdir("mnt", 0755);
	many("tmpfs", "none", 60);
	if (!fs_ext4("/dev/vda 65536"))
		ktap_skip("no ext4 on /dev/vda");
	else
		many("ext4", "/dev/vda", 15);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
