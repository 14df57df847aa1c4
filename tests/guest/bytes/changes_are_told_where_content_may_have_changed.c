// SPDX-License-Identifier: GPL-2.0
/*
 * CHANGED is told whenever the content may have changed, also by a write of the
 * same length in the clock tick of the last one; and DONE where only a name, a link
 * or a right did, and for a caller that does not ask (ZCOPY_F_AS_READ).
 *
 * needs: zcopy
 * guest: timeout=180 takes=25
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN	(512 * KIB)
#define AT	(LEN - 8192)	/* further than a stopped socket has taken */
#define ROUNDS	(guest_is_debug() ? 2 : 6)	/* at most */
#define HITS	2
#define REST_MS	50
#define LATE_MS	(10000 * guest_scale())

enum deed { REWRITE, REWRITE_AND_SET_BACK, RENAME, LINK, UNLINK, CHMOD, TOUCH, DEEDS,
	    CUT };

static const char *const deed_names[DEEDS] = {
	"rewritten", "rewritten and its time set back", "renamed", "linked", "unlinked",
	"chmod", "touched",
};

static char path[128], other[140];
static bool in_one_tick;		/* the last rewrite and the write before it */

static bool changes(enum deed d)
{
	return d == REWRITE || d == REWRITE_AND_SET_BACK || d == TOUCH;
}

static void set_back(int fd, const struct stat *st)
{
	struct timespec t[2] = { st->st_atim, st->st_mtim };

	if (futimens(fd, t))
		die("times of %s", path);
}

static void do_deed(int fd, enum deed d, const struct stat *before)
{
	static char new[4096];
	int err = 0;

	memset(new, 'B', sizeof(new));
	if (d == REWRITE || d == REWRITE_AND_SET_BACK)
		err = pwrite(fd, new, sizeof(new), AT) != sizeof(new);
	if (d == REWRITE_AND_SET_BACK)
		set_back(fd, before);
	else if (d == RENAME)
		err = rename(path, other);
	else if (d == LINK)
		err = link(path, other);
	else if (d == UNLINK)
		err = unlink(path);
	else if (d == CHMOD)
		err = fchmod(fd, 0640);
	else if (d == TOUCH)
		err = futimens(fd, NULL);
	else if (d == CUT)
		err = ftruncate(fd, AT);
	if (err)
		die("%s: deed %d", path, d);
}

static long tick(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return t.tv_nsec;
}

/* The start of a tick of the coarse clock, so that all happens in one */
static long await_tick(void)
{
	long before = tick(), now;

	do
		now = tick();
	while (now == before);
	return now;
}

/* Old and new bytes are both right: this is about what is told. */
static long any_bytes(void *arg, uint64_t at, const char *buf, size_t len)
{
	(void)arg;
	(void)at;
	(void)buf;
	(void)len;
	return -1;
}

/* One SEND in a thread, and its peer */
struct sending {
	struct door door;
	struct request q;
	struct zcopy_result res;
	int err;
};

static void *send_it(void *arg)
{
	struct sending *s = arg;

	s->err = door_run(&s->door, &s->q, &s->res);
	return NULL;
}

/*
 * Changes the file of a SEND while the SEND waits for room, or behind another transfer
 * to its socket.  Returns the status of the SEND.
 */
static unsigned int by_send(const char *dir, enum deed d, bool behind, uint32_t flags)
{
	struct pair p = pair_tight(AF_INET);
	struct reader r = { .fd = p.far, .kind = READER_FAST, .check = any_bytes };
	struct zcopy_result first;
	struct zcopy_elem elem;
	struct sending s = {
		.q = { .elems = &elem, .nr = 1, .sock = p.near, .flags = flags },
	};
	struct stat before;
	pthread_t thread;
	int fd;

	snprintf(path, sizeof(path), "%s/changing", dir);
	snprintf(other, sizeof(other), "%s-2", path);
	fd = file_make(path, 0, 11, LEN);
	if (fstat(fd, &before))
		die("%s", path);
	sleep_ms(REST_MS);
	elem = elem_file(fd, 0, LEN);
	door_open(&s.door, DOOR_SEND);
	if (behind && dev_submit(s.door.dev, &s.q, NULL))
		die("the transfer before");
	if (pthread_create(&thread, NULL, send_it, &s))
		die("a thread");
	live_begins(LATE_MS);
	if (!live_becomes(1 + behind, LATE_MS))
		die("no SEND waits");
	sleep_ms(REST_MS);
	do_deed(fd, d, &before);
	reader_start(&r);
	pthread_join(thread, NULL);
	if (s.err || (behind && dev_collect(s.door.dev, &first, 1)))
		die("a SEND");
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	unlink(path);
	unlink(other);
	door_close(&s.door);
	pair_close(&p);
	close(fd);
	return s.res.status;
}

/* The status, of a transfer whose file is changed right after it was submitted */
static unsigned int one(const char *dir, enum deed d, enum door_kind kind, bool rest,
			uint32_t flags)
{
	struct pair p = pair_tight(AF_INET);
	struct reader r = { .fd = p.far, .kind = READER_FAST, .check = any_bytes };
	struct stat before = { 0 };
	struct zcopy_elem elem;
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near,
			     .flags = flags };
	struct zcopy_result res;
	struct door door;
	uint64_t id;
	long start;
	int fd;

	snprintf(path, sizeof(path), "%s/changing", dir);
	snprintf(other, sizeof(other), "%s-2", path);
	fd = file_make(path, 0, 11, LEN);
	door_open(&door, kind);
	if (rest) {
		if (d == REWRITE_AND_SET_BACK && fstat(fd, &before))
			die("%s", path);
		/* A busy machine may be late with its ticks, too. */
		sleep_ms(REST_MS);
		start = await_tick();
	} else {
		start = await_tick();
		if (pwrite(fd, "A", 1, LEN - 1) != 1)
			die("%s", path);
	}
	elem = elem_file(fd, 0, LEN);
	if (door_start(&door, &q, &id))
		die("a transfer");
	do_deed(fd, d, &before);
	in_one_tick = tick() == start;
	reader_start(&r);
	if (door_finish(&door, id, &res))
		die("its end");
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	unlink(path);
	unlink(other);
	door_close(&door);
	pair_close(&p);
	close(fd);
	return res.status;
}

/* Until two rewrites were in the tick of the last write; none is told as DONE. */
static void hidden(const char *what, const char *dir, enum door_kind kind)
{
	unsigned int silent = 0, tries = 0, hits = 0, most = ROUNDS;

	for (; tries < most && hits < HITS; tries++) {
		silent += one(dir, REWRITE, kind, false, 0) != ZCOPY_STATUS_CHANGED;
		hits += in_one_tick;
	}
	ktap_ok(!silent, "%s: rewritten in the tick of the last write, door %d (%u of %u silent, %u in time)",
		what, kind, silent, tries, hits);
}

static void deeds(const char *what, const char *dir)
{
	for (enum deed d = 0; d < DEEDS; d++) {
		unsigned int status = one(dir, d, d % 2 ? DOOR_NETLINK : DOOR_WAIT, true, 0);

		ktap_ok(status == (changes(d) ? ZCOPY_STATUS_CHANGED : ZCOPY_STATUS_DONE),
			"%s: %s (status %u)", what, deed_names[d], status);
	}
	for (enum deed d = 0; d < DEEDS; d++) {
		uint32_t want = changes(d) ? ZCOPY_STATUS_CHANGED : ZCOPY_STATUS_DONE;
		unsigned int full = by_send(dir, d, false, 0);
		unsigned int behind = by_send(dir, d, true, 0);

		ktap_ok(full == want && behind == want,
			"%s: %s while SEND waits for room (status %u), behind another (status %u)",
			what, deed_names[d], full, behind);
	}
}

/* A caller that does not ask is told of no change, but of a file that ends early. */
static void unasked(const char *what, const char *dir)
{
	unsigned int told = 0;

	for (enum deed d = 0; d < DEEDS; d++) {
		told += one(dir, d, d % 2 ? DOOR_NETLINK : DOOR_WAIT, d % 3,
			    ZCOPY_F_AS_READ) != ZCOPY_STATUS_DONE;
		told += by_send(dir, d, d % 2, ZCOPY_F_AS_READ) != ZCOPY_STATUS_DONE;
	}
	ktap_ok(!told, "%s: AS_READ tells of no change (%u told)", what, told);
	ktap_ok(by_send(dir, CUT, false, ZCOPY_F_AS_READ) == ZCOPY_STATUS_TRUNCATED,
		"%s: AS_READ tells of a file that was cut", what);
}

/* Times that lie ahead hide no write: what is written now has an earlier one. */
static void ahead(const char *what, const char *dir)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 4000000000 } };
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem elem;
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct zcopy_result res = { .status = ZCOPY_STATUS_RUNNING };
	int fd, dev = dev_open(0);

	snprintf(path, sizeof(path), "%s/ahead", dir);
	fd = file_make(path, 0, 11, 1000);
	if (futimens(fd, t))
		die("times of %s", path);
	elem = elem_file(fd, 0, 1000);
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_DONE,
		"%s: last written in times to come (status %u)", what, res.status);
	unlink(path);
	close(fd);
	close(dev);
	pair_close(&p);
}

static void check(const char *what, const char *dir)
{
	ahead(what, dir);
	hidden(what, dir, DOOR_WAIT);
	hidden(what, dir, DOOR_NETLINK);
	if (dev_has(ZCOPY_FEAT_URING))
		hidden(what, dir, DOOR_URING);
	deeds(what, dir);
	unasked(what, dir);
}

int main(void)
{
	static const enum fs_kind kinds[] = { FS_TMPFS, FS_EXT4, FS_XFS, FS_OVERLAY };
	const char *again = "/tmp/fs-again";

	for (unsigned int i = 0; i < 4; i++) {
		if (fs_mount(kinds[i]))
			check(fs_name(kinds[i]), fs_mount(kinds[i]));
		else
			ktap_skip("%s: %s", fs_name(kinds[i]), fs_why());
	}
	/* One that counts no changes any more */
	mkdir(again, 0755);
	if (mount("tmpfs", again, "tmpfs", 0, "size=64m") ||
	    mount("tmpfs", again, "tmpfs", MS_REMOUNT, "size=65m"))
		die("%s", again);
	check("tmpfs, mounted anew", again);
	umount(again);
	rmdir(again);
	return ktap_done();
}
