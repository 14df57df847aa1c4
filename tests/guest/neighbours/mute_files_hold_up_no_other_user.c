// SPDX-License-Identifier: GPL-2.0
/*
 * A file server that no longer answers delays only the user whose transfers read
 * its files, at any depth and in any request.
 *
 * guest: timeout=300 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mutefs.h"
#include "sleepers.h"

/* The first read gets no answer; later the server answers each page by itself. */
#define EACH	(256 << 10)

static struct mutefs fs;
static const char *dir = "mnt";		/* where its files are seen */
static uint32_t flags;

static bool mount_mute(void)
{
	dir = "mnt";
	if (!mutefs_start(&fs, "mnt", 0))
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

static void read_them(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(false);
		f->file = mutefs_file(dir, i);
		sleeper_submit(f, f->file, 0, EACH);
	}
}

static void until_silent(unsigned int nr)
{
	(void)nr;
	ktap_ok(mutefs_silent(&fs, 1, 10000 * guest_scale()), "%u requests are not answered",
		fs.unanswered);
	sleep_ms(500 * guest_scale());
}

/* With a writeback cache, the last close writes dirty pages and waits for that. */
static bool mount_written(void)
{
	dir = "mnt";
	flags = 0;
	if (!mutefs_start(&fs, "mnt", FUSE_WRITEBACK_CACHE))
		return false;
	mutefs_mute(&fs, MUTE_WRITE);
	return true;
}

/*
 * Only the transfer still holds the open file that it reads; the program writes to the
 * same file through another descriptor.
 */
static void read_and_write(unsigned int nr)
{
	static char page[4096];
	char path[64];
	int file;

	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];
		struct raw q;

		f->s = pair_open(true);
		file = mutefs_file(dir, i);
		raw_fill(&q, f->s.near, file, 0, EACH);
		q.s.flags |= flags;
		if (raw_submit(sleeper_dev, &q))
			die("submit");
		close(file);
		snprintf(path, sizeof(path), "%s/file%u", dir, i);
		f->file = open(path, O_RDWR | O_CLOEXEC);
		if (f->file < 0 || pwrite(f->file, page, sizeof(page), 0) != sizeof(page))
			die("writing to %s", path);
	}
	sleeper_drain_later(nr);
}

static bool mount_written_and_drop(void)
{
	bool here = mount_written();

	flags = ZCOPY_F_DROP_BEHIND;
	return here;
}

static void go_on(unsigned int nr)
{
	sleep_ms(300 * guest_scale());
	*sleeper_told = 1;
	until_silent(nr);
}

/* Attributes expire at once, and the server does not answer requests for them. */
static bool mount_stale(void)
{
	dir = "mnt";
	return mutefs_start(&fs, "mnt", FUSE_AUTO_INVAL_DATA);
}

static void *submit_later(void *arg)
{
	struct flight *f = arg;
	struct raw q;

	raw_fill(&q, f->s.near, f->file, 0, EACH);
	q.s.flags |= ZCOPY_F_STABLE;	/* read as read(2) does */
	sleeper_wait();
	if (raw_submit(sleeper_dev, &q))
		die("submit");
	return NULL;
}

/* In separate threads, because the submission itself may ask for attributes. */
static void read_stale(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(false);
		f->file = mutefs_file(dir, i);
		if (pthread_create(&f->thread, NULL, submit_later, f))
			die("a thread");
	}
	sleeper_drain_later(nr);
}

static void mute_attributes(unsigned int nr)
{
	mutefs_mute(&fs, MUTE_GETATTR);
	*sleeper_told = 1;
	until_silent(nr);
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
	{ .name = "24 files that are written when closed", .nr = 24,
	  .prepare = mount_written, .attack = read_and_write, .asleep = go_on,
	  .wake = answer, .clean = unmount },
	{ .name = "48 files whose attributes are not told", .nr = 48,
	  .prepare = mount_stale, .attack = read_stale, .asleep = mute_attributes,
	  .wake = answer, .clean = unmount },
	{ .name = "24 files dropped behind that are written when closed", .nr = 24,
	  .prepare = mount_written_and_drop, .attack = read_and_write,
	  .asleep = go_on, .wake = answer, .clean = unmount },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}

