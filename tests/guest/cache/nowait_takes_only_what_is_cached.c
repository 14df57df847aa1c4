// SPDX-License-Identifier: GPL-2.0
/*
 * A NOWAIT transfer ends with AGAIN at the first byte that is not in the page
 * cache.  The cached bytes before it are sent, and nothing is read from the disk,
 * not even by read-ahead.
 * guest: timeout=60
 */
#include <sys/socket.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define SIZE	(4 * MIB)
#define HOLE	MIB		/* cached up to here, and after twice as much */

static int dev;

/* A result in q.r; async: by the workers */
static void run(struct raw *q, int file, uint64_t off, bool async)
{
	struct reader reader;
	int err;
	struct pair s = pair_open(false);

	reader_expect(&reader, s.far, SIZE);
	raw_fill(q, s.near, file, off, SIZE - off);
	q->s.flags = ZCOPY_F_NOWAIT;
	err = async ? raw_submit(dev, q) : raw_send(dev, q);
	if (!err && async && dev_wait(dev, q->s.id, &q->r, 1, 1, 20000) != 1)
		err = -ETIME;
	ktap_eq(err, 0, "%s from %llu on is accepted, and ends",
		async ? "asynchronous" : "synchronous", (unsigned long long)off);
	close(s.near);
	if (!off)
		ktap_eq(reader_got(&reader), q->r.bytes,
			"what is told has arrived");
	else
		reader_got(&reader);
	close(s.far);
}

static void on(enum fs_kind kind, bool async)
{
	const char *dir = fs_mount(kind), *name = fs_name(kind);
	struct raw q;
	char path[128];
	int file;

	if (!dir) {
		ktap_skip("%s: %s", name, fs_why());
		return;
	}
	snprintf(path, sizeof(path), "%s/nowait%d", dir, async);
	file = file_to_read(path, SIZE);
	if (kind != FS_TMPFS) {
		cached_drop(file);
		run(&q, file, 0, async);
		ktap_eq(q.r.status, ZCOPY_STATUS_AGAIN, "%s: nothing cached", name);
		ktap_eq(q.r.error, EAGAIN, "%s: EAGAIN", name);
		ktap_eq(q.r.bytes, 0, "%s: nothing is sent", name);
		ktap_eq(cached_bytes(file, 0, SIZE), 0, "%s: nothing is read", name);

		cached_read(file, 0, HOLE);
		cached_read(file, 2 * HOLE, HOLE);
		run(&q, file, 0, async);
		ktap_eq(q.r.status, ZCOPY_STATUS_AGAIN, "%s: a part cached", name);
		ktap_eq(q.r.bytes, HOLE, "%s: that part is sent", name);
		ktap_eq(q.r.cache_hit_bytes, HOLE, "%s: as found in the cache", name);
		ktap_eq(q.r.disk_waits, 0, "%s: no wait for the disk", name);
		ktap_eq(cached_bytes(file, 0, SIZE), 2 * HOLE,
			"%s: nothing more is read", name);
		/* Read-ahead as for programs, which marks where to read on. */
		cached_drop(file);
		if (shell("cat %s >/dev/null", path))
			die("cat");
	}
	run(&q, file, 0, async);
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "%s: all cached", name);
	ktap_eq(q.r.bytes, SIZE, "%s: all is sent", name);
	close(file);
}

int main(void)
{
	dev = dev_open(0);
	on(FS_EXT4, false);
	on(FS_EXT4, true);
	on(FS_TMPFS, false);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

