// SPDX-License-Identifier: GPL-2.0
/*
 * Measures every method on every case, side by side, in a guest whose clock counts
 * instructions, and writes one JSON object per row.  A row has the medians of several
 * rounds, after warm-up rounds that do not count, and how far the rounds spread.
 *
 *   bench [--case NAME] [--method NAME] [--rounds N] [--each] [--nagle]
 *         [--guarded] [--json FILE]
 *
 * A prefix of a name is enough; --each shows every round; --guarded leaves out what is
 * not compared with the stored baseline.  Without --nagle the
 * connection has TCP_NODELAY, like that of a server with keep-alive.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const char *only_case, *only_method;
static bool guarded;
static struct settings with = { .rounds = 9, .nodelay = true };

static bool chosen(const char *only, const char *name)
{
	return !only || !strncmp(only, name, strlen(only));
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

static void run_case(const struct bench_case *c)
{
	struct job j = {
		.file = case_file(c), .size = c->size, .huge = c->huge,
		.ranges = c->ranges,
	};
	struct figures f;

	job_prepare(&j);
	uring_prepare(&j, c->ring ? c->ring : 1);
	if (c->live > 1) {
		park(&j, c->live - 1);
		settle();
	}
	for (const struct method *m = c->methods; m->name; m++) {
		if (!chosen(only_method, m->name) || (guarded && !m->guard))
			continue;
		measure(c, &j, m, &with, &f);
		rows_add(c, &j, m, &f);
	}
	unpark(&j);
	job_end(&j);
	close(j.file);
	case_file_remove(c);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "case", required_argument, NULL, 'c' },
		{ "method", required_argument, NULL, 'm' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "guarded", no_argument, NULL, 'g' },
		{ "nagle", no_argument, NULL, 'n' },
		{ "each", no_argument, NULL, 'e' },
		{ "json", required_argument, NULL, 'j' },
		{ 0 },
	};
	const char *json = NULL;
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
			with.rounds = strtoul(optarg, NULL, 10);
			break;
		case 'j':
			json = optarg;
			break;
		case 'g':
			guarded = true;
			break;
		case 'e':
			with.each = true;
			break;
		case 'n':
			with.nodelay = false;
			break;
		default:
			return 2;
		}
	}
	if (!with.rounds || with.rounds > MOST_ROUNDS)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	rows_open(json);
	settle();
	for (const struct bench_case *c = cases; c->name; c++)
		if (chosen(only_case, c->name) && !(guarded && c->no_guard))
			run_case(c);
	rows_close();
	return 0;
}
