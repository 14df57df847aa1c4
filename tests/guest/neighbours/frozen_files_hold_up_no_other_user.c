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
		die("a disk");
	for (unsigned int i = 0; i < NR; i++) {
		name_of(path, i);
		close(file_to_read(path, EACH));
	}
	root = open("ice", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || syncfs(root))
		die("its files");
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
		die("to make them cold");
	flags = ZCOPY_F_DROP_BEHIND;
	return true;
}

static void freeze(void)
{
	if (ioctl(root, FIFREEZE, 0))
		die("to freeze it");
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
		struct raw q;
		int file;

		f->s = pair_open(little);
		name_of(path, i);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			die("%s", path);
		raw_fill(&q, f->s.near, file, 0, EACH);
		q.s.flags = flags;
		if (raw_submit(sleeper_dev, &q))
			die("submit");
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

	sleep_ms(500 * guest_scale());
	for (unsigned int i = 0; i < nr; i++) {
		name_of(path, i);
		if (unlink(path))
			die("%s", path);
	}
	freeze();
	*sleeper_told = 1;
	sleep_ms(1000 * guest_scale());
}

static void thaw(void)
{
	if (ioctl(root, FITHAW, 0))
		die("to thaw it");
}

static void unmount(void)
{
	close(root);
	for (unsigned int i = 0; i < 100 && umount("ice"); i++)
		sleep_ms(50 * guest_scale());
	umount2("ice", MNT_DETACH);
}

/* ---- what another wants dropped ---- */

static void drop(struct user *me, void *arg)
{
	int dev = dev_open(0), file;
	struct pair s;
	struct zcopy_result res;
	struct raw q;

	(void)arg;
	file = open("water/file", O_RDONLY | O_CLOEXEC);
	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, EACH);
	q.s.flags = ZCOPY_F_DROP_BEHIND;
	if (file < 0 || raw_submit(dev, &q) ||
	    dev_wait(dev, q.s.id, &res, 1, 1, 10000 * guest_scale()) != 1)
		die("a transfer that drops");
	user_say(me, sock_check(s.far, 0, EACH));
	close(file);
}

static void dropped_meanwhile(void)
{
	uint64_t then, left;
	struct user u;
	long got = 0;
	int file;
	struct pair s;

	mkdir("water", 0755);
	if (!fs_ext4("/dev/vdb 65536") ||
	    mount("/dev/vdb", "water", "ext4", 0, NULL))
		die("a disk");
	file = file_to_read("water/file", EACH);
	/* The transfer would not drop pages that stayed in the cache. */
	cached_drop(file);
	user_start(&u, SLEEPERS_OTHER, drop, NULL);
	user_hear(&u, &got, 20000 * guest_scale());
	ktap_eq(got, EACH, "a file that another drops behind arrives");
	s = pair_open(false);
	then = now_ms();
	while ((left = cached_bytes(file, 0, EACH)) &&
	       now_ms() - then < DROP_MS * guest_scale()) {
		pair_stir(&s);
		sleep_ms(20);
	}
	ktap_eq(left, 0, "and leaves the cache, after %llu ms",
		(unsigned long long)(now_ms() - then));
	user_ends(&u, 5000 * guest_scale());
	close(s.near);
	close(s.far);
	close(file);
	ktap_ok(fs_umount_soon("water"), "its file system is free");
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

