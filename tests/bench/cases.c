// SPDX-License-Identifier: GPL-2.0
/*
 * What is sent: the table of cases, and their files, which are in tmpfs and in cache.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define BULK_BYTES	(16 * 1024 * 1024)
#define HUGE_BYTES	(2UL * 1024 * 1024)
#define SMALL_DIR	"/run/bench-small"
#define HUGE_DIR	"/run/bench-huge"

/*
 * A small response, sent over a kept-alive connection in two ways.  In lockstep the
 * receiver answers each call of the sender with a byte, and neither preempts the other.
 * Every method then makes the same packets and wake-ups, so that the rows show what a
 * response costs.  In a
 * stream the sender does not wait.  How many responses a packet carries then depends
 * on how long the sender runs between two wake-ups of the receiver.
 */
#define LOCKSTEP(label, bytes, nr)						\
	{ .name = "lockstep-" label, .methods = response_methods,		\
	  .how = DRINK_LOCKSTEP, .size = (bytes), .header = HEADER_BYTES, .times = (nr) }
#define STREAM(label, bytes, nr)						\
	{ .name = "stream-" label, .methods = response_methods,			\
	  .no_guard = true, .size = (bytes), .header = HEADER_BYTES, .times = (nr) }
/* One sendfile(2), without a header, in lockstep */
#define CALL(label, bytes)							\
	{ .name = "call-" label, .methods = call_methods,			\
	  .how = DRINK_LOCKSTEP, .size = (bytes), .times = 64 }
#define CONNECTIONS(nr)								\
	{ .name = "uring-conns-" #nr, .methods = uring_methods,			\
	  .how = DRINK_POLLED, .no_caches = true, .no_guard = (nr) > 64,		\
	  .size = 65536, .ring = (nr) }
/* 64 KiB is sent again and again, while @nr transfers are live. */
#define LIVE(nr)								\
	{ .name = "live-" #nr, .methods = live_methods, .size = 65536,		\
	  .times = 64, .live = (nr), .no_caches = true, .no_guard = (nr) > 100 }
/* @sends of a list with the file @nr times */
#define FLAT(label, bytes, sends, nr)						\
	{ .name = "flat-" label, .methods = flat_methods, .how = DRINK_GULPS,	\
	  .huge = true, .no_caches = true, .size = (bytes), .times = (sends),	\
	  .ranges = (nr), .no_guard = (nr) > 1 }

const struct bench_case cases[] = {
	{ .name = "bulk-4k", .methods = bulk_methods, .size = BULK_BYTES, .ring = 1 },
	{ .name = "bulk-huge", .methods = bulk_methods, .size = BULK_BYTES, .ring = 1,
	  .huge = true },
	LOCKSTEP("512", 512, 64),
	LOCKSTEP("1k", 1 << 10, 64),
	LOCKSTEP("2k", 2 << 10, 64),
	LOCKSTEP("4k", 4 << 10, 64),
	LOCKSTEP("8k", 8 << 10, 64),
	LOCKSTEP("16k", 16 << 10, 32),
	LOCKSTEP("32k", 32 << 10, 32),
	LOCKSTEP("64k", 64 << 10, 32),
	STREAM("512", 512, 128),
	STREAM("1k", 1 << 10, 128),
	STREAM("2k", 2 << 10, 128),
	STREAM("4k", 4 << 10, 128),
	STREAM("8k", 8 << 10, 128),
	STREAM("16k", 16 << 10, 64),
	STREAM("32k", 32 << 10, 64),
	STREAM("64k", 64 << 10, 64),
	CALL("512", 512),
	CALL("1k", 1 << 10),
	CALL("2k", 2 << 10),
	CALL("4k", 4 << 10),
	CALL("8k", 8 << 10),
	CALL("16k", 16 << 10),
	CALL("32k", 32 << 10),
	{ .name = "interposed", .methods = interposed_methods, .size = BULK_BYTES },
	{ .name = "interposed-huge", .methods = interposed_methods, .size = BULK_BYTES,
	  .huge = true },
	{ .name = "uring", .methods = uring_methods, .size = 1 << 20, .ring = 1 },
	CONNECTIONS(1),
	CONNECTIONS(64),
	CONNECTIONS(1024),
	CONNECTIONS(4096),
	FLAT("1m", 1 << 20, 256, 1),
	FLAT("64m", 64 << 20, 4, 1),
	FLAT("4g", 64 << 20, 1, 64),
	LIVE(1),
	LIVE(100),
	LIVE(10000),
	{ 0 },
};

/*
 * How often a round of io_uring sends the file to every connection: a single
 * transfer would mostly measure the wake-up of its receiver.
 */
unsigned int case_passes(const struct bench_case *c)
{
	size_t bytes = c->ring * c->size;

	if (c->times)
		return c->times;
	return bytes && bytes < BULK_BYTES ? BULK_BYTES / bytes : 1;
}

size_t case_bytes(const struct bench_case *c)
{
	size_t once = (c->ranges ? c->ranges : 1) * (c->header + c->size);

	return case_passes(c) * (c->ring ? c->ring : 1) * once;
}

static long meminfo_kib(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), ": %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

/* Makes a file of the case's size and folio size, in a tmpfs of its own. */
int case_file(const struct bench_case *c)
{
	const char *dir = c->huge ? HUGE_DIR : SMALL_DIR;
	long before = meminfo_kib("ShmemHugePages"), huge, expect;
	char path[64], block[4096];
	int fd;

	mkdir(dir, 0700);
	if (mount("tmpfs", dir, "tmpfs", 0, c->huge ? "huge=always" : "huge=never"))
		fail(dir);
	snprintf(path, sizeof(path), "%s/%s", dir, c->name);
	OR_FAIL(fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (c->huge)
		OR_FAIL(ftruncate(fd, c->size));
	for (size_t at = 0; at < c->size; at += sizeof(block)) {
		size_t n = c->size - at < sizeof(block) ? c->size - at :
			   sizeof(block);

		memset(block, 'a' + at / sizeof(block) % 26, sizeof(block));
		if (pwrite(fd, block, n, at) != (ssize_t)n)
			fail(path);
	}
	huge = meminfo_kib("ShmemHugePages") - before;
	expect = c->huge ? (c->size + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES / 1024 : 0;
	if (huge != expect) {
		fprintf(stderr, "bench: %s: %ld KiB in huge folios\n", path, huge);
		exit(1);
	}
	return fd;
}

void case_file_remove(const struct bench_case *c)
{
	if (umount2(c->huge ? HUGE_DIR : SMALL_DIR, MNT_DETACH))
		fail("umount");
}
