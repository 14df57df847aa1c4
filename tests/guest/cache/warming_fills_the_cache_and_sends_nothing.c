// SPDX-License-Identifier: GPL-2.0
/*
 * WARM reads ranges of files into the page cache, without a socket.  The bytes
 * count as misses the first time and as hits the second, mincore sees them, cancel
 * stops the transfer, and WARM is refused together with any option for sending.
 * guest: timeout=60
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* O_DIRECT */
#endif
#include <fcntl.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "ktap.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"

#define SIZE	(4 * MIB)

static int dev, file;

static void warm_req(struct raw *q, uint64_t off, uint64_t len)
{
	raw_fill(q, -1, file, off, len);
	q->s.nr_sinks = 0;
	q->s.sink_size = 0;
	q->s.sinks = 0;
	q->s.flags = ZCOPY_F_WARM;
}

static void warms(bool async, uint64_t off, uint64_t len, uint64_t miss)
{
	const char *how = async ? "asynchronous" : "synchronous";
	struct raw q;
	int err;

	warm_req(&q, off, len);
	err = async ? raw_submit(dev, &q) : raw_send(dev, &q);
	if (!err && async && dev_wait(dev, q.s.id, &q.r, 1, 1, 20000) != 1)
		err = -ETIME;
	ktap_eq(err, 0, "%s: %llu bytes to bring in", how, (unsigned long long)miss);
	ktap_eq(q.r.status, ZCOPY_STATUS_DONE, "%s: done", how);
	ktap_eq(q.r.bytes_asked, len, "%s: asked", how);
	ktap_ok(!q.r.bytes && !q.r.bytes_by_ref && !q.r.bytes_copied,
		"%s: nothing is sent", how);
	ktap_eq(q.r.cache_miss_bytes, miss, "%s: misses", how);
	ktap_eq(q.r.cache_hit_bytes, len - miss, "%s: hits", how);
	ktap_eq(cached_bytes(file, off, len), len, "%s: it is all cached", how);
}

static void refused(struct raw *q, const char *what, int err, const char *why)
{
	struct refuse before;

	refuse_before(&before, -1);
	ktap_eq(raw_submit(dev, q), err, "warming with %s is refused", what);
	ktap_ok(!refuse_after(&before, why), "as %s", why);
}

static void by_netlink(void)
{
	struct nlraw_msg m;
	struct nlattr *nest;
	struct nlraw nl;

	cached_drop(file);
	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_SUBMIT, 0);
	nlraw_u32(&m, ZCOPY_A_DEV, dev);
	nlraw_u32(&m, ZCOPY_A_FLAGS, ZCOPY_F_WARM);
	nest = nlraw_nest(&m, ZCOPY_A_ELEM);
	nlraw_u32(&m, ZCOPY_A_ELEM_FD, file);
	nlraw_end(&m, nest);
	ktap_eq(nlraw_talk(&nl, &m), 0, "netlink: accepted");
	ktap_ok(counters_rest(), "netlink: it ends");
	ktap_eq(cached_bytes(file, 0, SIZE), SIZE, "netlink: it is all cached");
	close(nl.fd);
}

int main(void)
{
	const char *dir = fs_mount(FS_EXT4);
	struct raw q;
	char path[128];
	struct pair s;

	if (!dir)
		ktap_skip_all("%s", fs_why());
	dev = dev_open(0);
	snprintf(path, sizeof(path), "%s/warm", dir);
	file = file_to_read(path, SIZE);

	cached_drop(file);
	warms(false, 0, SIZE, SIZE);
	warms(false, 0, SIZE, 0);
	cached_drop(file);
	ktap_eq(cached_bytes(file, 0, SIZE), 0, "nothing of it is cached");
	cached_read(file, MIB, MIB);
	ktap_eq(cached_bytes(file, 0, SIZE), MIB, "a part of it is");
	warms(true, 0, SIZE, SIZE - MIB);
	warms(true, 0, SIZE, 0);
	by_netlink();

	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, SIZE);
	q.s.flags = ZCOPY_F_WARM;
	refused(&q, "a socket", -EINVAL, "warm_conflict");
	warm_req(&q, 0, SIZE);
	q.s.flags |= ZCOPY_F_NOWAIT;
	refused(&q, "NOWAIT", -EINVAL, "warm_conflict");
	warm_req(&q, 0, SIZE);
	q.s.flags |= ZCOPY_F_DROP_BEHIND;
	refused(&q, "DROP_BEHIND", -EINVAL, "warm_conflict");
	warm_req(&q, 0, 8);
	q.e[0] = (struct zcopy_elem) { .kind = ZCOPY_ELEM_MEMORY,
				       .off = (uintptr_t)path, .len = 8 };
	refused(&q, "memory", -EINVAL, "warm_conflict");
	warm_req(&q, 0, SIZE);
	q.e[0].fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	refused(&q, "O_DIRECT", -EOPNOTSUPP, "source_no_cache");
	warm_req(&q, 0, SIZE);
	q.s.flags = 0;
	refused(&q, "no flag and no socket", -EINVAL, "no_sink");
	warm_req(&q, 0, SIZE);
	q.s.readahead = 64 * MIB + 1;
	refused(&q, "too much to read ahead", -EINVAL, "readahead_too_large");

	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

