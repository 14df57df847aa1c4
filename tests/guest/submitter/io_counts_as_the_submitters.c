// SPDX-License-Identifier: GPL-2.0
/*
 * What a transfer moves counts in /proc/PID/io of its submitter as sendfile(2) counts:
 * bytes read and written, calls, and bytes that disks had to read, whichever thread had
 * them read.  It does so once the submitter has been told of the end.  Netlink tells a
 * socket and not a task, and of a detached transfer no task is told, so nothing is counted
 * there.
 *
 * needs: zcopy nl
 * guest: timeout=120
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "fixture.h"
#include "ktap.h"
#include "slowdisk.h"
#include "ways.h"

#define SIZE	(2 * (off_t)MIB)
/* What reading the counts, and the test's other calls, may add */
#define OTHER	(64 * KIB)

struct io {
	unsigned long long rchar, wchar, syscr, syscw, read_bytes;
};

static struct io io_now(void)
{
	FILE *f = fopen("/proc/self/io", "re");
	struct io io;

	if (!f || fscanf(f, "rchar: %llu wchar: %llu syscr: %llu syscw: %llu read_bytes: %llu",
			 &io.rchar, &io.wchar, &io.syscr, &io.syscw, &io.read_bytes) != 5)
		ktap_skip_all("no /proc/self/io");
	fclose(f);
	return io;
}

static bool about(unsigned long long got, unsigned long long want)
{
	return got >= want && got <= want + OTHER;
}

static void check(const char *name, const struct io *before, uint64_t sent, uint64_t disk)
{
	struct io now = io_now();
	unsigned long long r = now.rchar - before->rchar, w = now.wchar - before->wchar;
	unsigned long long d = now.read_bytes - before->read_bytes;

	if (!ktap_ok(about(r, sent) && about(w, sent),
		     "%s: bytes read and written", name))
		note("%llu read, %llu written, not %llu", r, w, (unsigned long long)sent);
	ktap_ok(now.syscw > before->syscw || !sent, "%s: calls", name);
	/* The disk may read a little more than the file. */
	if (!ktap_ok(d >= disk && d <= disk + OTHER, "%s: bytes that the disk read", name))
		note("%llu, not %llu", d, (unsigned long long)disk);
}

static void one(const struct way *w, int file)
{
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	bool counts = w->door != DOOR_NETLINK;
	struct reader readers[WAY_SOCKETS];
	struct pair p[WAY_SOCKETS];
	struct io before;

	for (unsigned int i = 0; i < w->socks; i++) {
		p[i] = pair_loopback(AF_INET);
		reader_expect(&readers[i], p[i].far, SIZE);
	}
	cached_drop(file);
	before = io_now();
	if (way_run(w, &list, p))
		note("%s: it failed", w->name);
	/* Several sockets may share the reading. */
	check(w->name, &before, counts ? w->socks * SIZE : 0, counts ? SIZE : 0);
	for (unsigned int i = 0; i < w->socks; i++) {
		reader_join(&readers[i]);
		pair_close(&p[i]);
	}
}

static void detached(int file)
{
	struct pair p = pair_loopback(AF_INET);
	int dev = dev_open(0);
	struct reader reader;
	struct io before;
	struct raw q;

	reader_expect(&reader, p.far, SIZE);
	cached_drop(file);
	raw_fill(&q, p.near, file, 0, SIZE);
	q.s.flags |= ZCOPY_F_DETACHED;
	before = io_now();
	if (raw_submit(dev, &q))
		note("detached: it failed");
	ktap_eq(reader_got(&reader), SIZE, "detached: it arrives");
	check("detached", &before, 0, 0);
	pair_close(&p);
	close(dev);
}

static void plain(int file)
{
	struct pair p = pair_loopback(AF_INET);
	struct reader reader;
	struct io before;
	off_t at = 0;

	reader_expect(&reader, p.far, SIZE);
	cached_drop(file);
	before = io_now();
	while (at < SIZE && sendfile(p.near, file, &at, SIZE - at) > 0)
		;
	check("sendfile(2)", &before, SIZE, SIZE);
	reader_join(&reader);
	pair_close(&p);
}

int main(void)
{
	int file;

	if (!slowdisk_start("disk", SIZE, 0))
		ktap_skip_all("no null_blk in this kernel");
	file = open("disk/file", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("disk/file");
	plain(file);
	for (unsigned int i = 0; i < WAYS; i++) {
		if (way_possible(&ways[i]))
			one(&ways[i], file);
	}
	detached(file);
	close(file);
	ktap_ok(slowdisk_end(), "the disk goes");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
