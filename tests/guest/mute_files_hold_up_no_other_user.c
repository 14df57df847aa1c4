// SPDX-License-Identifier: GPL-2.0
/*
 * A server of files that does not answer any more holds up the user whose
 * transfers read its files, at any depth and in any request, and no other user.
 *
 * guest: timeout=180
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mutefs.h"
#include "sleepers.h"

#define EACH	MUTEFS_SIZE

static struct mutefs fs;
static const char *dir = "mnt";		/* where its files are seen */

static bool mount_mute(void)
{
	dir = "mnt";
	if (!mutefs_start(&fs, "mnt", NULL))
		return false;
	mutefs_mute(&fs, MUTE_READ);
	return true;
}

/* Its files seen through overlayfs */
static bool mount_over_mute(void)
{
	if (!mount_mute())
		return false;
	mkdir("over", 0755);
	mkdir("empty", 0755);
	dir = "over";
	return !mount("overlay", "over", "overlay", MS_RDONLY, "lowerdir=mnt:empty");
}

static int open_one(unsigned int i)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "%s/file%u", dir, i);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		ktap_bail("%s", path);
	return file;
}

static void read_them(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		life_pair(f->s, false);
		f->file = open_one(i);
		sleeper_submit(f, f->file, 0, EACH);
	}
}

static void until_silent(unsigned int nr)
{
	(void)nr;
	ktap_ok(mutefs_silent(&fs, 1, 10000 * guest_scale()), "%u requests are not answered",
		fs.unanswered);
	life_nap(500 * guest_scale());
}

static void answer(void)
{
	mutefs_mute(&fs, 0);
}

static void vanish(void)
{
	umount2("mnt", MNT_FORCE);
}

static void unmount(void)
{
	if (!strcmp(dir, "over"))
		umount2("over", MNT_DETACH);
	mutefs_end(&fs);
}

static const struct sleeper rows[] = {
	{ .name = "16 files of a mute server", .nr = 16, .prepare = mount_mute,
	  .attack = read_them, .asleep = until_silent, .wake = answer, .finish = sleeper_drain,
	  .clean = unmount },
	{ .name = "96 files of a mute server", .nr = 96, .prepare = mount_mute,
	  .attack = read_them, .asleep = until_silent, .wake = vanish, .clean = unmount },
	{ .name = "40 files of overlayfs over a mute server", .nr = 40,
	  .prepare = mount_over_mute, .attack = read_them, .asleep = until_silent,
	  .wake = answer, .finish = sleeper_drain, .clean = unmount },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}
