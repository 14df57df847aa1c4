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
#include "fixture.h"
#include "ktap.h"
#include "life.h"

#define SIZE	(8 * MIB)

static int dev;

static bool becomes(int file, uint64_t bytes)
{
	unsigned int i;
	bool is = false;
	int s[2];

	life_pair(s, false);
	for (i = 0; i < 100 * guest_scale() && !is; i++) {
		life_stir(s);
		sleep_ms(50);
		is = cached_bytes(file, 0, SIZE) == bytes;
	}
	close(s[0]);
	close(s[1]);
	return is;
}

static void submit(struct life_req *q, int sock, int file, uint32_t flags)
{
	life_req(q, sock, file, 0, SIZE);
	q->s.flags = flags;
	if (life_submit(dev, q))
		ktap_bail("submit");
}

static void drops(int file, const char *what, uint64_t before, uint32_t flags,
		  uint64_t after)
{
	struct life_reader reader;
	struct life_req q;
	int s[2];

	ktap_eq(cached_bytes(file, 0, SIZE), before, "%s: so much before", what);
	life_pair(s, false);
	submit(&q, s[0], file, flags);
	life_reader_start(&reader, s[1], SIZE);
	ktap_eq(life_wait(dev, q.s.id, &q.r, 1, 1, 30000), 1, "%s: ends", what);
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "%s: done", what);
	ktap_eq(life_reader_join(&reader), SIZE, "%s: all arrives", what);
	if (!ktap_ok(becomes(file, after), "%s: so much after", what))
		ktap_note("%llu bytes are cached, not %llu",
			  (unsigned long long)cached_bytes(file, 0, SIZE),
			  (unsigned long long)after);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	const char *dir = fs_mount(FS_EXT4);
	char path[128];
	int file;

	if (!dir)
		ktap_skip_all("%s", fs_why());
	dev = life_open();
	snprintf(path, sizeof(path), "%s/drop", dir);
	file = life_file(path, SIZE);
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
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
