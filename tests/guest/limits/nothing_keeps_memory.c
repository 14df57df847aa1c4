// SPDX-License-Identifier: GPL-2.0
/*
 * No leak checker sees leaked pages.  Hundreds of transfers with memory elements are
 * done, cancelled, or refused after their memory was copied; afterwards the machine
 * has as much free memory as before.
 * guest: timeout=240
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define TIMES	500U
#define MEMORY	60000
#define ROOM_KB	4000	/* a leak of all memory would take 30000, or 15000 */
#define DRIFT_KB 500	/* what others may free meanwhile */

static char memory[MEMORY];
static int dev, file;
static struct pair s;

static void write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s", path);
	close(fd);
}

static long free_kb(void)
{
	char word[64];
	long kb = 0;
	FILE *f;

	write_to("/proc/sys/vm/drop_caches", "3");
	sleep_ms(300);
	f = fopen("/proc/meminfo", "r");
	while (f && fscanf(f, "%63s %ld %*s", word, &kb) == 2) {
		if (!strcmp(word, "MemFree:"))
			break;
	}
	fclose(f);
	return kb;
}

/* Earlier tests' memory may still be coming back, and would hide a leak. */
static long settled_kb(void)
{
	long kb = free_kb(), last;
	unsigned int tries = 0;

	do {
		last = kb;
		kb = free_kb();
	} while (kb > last + DRIFT_KB && tries++ < 10);
	return kb;
}

/* A CPU that the host does not run gives memory back late. */
static long come_back_kb(long more_than)
{
	uint64_t end = now_ms() + 30000;
	long kb;

	while ((kb = free_kb()) <= more_than && now_ms() < end)
		;
	return kb;
}

static void with_memory(struct raw *q, uint64_t len)
{
	raw_fill(q, s.near, file, 0, len);
	q->e[1] = q->e[0];
	q->e[0] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_MEMORY,
		.off = (uintptr_t)memory, .len = MEMORY };
	q->s.nr_elems = 2;
}

static void done(void)
{
	static char buf[MEMORY + 4096];
	struct raw q;

	with_memory(&q, 4096);
	if (raw_send(dev, &q) ||
	    recv(s.far, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf))
		die("send");
}

static void stable(void)
{
	static char buf[MEMORY];
	struct raw q;

	raw_fill(&q, s.near, file, 0, MEMORY);
	q.s.flags = ZCOPY_F_STABLE;
	if (raw_send(dev, &q) ||
	    recv(s.far, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf))
		die("stable send");
}

static void refused(void)
{
	struct raw q;

	with_memory(&q, 4096);
	q.e[1].fd = 999;
	if (raw_send(dev, &q) != -EBADF)
		die("not refused");
}

static void half_there(void)
{
	struct raw q;

	with_memory(&q, 4096);
	q.e[1].kind = ZCOPY_ELEM_MEMORY;
	q.e[1].fd = 0;
	q.e[1].off = 4096;
	q.e[0].len = 50000;
	if (raw_submit(dev, &q) != -EFAULT)
		die("not refused");
}

/* Waits behind a parked transfer. */
static void cancelled(void)
{
	struct zcopy_result res;
	struct raw q;

	with_memory(&q, 4096);
	if (raw_submit(dev, &q) || dev_cancel(dev, q.s.id) != 1 ||
	    dev_wait(dev, q.s.id, &res, 1, 1, 10000) != 1)
		die("cancel");
}

static void try(const char *what, void (*one)(void))
{
	long before, after;
	unsigned int i, times = guest_is_debug() ? TIMES / 2 : TIMES;

	for (i = 0; i < 20; i++)
		one();
	before = settled_kb();
	for (i = 0; i < times; i++)
		one();
	after = come_back_kb(before - ROOM_KB);
	ktap_ok(before - after < ROOM_KB, "%s: %ld kB less than before", what,
		before - after);
}

int main(void)
{
	struct raw q;

	/* Pages kept for each CPU do not count as free, so limit them. */
	write_to("/proc/sys/vm/percpu_pagelist_high_fraction", "4000");
	dev = dev_open(0);
	file = file_to_read("source", 4 << 20);
	s = pair_open(false);
	try("done", done);
	try("stable", stable);
	try("refused", refused);
	try("memory that is not there", half_there);
	close(s.near);
	close(s.far);
	s = pair_open(true);
	raw_fill(&q, s.near, file, 0, 4 << 20);
	if (raw_submit(dev, &q))
		die("submit");
	try("cancelled", cancelled);
	close(dev);
	write_to("/proc/sys/vm/percpu_pagelist_high_fraction", "0");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

