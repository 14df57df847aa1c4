// SPDX-License-Identifier: GPL-2.0
/*
 * With DROP_BEHIND, the pages that a transfer brought into the cache leave it once
 * the network stack has released them, even after the end of the transfer.  Pages
 * that were cached before stay.
 * guest: timeout=90
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* sched_setaffinity */
#endif
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define SIZE	(8 * MIB)

static int dev;

static bool becomes(int file, uint64_t bytes)
{
	unsigned int i;
	bool is = false;
	struct pair s = pair_open(false);

	for (i = 0; i < 100 * guest_scale() && !is; i++) {
		pair_stir(&s);
		sleep_ms(50);
		is = cached_bytes(file, 0, SIZE) == bytes;
	}
	close(s.near);
	close(s.far);
	return is;
}

static void submit(struct raw *q, int sock, int file, uint32_t flags)
{
	raw_fill(q, sock, file, 0, SIZE);
	q->s.flags = flags;
	if (raw_submit(dev, q))
		die("submit");
}

static void drops(int file, const char *what, uint64_t before, uint32_t flags,
		  uint64_t after)
{
	struct reader reader;
	struct raw q;
	struct pair s;

	ktap_eq(cached_bytes(file, 0, SIZE), before, "%s: so much before", what);
	s = pair_open(false);
	submit(&q, s.near, file, flags);
	reader_expect(&reader, s.far, SIZE);
	ktap_eq(dev_wait(dev, q.s.id, &q.r, 1, 1, 30000), 1, "%s: ends", what);
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "%s: done", what);
	ktap_eq(reader_got(&reader), SIZE, "%s: all arrives", what);
	if (!ktap_ok(becomes(file, after), "%s: so much after", what))
		note("%llu bytes are cached, not %llu",
		     (unsigned long long)cached_bytes(file, 0, SIZE),
		     (unsigned long long)after);
	close(s.near);
	close(s.far);
}

int main(void)
{
	const char *dir = fs_mount(FS_EXT4);
	char path[128];
	int file;

	if (!dir)
		ktap_skip_all("%s", fs_why());
	dev = dev_open(0);
	snprintf(path, sizeof(path), "%s/drop", dir);
	file = file_to_read(path, SIZE);
	cached_drop(file);
	drops(file, "without the flag", 0, 0, SIZE);
	drops(file, "all cached before", SIZE, ZCOPY_F_DROP_BEHIND, SIZE);
	cached_drop(file);
	drops(file, "nothing cached before", 0, ZCOPY_F_DROP_BEHIND, 0);
	cached_read(file, MIB, 2 * MIB);
	cached_read(file, 6 * MIB, MIB);
	drops(file, "a part cached before", 3 * MIB, ZCOPY_F_DROP_BEHIND, 3 * MIB);
	ktap_eq(cached_bytes(file, MIB, 2 * MIB), 2 * MIB, "that part is still there");
	close(file);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

