// SPDX-License-Identifier: GPL-2.0
/*
 * Files on a frozen file system delay only the user whose transfers close or read
 * them: unnamed files that lose their last descriptor, and files whose access times
 * would be written.  The pages of other users' DROP_BEHIND transfers are dropped
 * meanwhile.
 *
 * guest: timeout=180 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "cached.h"
#include "sleepers.h"

#define NR	48
#define EACH	(256 << 10)
#define DROP_MS	5000		/* retries go on for about half of that */

static int root;
static uint32_t flags;

static void name_of(char *path, unsigned int i)
{
	snprintf(path, 64, "ice/file%u", i);
}

static bool mount_files(unsigned long how)
{
	char path[64];

	mkdir("ice", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "ice", "ext4", how, NULL))
		ktap_bail("a disk");
	for (unsigned int i = 0; i < NR; i++) {
		name_of(path, i);
		close(life_file(path, EACH));
	}
	root = open("ice", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || syncfs(root))
		ktap_bail("its files");
	flags = 0;
	return true;
}

static bool unnamed(void)
{
	return mount_files(0);
}

/* Uncached files: a transfer drops only pages that it read in itself. */
static bool unnamed_and_dropped(void)
{
	mount_files(0);
	if (system("echo 3 >/proc/sys/vm/drop_caches"))
		ktap_bail("to make them cold");
	flags = ZCOPY_F_DROP_BEHIND;
	return true;
}

static void freeze(void)
{
	if (ioctl(root, FIFREEZE, 0))
		ktap_bail("to freeze it");
}

static bool timed(void)
{
	mount_files(MS_STRICTATIME);
	freeze();
	return true;
}

static void read_files(unsigned int nr, bool little)
{
	char path[64];

	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];
		struct life_req q;
		int file;

		life_pair(f->s, little);
		name_of(path, i);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			ktap_bail("%s", path);
		life_req(&q, f->s[0], file, 0, EACH);
		q.s.flags = flags;
		if (life_submit(sleeper_dev, &q))
			ktap_bail("submit");
		close(file);
	}
}

static void read_in_part(unsigned int nr)
{
	read_files(nr, true);
	sleeper_drain_later(nr);
}

/* All of it is in the sockets, whose peers do not read yet. */
static void read_all(unsigned int nr)
{
	read_files(nr, false);
	sleeper_drain_later(nr);
}

static void read_at_once(unsigned int nr)
{
	sleeper_drain(nr);
	read_files(nr, false);
}

static void unname_and_freeze(unsigned int nr)
{
	char path[64];

	life_nap(500 * guest_scale());
	for (unsigned int i = 0; i < nr; i++) {
		name_of(path, i);
		if (unlink(path))
			ktap_bail("%s", path);
	}
	freeze();
	*sleeper_told = 1;
	life_nap(1000 * guest_scale());
}

static void thaw(void)
{
	if (ioctl(root, FITHAW, 0))
		ktap_bail("to thaw it");
}

static void unmount(void)
{
	close(root);
	for (unsigned int i = 0; i < 100 && umount("ice"); i++)
		life_nap(50 * guest_scale());
	umount2("ice", MNT_DETACH);
}

/* ---- what another wants dropped ---- */

static void drop(struct user *me, void *arg)
{
	int dev = life_open(), file, s[2];
	struct zcopy_result res;
	struct life_req q;

	(void)arg;
	file = open("water/file", O_RDONLY | O_CLOEXEC);
	life_pair(s, false);
	life_req(&q, s[0], file, 0, EACH);
	q.s.flags = ZCOPY_F_DROP_BEHIND;
	if (file < 0 || life_submit(dev, &q) ||
	    life_wait(dev, q.s.id, &res, 1, 1, 10000 * guest_scale()) != 1)
		ktap_bail("a transfer that drops");
	user_say(me, life_check(s[1], 0, EACH));
	close(file);
}

static void dropped_meanwhile(void)
{
	uint64_t then, left;
	struct user u;
	long got = 0;
	int file, s[2];

	mkdir("water", 0755);
	if (!fs_ext4("/dev/vdb 65536") ||
	    mount("/dev/vdb", "water", "ext4", 0, NULL))
		ktap_bail("a disk");
	file = life_file("water/file", EACH);
	/* The transfer would not drop pages that stayed in the cache. */
	cached_drop(file);
	user_start(&u, SLEEPERS_OTHER, drop, NULL);
	user_hear(&u, &got, 20000 * guest_scale());
	ktap_eq(got, EACH, "a file that another drops behind arrives");
	life_pair(s, false);
	then = life_ms();
	while ((left = cached_bytes(file, 0, EACH)) &&
	       life_ms() - then < DROP_MS * guest_scale()) {
		life_stir(s);
		life_nap(20);
	}
	ktap_eq(left, 0, "and leaves the cache, after %llu ms",
		(unsigned long long)(life_ms() - then));
	user_ends(&u, 5000 * guest_scale());
	close(s[0]);
	close(s[1]);
	close(file);
	then = life_ms();
	while (umount("water") && life_ms() - then < DROP_MS * guest_scale())
		life_nap(20);
	ktap_ok(life_ms() - then < DROP_MS * guest_scale(),
		"its file system is free, after %llu ms",
		(unsigned long long)(life_ms() - then));
	umount2("water", MNT_DETACH);
}

static const struct sleeper rows[] = {
	{ .name = "frozen files without a name", .nr = NR, .prepare = unnamed,
	  .attack = read_in_part, .asleep = unname_and_freeze,
	  .also = dropped_meanwhile, .wake = thaw, .clean = unmount },
	{ .name = "frozen files without a name, dropped behind", .nr = NR,
	  .prepare = unnamed_and_dropped, .attack = read_all,
	  .asleep = unname_and_freeze, .also = dropped_meanwhile, .wake = thaw,
	  .clean = unmount },
	{ .name = "frozen files whose times are kept", .nr = NR, .prepare = timed,
	  .attack = read_at_once, .wake = thaw, .clean = unmount },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}
