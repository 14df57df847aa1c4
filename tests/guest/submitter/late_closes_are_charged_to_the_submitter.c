// SPDX-License-Identifier: GPL-2.0
/*
 * With DROP_BEHIND a worker may close a file for the last time long after the end of the
 * transfer, and so erase it.  What the disk has to read for that counts in io.stat of the
 * submitter's cgroup, though no process is left there.
 *
 * needs: zcopy nl
 * guest: timeout=90
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cgroups.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "users.h"

#define SIZE	(64 * KIB)
#define CGROUP	"submitters"

/* A transfer ends while its pages are still in the socket; so their drop is tried later. */
static void leaves(struct user *me, void *arg)
{
	const bool *here = arg;
	struct pair s = pair_open(false);
	struct zcopy_result res;
	struct raw q;
	int dev, file;
	long go;

	user_hear(me, &go, -1);
	dev = dev_open(0);
	file = open("disk/file", O_RDONLY | O_CLOEXEC);
	raw_fill(&q, s.near, file, 0, SIZE);
	q.s.flags |= ZCOPY_F_DROP_BEHIND;
	if (*here ? raw_send(dev, &q) : raw_submit(dev, &q))
		user_say(me, -1);
	if (*here)
		res = q.r;
	else if (dev_wait(dev, q.s.id, &res, 1, 1, RESULT_MS) != 1)
		user_say(me, -2);
	close(file);
	user_say(me, res.status != ZCOPY_STATUS_DONE || res.bytes_by_ref != SIZE);
	user_hear(me, &go, -1);
	unlink("disk/file");
}

/* Nothing of the file system is in the cache, and nothing is read before it is needed. */
static void make_disk(void)
{
	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 65536") || mount("/dev/vda", "disk", "ext4", 0, NULL))
		die("a disk");
	close(file_to_read("disk/file", SIZE));
	if (umount("disk") ||
	    mount("/dev/vda", "disk", "ext4", 0, "no_prefetch_block_bitmaps"))
		die("a disk, again");
}

static unsigned long long free_blocks(void)
{
	struct statvfs v;

	if (statvfs("disk", &v))
		die("free space");
	return v.f_bfree;
}

static void one(bool here)
{
	const char *door = here ? "SEND" : "SUBMIT";
	unsigned long long before;
	long long read, after = -1;
	struct user u;
	long err;

	make_disk();
	user_start(&u, 0, leaves, &here);
	if (!cgroup_make(CGROUP) || !cgroup_put(CGROUP, "cgroup.procs", "%d", u.pid))
		die("joining a cgroup");
	user_say(&u, 0);
	if (!user_hear(&u, &err, RESULT_MS) || err)
		die("%s: a transfer by reference: %ld", door, err);
	before = free_blocks();
	/* The kernel adds up the counts of the CPUs a little later. */
	do {
		read = cgroup_get(CGROUP, "io.stat", "rbytes=");
		sleep_ms(200);
	} while (read != cgroup_get(CGROUP, "io.stat", "rbytes="));
	user_say(&u, 0);
	user_ends(&u, RESULT_MS);
	for (unsigned int i = 0; i < 400 * guest_scale() && free_blocks() == before; i++)
		sleep_ms(50);
	ktap_ok(free_blocks() > before, "%s: the file is erased", door);
	for (unsigned int i = 0; i < 200 * guest_scale(); i++) {
		after = cgroup_get(CGROUP, "io.stat", "rbytes=");
		if (after > read)
			break;
		sleep_ms(100);
	}
	ktap_ok(after > read, "%s: its cgroup has read for that (%lld, then %lld bytes)", door,
		read, after);
	ktap_ok(cgroup_remove(CGROUP), "%s: the cgroup goes", door);
	ktap_ok(fs_umount_soon("disk"), "%s: the disk goes", door);
}

int main(void)
{
	if (!cgroups_open("+io"))
		ktap_skip_all("no block cgroups in this kernel");
	one(false);
	one(true);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
