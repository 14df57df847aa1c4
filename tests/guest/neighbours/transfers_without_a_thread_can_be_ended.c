// SPDX-License-Identifier: GPL-2.0
/*
 * Files that do not answer hold all threads of a lane, so the user's next transfer
 * gets none, though its own file is well.  It still ends at once when it is cancelled,
 * runs out of time, or loses its owner.  It then lets go of its socket, and the
 * transfers behind it in the socket's line go on.  Once the files answer, all
 * transfers end, and new ones are sent.
 *
 * needs: zcopy nl
 * guest: timeout=240 takes=41
 */
#include "ktap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "mutefs.h"
#include "peers.h"
#include "slowdisk.h"
#include "zcopy.h"

#define THREADS	16			/* of the lane */
#define MUTE	(5 * THREADS)		/* turns of files that answer late */
#define EACH	(64 * KIB)
#define APART	(256 * KIB)
#define LIMIT	(800 * MS)		/* a deadline, an idle time */
#define LATE	3000			/* ms, until the slow disk answers */
/*
 * What needs a thread never ends while a server is mute.  A disk answers by itself: with
 * QUEUED transfers before it, a transfer gets a thread after two answers at the earliest.
 */
#define SOON_MS	(20000 * (int)guest_scale())
#define SOON_DISK_MS 4000
#define QUEUED	(3 * THREADS)

static struct mutefs mute, well;
static int disk_well, cached;
static unsigned int opened;
static const char *dir;			/* of the files that are well */
static int soon_ms;

/* ---- lanes ---- */

static unsigned int mute_files(void)
{
	bool seen[2 * MUTE] = { 0 };
	unsigned int nr = 0;

	pthread_mutex_lock(&mute.lock);
	for (unsigned int i = 0; i < mute.nr_kept; i++) {
		uint64_t node = mute.kept[i].in.nodeid;

		if (node < sizeof(seen) / sizeof(seen[0]) && !seen[node]) {
			seen[node] = true;
			nr++;
		}
	}
	pthread_mutex_unlock(&mute.lock);
	return nr;
}

static bool servers_begin(void)
{
	if (!mutefs_start(&mute, "mute", 0) || !mutefs_start(&well, "well", 0))
		return false;
	mutefs_mute(&mute, MUTE_READ);
	return true;
}

static int server_file(unsigned int i)
{
	return mutefs_file("mute", i);
}

static bool servers_hold(void)
{
	uint64_t end = now_ms() + 30000;

	while (mute_files() < THREADS && now_ms() < end)
		sleep_ms(20);
	return mute_files() == THREADS;
}

static void servers_answer(void)
{
	mutefs_mute(&mute, 0);
}

static void servers_end(void)
{
	mutefs_end(&well);
	mutefs_end(&mute);
}

static bool overlay_begin(void)
{
	if (!servers_begin())
		return false;
	mkdir("over", 0755);
	mkdir("empty", 0755);
	return !mount("overlay", "over", "overlay", MS_RDONLY, "lowerdir=well:empty");
}

static void overlay_end(void)
{
	umount2("over", MNT_DETACH);
	servers_end();
}

/* For a debug guest the disk would have to be slower than any request may be. */
static bool disks_begin(void)
{
	if (guest_is_debug() || !slowdisk_start("slow", MUTE * APART, LATE))
		return false;
	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL))
		die("a disk");
	disk_well = file_to_read("disk/file", 64 * EACH);
	sync();
	if (posix_fadvise(disk_well, 0, 0, POSIX_FADV_DONTNEED))
		die("a cold file");
	return true;
}

static int disk_file(unsigned int i)
{
	int fd = open("slow/file", O_RDONLY | O_CLOEXEC);

	(void)i;
	if (fd < 0)
		die("a file of the slow disk");
	return fd;
}

static bool disks_hold(void)
{
	sleep_ms(300 * guest_scale());
	return true;
}

static void disks_end(void)
{
	close(disk_well);
	umount2("disk", MNT_DETACH);
	slowdisk_end();
}

static const struct lane {
	const char *name, *dir;
	bool (*begin)(void);
	int (*mute)(unsigned int i);
	bool (*hold)(void);
	void (*answer)(void);		/* NULL: by itself */
	void (*end)(void);
} lanes[] = {
	{ "a FUSE file", "well", servers_begin, server_file, servers_hold,
	  servers_answer, servers_end },
	{ "an overlay file", "over", overlay_begin, server_file, servers_hold,
	  servers_answer, overlay_end },
	{ "a file on a disk", NULL, disks_begin, disk_file, disks_hold, NULL,
	  disks_end },
};

/* ---- the transfer that gets no thread ---- */

struct flight {
	int dev, peer;
	uint64_t id, behind;
	pid_t owner;
};

/* A request for bytes that are not in the page cache */
static void request(struct raw *q, int sock)
{
	unsigned int i = opened++;

	if (dir)
		raw_fill(q, sock, mutefs_file(dir, i), 0, EACH);
	else
		raw_fill(q, sock, disk_well, (i % 64) * EACH, EACH);
}

static void submit(struct flight *f, int sock, uint64_t deadline, uint64_t idle)
{
	struct raw q;

	request(&q, sock);
	q.s.deadline_ns = deadline;
	q.s.idle_ns = idle;
	if (raw_submit(f->dev, &q))
		die("submit");
	f->id = q.s.id;
	if (dir)
		close(q.e[0].fd);
}

/* Only the transfer has the socket then. */
static void start(struct flight *f, uint64_t deadline, uint64_t idle)
{
	struct pair s;

	*f = (struct flight){ .dev = dev_open(0) };
	s = pair_open(false);
	submit(f, s.near, deadline, idle);
	close(s.near);
	f->peer = s.far;
}

static void one(struct flight *f)
{
	start(f, 0, 0);
}

static void with_deadline(struct flight *f)
{
	start(f, LIMIT, 0);
}

static void with_idle_time(struct flight *f)
{
	start(f, 0, LIMIT);
}

static void with_one_behind(struct flight *f)
{
	struct raw q;
	struct pair s;

	*f = (struct flight){ .dev = dev_open(0) };
	s = pair_open(false);
	submit(f, s.near, 0, 0);
	raw_fill(&q, s.near, cached, 0, EACH);
	if (raw_submit(f->dev, &q))
		die("submit");
	f->behind = q.s.id;
	close(s.near);
	f->peer = s.far;
}

static void with_owner(struct flight *f)
{
	int ready[2];
	struct pair s;
	char c;

	*f = (struct flight){ .dev = -1 };
	s = pair_open(false);
	if (pipe(ready))
		die("a pipe");
	f->owner = fork();
	if (!f->owner) {
		f->dev = dev_open(0);
		close(s.far);
		submit(f, s.near, 0, 0);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(s.near);
	close(ready[1]);
	if (f->owner < 0 || read(ready[0], &c, 1) != 1)
		die("an owner");
	close(ready[0]);
	f->peer = s.far;
}

static void cancel(struct flight *f)
{
	if (dev_cancel(f->dev, f->id) != 1)
		die("cancel");
}

static void cancel_by_netlink(struct flight *f)
{
	struct zcopy_nl *nl;

	if (zcopy_nl_open(&nl) || zcopy_nl_cancel(nl, f->id) < 0)
		die("cancel by netlink");
	zcopy_nl_close(nl);
}

static void close_device(struct flight *f)
{
	close(f->dev);
	f->dev = -1;
}

static void kill_owner(struct flight *f)
{
	kill(f->owner, SIGKILL);
	waitpid(f->owner, NULL, 0);
}

static void wait_for_limit(struct flight *f)
{
	(void)f;
	sleep_ms(LIMIT / MS);
}

static const struct row {
	const char *name;
	void (*start)(struct flight *f);
	void (*end)(struct flight *f);
	uint32_t status;
} rows[] = {
	{ "is cancelled", one, cancel, ZCOPY_STATUS_CANCELLED },
	{ "is cancelled by netlink", one, cancel_by_netlink, ZCOPY_STATUS_CANCELLED },
	{ "has a deadline", with_deadline, wait_for_limit, ZCOPY_STATUS_DEADLINE },
	{ "has an idle time", with_idle_time, wait_for_limit, ZCOPY_STATUS_IDLE },
	{ "has another behind", with_one_behind, cancel, ZCOPY_STATUS_CANCELLED },
	{ "loses its device", one, close_device, ZCOPY_STATUS_CANCELLED },
	{ "loses its owner", with_owner, kill_owner, ZCOPY_STATUS_CANCELLED },
};

/* Reads the end of the stream after @want bytes. */
static bool stream_ends(int peer, long want)
{
	struct pollfd p = { .fd = peer, .events = POLLIN };
	long got = 0, n;
	char buf[4096];

	while (poll(&p, 1, soon_ms) == 1) {
		n = recv(peer, buf, sizeof(buf), 0);
		if (n <= 0)
			return !n && got == want;
		got += n;
	}
	return false;
}

static bool ended(int dev, uint64_t id, uint32_t status)
{
	struct zcopy_result res;

	return dev_wait(dev, id, &res, 1, 1, soon_ms) == 1 && res.status == status;
}

static void try_row(const char *name, const struct row *row)
{
	uint64_t before = counter_of("transfers_cancelled");
	struct zcopy_result res;
	uint64_t began = now_ns();
	bool early = false;
	struct flight f;
	int over;

	row->start(&f);
	sleep_ms(200);
	if (f.dev >= 0) {
		over = dev_wait(f.dev, f.id, &res, 1, 1, 0);
		/* A guest that paused finds that its time is over already. */
		early = over == 1 && row->end == wait_for_limit &&
			res.status == row->status && now_ns() - began >= LIMIT;
		ktap_ok(!over || early, "%s that gets no thread %s", name, row->name);
	}
	row->end(&f);
	if (f.dev >= 0)
		ktap_ok(early || ended(f.dev, f.id, row->status), "%s: it ends so",
			row->name);
	if (f.behind)
		ktap_ok(ended(f.dev, f.behind, ZCOPY_STATUS_DONE), "%s: which is sent",
			row->name);
	ktap_ok(stream_ends(f.peer, f.behind ? EACH : 0), "%s: its socket is closed",
		row->name);
	if (f.dev < 0)
		ktap_eq(counter_of("transfers_cancelled"), before + 1,
			"%s: it is cancelled", row->name);
	close(f.peer);
	if (f.dev >= 0)
		close(f.dev);
}

/* ---- the others ---- */

static struct {
	int dev;
	struct pair s[MUTE];
	unsigned int over;		/* transfers that have ended */
} others;

static void submit_others(const struct lane *lane)
{
	struct raw q;

	for (unsigned int i = 0; i < MUTE; i++) {
		others.s[i] = pair_open(false);
		raw_fill(&q, others.s[i].near, lane->mute(i), dir ? 0 : i * APART, EACH);
		if (raw_submit(others.dev, &q))
			die("submit");
		close(q.e[0].fd);
	}
	others.over = 0;
}

static void close_others(void)
{
	for (unsigned int i = 0; i < MUTE; i++)
		pair_close(&others.s[i]);
}

/* Collects those that have ended, and with @all waits for the rest. */
static void collect_others(bool all)
{
	unsigned int left = MUTE - others.over;
	struct zcopy_result res[MUTE];
	int got;

	if (!left)
		return;
	got = dev_wait(others.dev, 0, res, left, all ? left : 1,
		       all ? 60000 * guest_scale() : 0);
	others.over += got > 0 ? got : 0;
}

/*
 * A disk answers while the test goes on: before all threads have had the time to get
 * through the queue, it is filled again.
 */
static void keep_queue(const struct lane *lane)
{
	int file;

	collect_others(false);
	if (lane->answer || MUTE - others.over >= QUEUED)
		return;
	note("%s: %u have ended, all begin again", lane->name, others.over);
	collect_others(true);
	if (others.over != MUTE)
		die("the transfers before them");
	/* Pages that sockets hold would stay in the cache. */
	close_others();
	file = lane->mute(0);
	cached_drop(file);
	close(file);
	submit_others(lane);
}

static void try_lane(const struct lane *lane)
{
	struct flight f;

	others.dev = dev_open(0);
	if (!lane->begin()) {
		ktap_skip("%s: not here", lane->name);
		close(others.dev);
		return;
	}
	dir = lane->dir;
	soon_ms = lane->answer ? SOON_MS : SOON_DISK_MS;
	submit_others(lane);
	ktap_ok(lane->hold(), "%s: all threads wait", lane->name);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keep_queue(lane);
		try_row(lane->name, &rows[i]);
	}
	collect_others(false);
	if (lane->answer) {
		ktap_eq(others.over, 0, "they wait still");
		lane->answer();
	}
	collect_others(true);
	ktap_eq(others.over, MUTE, "once they are answered, all end");
	soon_ms = SOON_MS;
	one(&f);
	ktap_ok(ended(f.dev, f.id, ZCOPY_STATUS_DONE), "and the next is sent");
	close(f.peer);
	close(f.dev);
	close_others();
	close(others.dev);
	ktap_ok(counters_rest(), "%s: at rest", lane->name);
	lane->end();
}

int main(void)
{
	cached = file_to_read("cached", EACH);
	for (unsigned int i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		try_lane(&lanes[i]);
	return ktap_done();
}

