// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the claims of articles on zero copy, in a guest that counts
 * instructions, and writes one JSON object per row.
 *
 *	figures copies MIB JSON		each way to send a file of MIB MiB on a disk: over
 *					a veth with and without scatter/gather, and over
 *					cards, with the file in cache and not
 *	figures sizes MB JSON		the sizes of the table of 2008 up to MB MB, in cache
 *	figures size MB JSON		one of them
 *	figures java MB JSON		the same sizes by the programs in Java
 *
 * A row of "copies" takes three passes: one measures time, one counts events, and one is
 * for the plugin of QEMU.  They do not mix, because the counting costs instructions.  The
 * first is left out over cards: QEMU carries their packets while the guest's clock, which
 * counts instructions, stands still or jumps.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/zcopy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "mark.h"
#include "zcctl/bench_ways.h"

#define DISK_DIR	"/run/figures-disk"
#define CACHE_DIR	"/run/figures-cache"
#define TIMES		3	/* of which the median is taken */
#define MB		1000000UL
#define ONCE_FROM	(50 * MB)	/* files so large that once is enough */

static FILE *out;
static struct link far;
static const char *comma = "";

/* ns for which the CPU was not idle */
static uint64_t busy_ns(void)
{
	FILE *f = fopen("/proc/schedstat", "r");
	unsigned long long ns = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cpu0 %*u %*u %*u %*u %*u %*u %llu", &ns) == 1)
			break;
	if (f)
		fclose(f);
	return ns;
}

static void drop_caches(int file)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	OR_FAIL(fsync(file));
	if (fd < 0 || write(fd, "1", 1) != 1)
		fail("drop_caches");
	close(fd);
}

static void send_it(void *arg)
{
	struct row *r = arg;

	r->way->send(r->j);
}

/* Has @what send the file over a new connection, and waits for the last byte. */
static void round_of(struct row *r, void (*what)(struct row *r))
{
	far.device = r->device;
	link_open(&far);
	if (r->cold)
		drop_caches(r->j->file);
	r->j->sock = far.sock;
	r->j->socks = &far.sock;
	map_ns = unmap_ns = 0;
	link_expect(&far, r->j->size);
	what(r);
	link_close(&far);
}

static void timed(struct row *r)
{
	uint64_t busy = busy_ns(), own = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	r->way->send(r->j);
	r->sender = now_ns(CLOCK_PROCESS_CPUTIME_ID) - own;
	r->total = link_done(&far) - start;
	r->busy = busy_ns() - busy;
	r->map = map_ns;
	r->unmap = unmap_ns;
}

static void wait_for_end(void *unused)
{
	(void)unused;
	link_done(&far);
}

static struct counts counted_now;

static void counted(struct row *r)
{
	counted_now = counts_of(r->device, send_it, wait_for_end, r);
}

static void marked(struct row *r)
{
	mark(MARK_BEGIN, 0);
	r->way->send(r->j);
	link_done(&far);
	mark(MARK_END, 0);
}

static void unmarked(struct row *r)
{
	r->way->send(r->j);
	link_done(&far);
}

static int by_total(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->total > y->total) - (x->total < y->total);
}

static void row_begin(const struct row *r, const char *table, const char *pass)
{
	struct utsname u;

	uname(&u);
	fprintf(stderr, "%s, %s: %s, %zu bytes\n", table, pass, r->way->name, r->j->size);
	fprintf(out, "%s{\"kernel\": \"%s\", \"table\": \"%s\", \"pass\": \"%s\", "
		"\"way\": \"%s\", \"device\": \"%s\", \"gather\": %s, \"cold\": %s, "
		"\"bytes\": %zu", comma, u.release, table, pass, r->way->name,
		r->device->name, r->gather ? "true" : "false", r->cold ? "true" : "false",
		r->j->size);
	comma = ",\n";
}

/* The median of the rounds, by their total */
static void time_row(struct row *r, const char *table, unsigned int times,
		     void (*round)(struct row *r))
{
	struct row rounds[TIMES];

	for (unsigned int i = 0; i < times; i++) {
		round(r);
		rounds[i] = *r;
	}
	qsort(rounds, times, sizeof(*rounds), by_total);
	r = &rounds[times / 2];
	row_begin(r, table, "time");
	fprintf(out, ", \"rounds\": %u, \"ns_total\": %llu, \"ns_sender\": %llu, "
		"\"ns_busy\": %llu, \"ns_map\": %llu, \"ns_unmap\": %llu}", times,
		(unsigned long long)r->total, (unsigned long long)r->sender,
		(unsigned long long)r->busy, (unsigned long long)r->map,
		(unsigned long long)r->unmap);
}

static void timed_round(struct row *r)
{
	round_of(r, timed);
}

static void time_pass(struct row *r)
{
	if (r->device == &devices[DEVICE_VETH])
		time_row(r, "copies", TIMES, timed_round);
}

static void count_pass(struct row *r)
{
	round_of(r, counted);
	row_begin(r, "copies", "count");
	for (unsigned int i = 0; i < COUNT_NR; i++)
		fprintf(out, ", \"%s\": %lld", count_names[i],
			(long long)counted_now.of[i]);
	fprintf(out, "}");
}

static void plugin_pass(struct row *r)
{
	static uint32_t number;

	mark(MARK_WARM_UP, MARK_CACHES);
	round_of(r, unmarked);
	mark(MARK_ROW, ++number);
	round_of(r, marked);
	mark(MARK_ROW_END, 0);
	row_begin(r, "copies", "plugin");
	fprintf(out, ", \"mark\": %u}", number);
}

/* Makes a file of the content that the plugin follows. */
static void make_file(struct job *j, const char *dir)
{
	static char block[WAY_BUFFER];
	char path[64];

	memset(block, MARK_CONTENT, sizeof(block));
	snprintf(path, sizeof(path), "%s/file", dir);
	OR_FAIL(j->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	for (size_t at = 0; at < j->size; at += sizeof(block)) {
		size_t n = j->size - at < sizeof(block) ? j->size - at : sizeof(block);

		if (pwrite(j->file, block, n, at) != (ssize_t)n)
			fail(path);
	}
}

static void prepare(struct job *j)
{
	void *library;

	setenv("ZCOPY_SENDFILE_LEAST", "0", 1);
	library = dlopen("/libzcopy-sendfile.so", RTLD_NOW | RTLD_LOCAL);
	*(void **)&j->interposed = library ? dlsym(library, "sendfile") : NULL;
	if (!j->interposed)
		fail("/libzcopy-sendfile.so");
	OR_FAIL(j->zcopy = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC));
	OR_FAIL(pipe(j->pipe));
	OR_FAIL(fcntl(j->pipe[0], F_SETPIPE_SZ, PIPE_BYTES));
	j->buffer = aligned_alloc(4096, WAY_BUFFER);
	if (!j->buffer)
		fail("memory");
	memset(j->buffer, 'b', WAY_BUFFER);
	uring_prepare(j, 1);
	ways_prepare(j);
	doors_prepare();
}

/* Every way, as far as a pass goes with it */
static void every_row(struct job *j, void (*pass)(struct row *r))
{
	static const struct { unsigned int device; bool gather, cold; } kinds[] = {
		{ DEVICE_VETH, true, false }, { DEVICE_VETH, true, true },
		{ DEVICE_VETH, false, false },
		{ DEVICE_VMXNET3, true, false }, { DEVICE_VMXNET3, true, true },
		/* QEMU's hub computes no checksum, so Linux switches the rest off, too. */
		{ DEVICE_VIRTIO, false, false }, { DEVICE_VIRTIO, false, true },
	};

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct device *d = &devices[kinds[i].device];

		if (!device_is_here(d))
			continue;
		if (kinds[i].device == DEVICE_VETH)
			link_gather(kinds[i].gather);
		for (const struct way *w = ways; w->name; w++) {
			struct row r = {
				.way = w, .device = d, .j = j,
				.gather = kinds[i].gather, .cold = kinds[i].cold,
			};

			pass(&r);
		}
	}
}

static void copies(struct job *j)
{
	make_file(j, DISK_DIR);
	prepare(j);
	every_row(j, time_pass);
	counts_on();
	every_row(j, count_pass);
	counts_off();
	every_row(j, plugin_pass);
}

/* Sends files of the table's sizes, from @least to @most bytes, by one way. */
static void every_size(const struct way *w, struct job *j, size_t least, size_t most,
		       void (*round)(struct row *r))
{
	static const unsigned int mb[] = { 7, 21, 63, 98, 200, 350, 700, 1000 };
	struct row r = {
		.way = w, .device = &devices[DEVICE_VETH], .gather = true, .j = j,
	};

	for (unsigned int i = 0; i < sizeof(mb) / sizeof(mb[0]); i++) {
		j->size = mb[i] * MB;
		if (j->size >= least && j->size <= most)
			time_row(&r, "sizes", j->size < ONCE_FROM ? TIMES : 1, round);
	}
}

static void sizes(struct job *j, size_t least, size_t most)
{
	j->size = most;
	make_file(j, CACHE_DIR);
	prepare(j);
	for (const struct way *w = ways; w->name; w++)
		if (w->in_2008)
			every_size(w, j, least, most, timed_round);
}

static void round_in_java(struct row *r)
{
	uint64_t busy = busy_ns();

	far.device = r->device;
	java_round(r, &far);
	r->busy = busy_ns() - busy;
}

static void java(struct job *j, size_t most)
{
	j->size = most;
	make_file(j, CACHE_DIR);
	for (const struct way *w = java_ways; w->name; w++) {
		java_begin(w);
		every_size(w, j, 0, most, round_in_java);
		java_end();
	}
}

int main(int argc, char **argv)
{
	static struct job j;
	size_t n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;

	if (!n || !(out = fopen(argv[3], "w")))
		return 2;
	fprintf(out, "[\n");
	link_up(&far);
	if (!strcmp(argv[1], "copies")) {
		j.size = n << 20;
		copies(&j);
	} else if (!strcmp(argv[1], "java")) {
		java(&j, n * MB);
	} else {
		sizes(&j, strcmp(argv[1], "size") ? 0 : n * MB, n * MB);
	}
	fprintf(out, "\n]\n");
	link_down(&far);
	if (strcmp(argv[1], "java")) {
		doors_end();
		ways_end();
	}
	return fclose(out) ? 1 : 0;
}
