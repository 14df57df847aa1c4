// SPDX-License-Identifier: GPL-2.0
/*
 * A fanotify listener that has to permit reads (a virus scanner, a store of remote
 * files) does not answer.  It delays only users that read the files it listens to.
 *
 * guest: timeout=120 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "sleepers.h"

#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x00100000
#endif

#define EACH	(1 << 20)
#define SHORT	(16 << 10)
#define FILES	8

static int listener = -1;
static size_t len;

static void make_files(void)
{
	char path[64];

	mkdir("watched", 0755);
	if (mount("watched", "watched", "tmpfs", 0, "mode=755"))
		die("a tmpfs");
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "watched/file%u", i);
		close(file_to_read(path, EACH));
	}
}

static bool listen_to(unsigned int kind, unsigned int mark, uint64_t event)
{
	char path[64];

	make_files();
	len = EACH;
	listener = fanotify_init(kind | FAN_CLOEXEC, O_RDONLY);
	if (listener < 0)
		return false;
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "watched/file%u", i);
		if (fanotify_mark(listener, FAN_MARK_ADD | mark, event, AT_FDCWD, path))
			return false;
	}
	return true;
}

static void unlisten(void)
{
	umount2("watched", MNT_DETACH);
	if (listener >= 0)
		close(listener);
	listener = -1;
}

static bool to_files(void)
{
	return listen_to(FAN_CLASS_CONTENT, 0, FAN_ACCESS_PERM);
}

static bool to_files_short(void)
{
	bool here = to_files();

	len = SHORT;
	return here;
}

static bool to_mount(void)
{
	return listen_to(FAN_CLASS_CONTENT, FAN_MARK_MOUNT, FAN_ACCESS_PERM);
}

/* Newer kernels ask before a program uses content that may not be there. */
static bool before_content(void)
{
	bool here = listen_to(FAN_CLASS_PRE_CONTENT, 0, FAN_PRE_ACCESS);

	if (!here)
		unlisten();
	return here;
}

static void *submit_run(void *arg)
{
	struct flight *f = arg;

	sleeper_submit(f, f->file, 0, len);
	return NULL;
}

/* In separate threads, because the submission itself may ask for permission. */
static void read_them(unsigned int nr)
{
	char path[64];

	close(listener);
	sleeper_drain(nr);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(false);
		snprintf(path, sizeof(path), "watched/file%u", i % FILES);
		f->file = open(path, O_RDONLY | O_CLOEXEC);
		if (f->file < 0)
			die("%s", path);
		if (pthread_create(&f->thread, NULL, submit_run, f))
			die("a thread");
	}
	sleep_ms(300);
}

static void answer(void)
{
	close(listener);
	listener = -1;
}

static const struct sleeper rows[] = {
	{ .name = "a listener to files", .nr = 48, .prepare = to_files,
	  .attack = read_them, .wake = answer, .clean = unlisten },
	{ .name = "a listener to files, short transfers", .nr = 48,
	  .prepare = to_files_short, .attack = read_them, .wake = answer,
	  .clean = unlisten },
	{ .name = "a listener to a mount", .nr = 48, .prepare = to_mount,
	  .attack = read_them, .wake = answer, .clean = unlisten },
	{ .name = "a listener before content is used", .nr = 48,
	  .prepare = before_content, .attack = read_them, .wake = answer,
	  .clean = unlisten },
};

int main(void)
{
	/* Workers are to read the files, too. */
	request_flags = ZCOPY_F_ANY_PID;
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}

