// SPDX-License-Identifier: GPL-2.0
/*
 * Measures every method on every case, side by side, in a guest whose clock counts
 * instructions, and writes one JSON object per row.  A row is the median of several
 * rounds, after warm-up rounds that do not count.
 *
 *   bench [--case NAME] [--method NAME] [--rounds N] [--each] [--nagle]
 *         [--json FILE]
 *
 * A prefix of a name is enough; --each shows every round.  Without --nagle the
 * connection has TCP_NODELAY, like that of a server with keep-alive.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

#define BULK_BYTES	(16 * 1024 * 1024)
#define RESPONSES	256
#define HUGE_BYTES	(2UL * 1024 * 1024)
#define SMALL_DIR	"/run/bench-small"
#define HUGE_DIR	"/run/bench-huge"
#define WARM_UP		2
#define WARM_UP_MANY	3	/* until TCP's windows have grown */
#define MANY		1024	/* connections; with as many, fewer rounds are enough */
#define MOST_ROUNDS	1000

struct bench_case {
	const char *name;
	bool huge;
	size_t size;
	unsigned int responses;
	bool interposed;	/* sendfile(2) without and with the interposer */
	unsigned int ring;	/* io_uring: number of connections, one file to each */
	bool many;		/* compared with cases of more or fewer connections */

	/* For cases that are compared with each other, by name */
	unsigned int times;	/* sends of the file over one kept-alive connection */
	unsigned int ranges;	/* times that the file is in one list */
	bool gulps;		/* the receiver wakes up for 64 KiB, not for less */
	unsigned int live;	/* transfers, with the measured one; the rest is parked */
};

static const struct bench_case cases[] = {
	{ .name = "bulk-4k", .size = BULK_BYTES },
	{ .name = "bulk-huge", .size = BULK_BYTES, .huge = true },
	{ .name = "header-1k", .size = 1024, .responses = RESPONSES },
	{ .name = "header-4k", .size = 4096, .responses = RESPONSES },
	{ .name = "header-16k", .size = 16384, .responses = RESPONSES / 2 },
	{ .name = "header-64k", .size = 65536, .responses = RESPONSES / 4 },
	{ .name = "interposed", .size = BULK_BYTES, .interposed = true },
	{ .name = "interposed-huge", .size = BULK_BYTES, .huge = true,
	  .interposed = true },
	{ .name = "interposed-4k", .size = 4096, .responses = RESPONSES,
	  .interposed = true },
	{ .name = "interposed-16k", .size = 16384, .responses = RESPONSES / 2,
	  .interposed = true },
	{ .name = "interposed-64k", .size = 65536, .responses = RESPONSES / 4,
	  .interposed = true },
	{ .name = "interposed-1m", .size = 1048576, .responses = 16,
	  .interposed = true },
	{ .name = "uring", .size = 1048576, .ring = 1 },
	{ .name = "uring-conns-1", .size = 65536, .ring = 1, .many = true },
	{ .name = "uring-conns-64", .size = 65536, .ring = 64, .many = true },
	{ .name = "uring-conns-1024", .size = 65536, .ring = 1024, .many = true },
	{ .name = "uring-conns-4096", .size = 65536, .ring = 4096, .many = true },
	{ .name = "flat-1m", .huge = true,
	  .size = 1 << 20, .times = 256, .ranges = 1, .gulps = true },
	{ .name = "flat-64m", .huge = true,
	  .size = 64 << 20, .times = 4, .ranges = 1, .gulps = true },
	{ .name = "flat-4g", .huge = true,
	  .size = 64 << 20, .times = 1, .ranges = 64, .gulps = true },
	{ .name = "live-1", .size = 65536, .times = 64, .live = 1 },
	{ .name = "live-100", .size = 65536, .times = 64, .live = 100 },
	{ .name = "live-10000", .size = 65536, .times = 64, .live = 10000 },
	{ 0 },
};

static const char *only_case, *only_method;
static unsigned int rounds = 9;
static bool nodelay = true, each;
static struct utsname kernel;
static FILE *json;

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

static long jiffies(unsigned int *idle)
{
	FILE *f = fopen("/proc/stat", "r");
	long v[8] = { 0 }, sum = 0;

	if (!f || fscanf(f, "cpu %ld %ld %ld %ld %ld %ld %ld %ld", &v[0], &v[1],
			 &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
		fail("/proc/stat");
	fclose(f);
	for (int i = 0; i < 8; i++)
		sum += v[i];
	*idle = v[3];
	return sum;
}

/*
 * A kernel that has just booted is busy for seconds on the guest's only CPU.  Waits
 * at least a second and at most a minute, until the CPU is idle.
 */
static void settle(void)
{
	for (int i = 0; i < 60; i++) {
		unsigned int idle, idle_then;
		long all = jiffies(&idle);

		sleep(1);
		all = jiffies(&idle_then) - all;
		if ((idle_then - idle) * 100 >= all * 98)
			return;
	}
	fprintf(stderr, "bench: the guest does not come to rest\n");
	exit(1);
}

/* Makes a file of the case's size and folio size, in a tmpfs of its own. */
static int file_make(const struct bench_case *c)
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

static void file_remove(const struct bench_case *c)
{
	if (umount2(c->huge ? HUGE_DIR : SMALL_DIR, MNT_DETACH))
		fail("umount");
}

/*
 * How often a round of io_uring sends the file to every connection: a single
 * transfer would mostly measure the wake-up of its receiver.
 */
static unsigned int passes_of(const struct bench_case *c)
{
	size_t bytes = c->ring * c->size;

	if (c->times)
		return c->times;
	return bytes && bytes < BULK_BYTES ? BULK_BYTES / bytes : 1;
}

static size_t bytes_of(const struct bench_case *c)
{
	if (c->ring)
		return passes_of(c) * c->ring * c->size;
	if (c->times)
		return c->times * (c->ranges ? c->ranges : 1) * c->size;
	return c->responses ? c->responses * (c->size + HEADER_BYTES) : c->size;
}

struct round {
	uint64_t total, sender, receiver;
};

static struct round run_part(const struct wire *w, const struct job *j,
			     const struct method *m, unsigned int passes,
			     size_t bytes)
{
	uint64_t start, cpu, far;
	struct round r;

	wire_expect(w, bytes);
	usleep(1000);	/* until the receiver waits in recv() */
	far = wire_receiver_ns(w);
	mark(MARK_BEGIN, 0);
	start = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned int i = 0; i < passes; i++)
		m->send(j);
	r.sender = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	r.total = wire_done(w) - start;
	r.receiver = wire_receiver_ns(w) - far;
	return r;
}

/*
 * To measure a single small transfer, sums up many of them, each of which finds the
 * connection empty.  Transfers that follow each other would overlap in one of several
 * patterns, which would change the result.
 */
static struct round run_once(const struct bench_case *c, const struct wire *w,
			     const struct job *j, const struct method *m)
{
	struct round sum = { 0 };

	if (!c->live)
		return run_part(w, j, m, passes_of(c), bytes_of(c));
	for (unsigned int i = 0; i < c->times; i++) {
		struct round r = run_part(w, j, m, 1, c->size);

		sum.total += r.total;
		sum.sender += r.sender;
		sum.receiver += r.receiver;
	}
	return sum;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* @marked and @counted: the number that marked the row, and its rounds */
static void print_row(const struct bench_case *c, const struct job *j,
		      const struct method *m, uint64_t total, uint64_t sender,
		      uint64_t receiver, uint32_t marked, unsigned int counted)
{
	size_t bytes = bytes_of(c);
	static bool later;

	printf("%-16.16s %-16s %-14s %8.0f %8.0f\n", kernel.release, c->name,
	       m->name, total * 1024.0 / bytes, sender * 1024.0 / bytes);
	fflush(stdout);
	if (!json)
		return;
	fprintf(json, "%s{\"kernel\": \"%s\", \"case\": \"%s\", \"method\": \"%s\", \"size\": %zu, ",
		later ? ",\n" : "[\n", kernel.release, c->name, m->name, c->size);
	fprintf(json, "\"ns_per_kib_total\": %.1f, \"ns_per_kib_sender\": %.1f, ",
		total * 1024.0 / bytes, sender * 1024.0 / bytes);
	fprintf(json, "\"ns_per_kib_receiver\": %.1f", receiver * 1024.0 / bytes);
	fprintf(json, ", \"mark\": %u, \"marked_bytes\": %zu", marked, counted * bytes);
	if (c->responses)
		fprintf(json, ", \"ns_per_response\": %.0f, \"ns_per_response_sender\": %.0f",
			(double)total / c->responses,
			(double)sender / c->responses);
	if (c->ring)
		fprintf(json, ", \"connections\": %u, \"passes\": %u, \"least_pipe\": %zu",
			c->ring, passes_of(c), uring_least_pipe(j));
	fprintf(json, "}");
	later = true;
}

/*
 * Bulk: each round has a new connection.  How much an old connection has in flight
 * depends on its whole past, and so does the share of the network stack's work that
 * each of the two processes does.  Responses: one connection, kept alive.  Many
 * connections: kept alive too, or a few old connections would be compared with
 * thousands whose windows have not grown yet.
 */
static bool kept_alive(const struct bench_case *c)
{
	return c->responses || c->many || c->times;
}

static void measure(const struct bench_case *c, struct job *j,
		    const struct method *m)
{
	bool slow = m->slow || c->ring >= MANY;
	unsigned int n = slow && rounds > 3 ? 3 : rounds;
	unsigned int warm = c->many ? WARM_UP_MANY : slow ? 1 : WARM_UP;
	uint64_t total[MOST_ROUNDS], sender[MOST_ROUNDS], receiver[MOST_ROUNDS];
	static uint32_t row;
	struct wire w;

	mark(MARK_WARM_UP, 0);
	for (unsigned int i = 0; i < warm + n; i++) {
		struct round r;

		if (!i || !kept_alive(c))
			wire_open(&w, c->ring ? c->ring : 1, nodelay,
				  c->many ? DRINK_POLLED : c->gulps ? DRINK_GULPS :
				  DRINK_AT_ONCE);
		j->sock = w.sock;
		j->socks = w.socks;
		if (i == warm)
			mark(MARK_ROW, ++row);
		r = run_once(c, &w, j, m);
		if (i + 1 == warm + n || !kept_alive(c))
			wire_close(&w);
		if (i < warm)
			continue;
		if (each)
			printf("  %u: %.0f %.0f\n", i - warm + 1,
			       r.total * 1024.0 / bytes_of(c),
			       r.sender * 1024.0 / bytes_of(c));
		total[i - warm] = r.total;
		sender[i - warm] = r.sender;
		receiver[i - warm] = r.receiver;
	}
	mark(MARK_ROW_END, 0);
	print_row(c, j, m, median(total, n), median(sender, n), median(receiver, n),
		  row, n);
}

static void run_case(const struct bench_case *c)
{
	struct job j = {
		.file = file_make(c), .size = c->size, .huge = c->huge,
		.responses = c->responses, .ranges = c->ranges,
	};
	const struct method *m = c->responses ? header_methods : bulk_methods;

	if (c->interposed)
		m = c->responses ? interposed_header_methods : interposed_methods;
	if (c->ring)
		m = uring_methods;
	if (c->ranges)
		m = flat_methods;
	if (c->live)
		m = live_methods;
	job_prepare(&j);
	if (c->ring)
		uring_prepare(&j, c->ring);
	if (c->live > 1) {
		park(&j, c->live - 1);
		settle();
	}
	for (; m->name; m++) {
		if (only_method && strncmp(only_method, m->name, strlen(only_method)))
			continue;
		measure(c, &j, m);
	}
	unpark(&j);
	job_end(&j);
	close(j.file);
	file_remove(c);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "case", required_argument, NULL, 'c' },
		{ "method", required_argument, NULL, 'm' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "nagle", no_argument, NULL, 'n' },
		{ "each", no_argument, NULL, 'e' },
		{ "json", required_argument, NULL, 'j' },
		{ 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			only_case = optarg;
			break;
		case 'm':
			only_method = optarg;
			break;
		case 'r':
			rounds = strtoul(optarg, NULL, 10);
			break;
		case 'j':
			json = fopen(optarg, "w");
			if (!json)
				fail(optarg);
			break;
		case 'e':
			each = true;
			break;
		case 'n':
			nodelay = false;
			break;
		default:
			return 2;
		}
	}
	if (!rounds || rounds > MOST_ROUNDS)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	OR_FAIL(uname(&kernel));
	settle();
	for (const struct bench_case *c = cases; c->name; c++)
		if (!only_case || !strncmp(only_case, c->name, strlen(only_case)))
			run_case(c);
	if (json && (fprintf(json, "\n]\n") < 0 || fclose(json)))
		fail("json");
	return 0;
}
