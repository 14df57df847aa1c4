// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that a transfer itself reads into the page cache, including read-ahead,
 * count as cache misses; all other bytes count as hits.  The caller can set how far
 * the transfer reads ahead.
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

#define SIZE	(8 * MIB)

static int dev, file;

static void sends(const char *what, uint64_t len, uint64_t readahead,
		  struct zcopy_result *res)
{
	struct reader reader;
	struct raw q;
	struct pair s = pair_open(false);

	reader_expect(&reader, s.far, len);
	raw_fill(&q, s.near, file, 0, len);
	q.s.readahead = readahead;
	ktap_eq(raw_submit(dev, &q), 0, "%s: accepted", what);
	ktap_eq(dev_wait(dev, q.s.id, res, 1, 1, 30000), 1, "%s: ends", what);
	ktap_eq(reader_got(&reader), len, "%s: all arrives", what);
	ktap_eq(res->cache_hit_bytes + res->cache_miss_bytes, len,
		"%s: hits and misses add up", what);
	/*
	 * Frees received buffers, because pages in them cannot be dropped from the
	 * cache.
	 */
	pair_stir(&s);
	close(s.near);
	close(s.far);
}

int main(void)
{
	const char *dir = fs_mount(FS_EXT4);
	struct zcopy_result res;
	uint64_t little, much;
	char path[128];

	if (!dir)
		ktap_skip_all("%s", fs_why());
	dev = dev_open(0);
	snprintf(path, sizeof(path), "%s/misses", dir);
	file = file_to_read(path, SIZE);

	cached_drop(file);
	sends("cold", SIZE, 0, &res);
	ktap_eq(res.cache_miss_bytes, SIZE, "cold: all are misses");
	ktap_ok(res.disk_waits, "cold: the disk was waited for");
	sends("hot", SIZE, 0, &res);
	ktap_eq(res.cache_hit_bytes, SIZE, "hot: all are hits");
	ktap_eq(res.disk_waits, 0, "hot: no wait for the disk");
	cached_drop(file);
	cached_read(file, MIB, 2 * MIB);
	cached_read(file, 5 * MIB, MIB);
	sends("mixed", SIZE, 0, &res);
	ktap_eq(res.cache_hit_bytes, 3 * MIB, "mixed: what was there are hits");

	cached_drop(file);
	sends("64 KiB ahead", 512 * KIB, 64 * KIB, &res);
	little = cached_bytes(file, 0, SIZE);
	cached_drop(file);
	sends("4 MiB ahead", 512 * KIB, 4 * MIB, &res);
	much = cached_bytes(file, 0, SIZE);
	ktap_ok(much >= 2 * little && much <= 6 * MIB,
		"the more ahead, the more is cached: %llu, %llu",
		(unsigned long long)little, (unsigned long long)much);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

