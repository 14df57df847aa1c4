// SPDX-License-Identifier: GPL-2.0
/*
 * Requests a file from a server again and again, discards the answers without looking
 * at them, and prints the cost of a request as medians of several rounds: the time
 * that the whole machine was not idle, and the CPU time of the given processes.
 *
 *   client KIND PORT WHAT BYTES [PID…]
 *
 * net.h has the kinds and their requests.  Requests go over one connection until the
 * server ends it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

#define ROUNDS		9
#define ROUND_BYTES	(8 * 1024 * 1024UL)
#define MOST_REQUESTS	64
#define LEAST_REQUESTS	16

static const struct kind *const kinds[] = {
	&kind_http, &kind_tls, &kind_tls_once, &kind_ftp, &kind_line,
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *of)
{
	qsort(of, ROUNDS, sizeof(*of), by_value);
	return of[ROUNDS / 2];
}

/*
 * The time that the CPU was busy: the seventh number of its line.  The kernel counts
 * the running task only up to when it last began to run, so this sleeps first.
 */
static uint64_t busy_ns(void)
{
	static int file = -1;
	const struct timespec moment = { .tv_nsec = 1000 };
	unsigned long long busy;
	const char *line;
	char text[4096];
	ssize_t n;

	if (file < 0)
		OR_FAIL(file = open("/proc/schedstat", O_RDONLY));
	nanosleep(&moment, NULL);
	OR_FAIL(n = pread(file, text, sizeof(text) - 1, 0));
	text[n] = '\0';
	line = strstr(text, "\ncpu0 ");
	if (!line || sscanf(line, " cpu0 %*u %*u %*u %*u %*u %*u %llu", &busy) != 1)
		fail("/proc/schedstat");
	return busy;
}

static uint64_t process_ns(char **pids)
{
	uint64_t sum = 0;

	for (; *pids; pids++) {
		clockid_t clock;
		struct timespec t;

		if (clock_getcpuclockid(atoi(*pids), &clock) || clock_gettime(clock, &t))
			fail("a process's clock");
		sum += (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	}
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t busy[ROUNDS], process[ROUNDS];
	const struct kind *kind = NULL;
	unsigned long requests;
	struct where where;

	if (argc < 5)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i]->name, argv[1]))
			kind = kinds[i];
	if (!kind)
		return 2;
	where = (struct where){ .port = atoi(argv[2]), .what = argv[3], .sock = -1 };
	where.bytes = strtoul(argv[4], NULL, 10);
	requests = ROUND_BYTES / where.bytes;
	if (requests > MOST_REQUESTS)
		requests = MOST_REQUESTS;
	if (requests < LEAST_REQUESTS)
		requests = LEAST_REQUESTS;
	/* The first rounds do not count: the server still loads or compiles code. */
	for (int i = -(int)(kind->warm_up ? kind->warm_up : 2); i < ROUNDS; i++) {
		uint64_t sum = 0, cpu = 0, from = 0, cpu_from = 0;

		for (unsigned long r = 0; r < requests; r++) {
			if (where.sock < 0 && kind->apart)
				kind->prepare(&where);
			if (!r || kind->apart) {
				from = busy_ns();
				cpu_from = process_ns(argv + 5);
			}
			if (where.sock < 0)
				kind->prepare(&where);
			kind->ask(&where);
			if (r == requests - 1 || kind->apart) {
				sum += busy_ns() - from;
				cpu += process_ns(argv + 5) - cpu_from;
			}
		}
		if (i < 0)
			continue;
		busy[i] = sum / requests;
		process[i] = cpu / requests;
	}
	printf("%llu %llu\n", (unsigned long long)median(busy),
	       (unsigned long long)median(process));
	return 0;
}
