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
#include "fixture.h"
#include "ktap.h"
#include "life.h"

#define SIZE	(4 * MIB)
#define HOLE	MIB		/* cached up to here, and after twice as much */

static int dev;

/* A result in q.r; async: by the workers */
static void run(struct life_req *q, int file, uint64_t off, bool async)
{
	struct life_reader reader;
	int s[2], err;

	life_pair(s, false);
	life_reader_start(&reader, s[1], SIZE);
	life_req(q, s[0], file, off, SIZE - off);
	q->s.flags = ZCOPY_F_NOWAIT;
	err = async ? life_submit(dev, q) : life_send(dev, q);
	if (!err && async && life_wait(dev, q->s.id, &q->r, 1, 1, 20000) != 1)
		err = -ETIME;
	ktap_eq(err, 0, "%s from %llu on is accepted, and ends",
		async ? "asynchronous" : "synchronous", (unsigned long long)off);
	close(s[0]);
	if (!off)
		ktap_eq(life_reader_join(&reader), q->r.bytes,
			"what is told has arrived");
	else
		life_reader_join(&reader);
	close(s[1]);
}

static void on(enum fs_kind kind, bool async)
{
	const char *dir = fs_mount(kind), *name = fs_name(kind);
	struct life_req q;
	char path[128];
	int file;

	if (!dir) {
		ktap_skip("%s: %s", name, fs_why());
		return;
	}
	snprintf(path, sizeof(path), "%s/nowait%d", dir, async);
	file = life_file(path, SIZE);
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
	dev = life_open();
	on(FS_EXT4, false);
	on(FS_EXT4, true);
	on(FS_TMPFS, false);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
