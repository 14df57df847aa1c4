// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what was measured: a line for each row, and a JSON object for each in a file,
 * which begins with the processor that measured.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

static struct utsname kernel;
static FILE *json;

/* Reads a line of /proc/cpuinfo: what follows @key and a colon, without the newline. */
static void cpuinfo(const char *key, char *line, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char *colon = NULL;

	if (!f)
		fail("/proc/cpuinfo");
	while (!colon && fgets(line, room, f))
		if (!strncmp(line, key, strlen(key)))
			colon = strchr(line, ':');
	fclose(f);
	if (!colon)
		fail(key);
	colon[strcspn(colon, "\n")] = ' ';
	memmove(line, colon + 1, strlen(colon));
}

/*
 * Kernels copy with "rep movsb" on a processor with ERMS or FSRM.  A clock that counts
 * instructions then counts one for each byte.
 */
static void write_cpu(void)
{
	char model[256], flags[8192];

	cpuinfo("model name", model, sizeof(model));
	cpuinfo("flags", flags, sizeof(flags));
	fprintf(json, "{\"cpu\": \"%.*s\", \"erms\": %s, \"fsrm\": %s,\n\"rows\": [",
		(int)strlen(model) - 2, model + 1,
		strstr(flags, " erms ") ? "true" : "false",
		strstr(flags, " fsrm ") ? "true" : "false");
}

void rows_open(const char *path)
{
	OR_FAIL(uname(&kernel));
	if (!path)
		return;
	json = fopen(path, "w");
	if (!json)
		fail(path);
	write_cpu();
}

static uint64_t median(const uint64_t *sorted, unsigned int n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* The whole range of the rounds, in percent of the median */
static double spread(const uint64_t *sorted, unsigned int n)
{
	uint64_t middle = median(sorted, n);

	return middle ? 100.0 * (sorted[n - 1] - sorted[0]) / middle : 0;
}

static void add_figure(const struct bench_case *c, const char *name,
		       const uint64_t *sorted, unsigned int n)
{
	uint64_t ns = median(sorted, n);

	fprintf(json, ", \"ns_per_kib_%s\": %.1f, \"spread_%s\": %.2f",
		name, ns * 1024.0 / case_bytes(c), name, spread(sorted, n));
	if (c->header || c->how == DRINK_LOCKSTEP)
		fprintf(json, ", \"ns_per_response_%s\": %.0f", name,
			(double)ns / c->times);
}

void rows_add(const struct bench_case *c, const struct job *j, const struct method *m,
	      const struct figures *f)
{
	double kib = case_bytes(c) / 1024.0;
	static bool later;

	printf("%-16.16s %-16s %-16s %8.0f %8.0f\n", kernel.release, c->name,
	       m->name, median(f->total, f->nr) / kib, median(f->sender, f->nr) / kib);
	fflush(stdout);
	if (!json)
		return;
	fprintf(json, "%s{\"kernel\": \"%s\", \"case\": \"%s\", \"method\": \"%s\", \"size\": %zu",
		later ? ",\n" : "\n", kernel.release, c->name, m->name, c->size);
	fprintf(json, ", \"rounds\": %u", f->nr);
	add_figure(c, "total", f->total, f->nr);
	add_figure(c, "sender", f->sender, f->nr);
	add_figure(c, "receiver", f->receiver, f->nr);
	fprintf(json, ", \"mark\": %u, \"marked_bytes\": %zu", f->mark,
		f->nr * case_bytes(c));
	if (c->header || c->how == DRINK_LOCKSTEP)
		fprintf(json, ", \"marked_responses\": %u, \"answers\": %u",
			f->nr * c->times, c->how != DRINK_LOCKSTEP ? 0 :
			f->nr * c->times / (m->files ? m->files : 1));
	if (c->ring)
		fprintf(json, ", \"connections\": %u, \"passes\": %u, \"least_pipe\": %zu",
			c->ring, case_passes(c), uring_least_pipe(j));
	fprintf(json, "}");
	later = true;
}

void rows_close(void)
{
	if (json && (fprintf(json, "\n]}\n") < 0 || fclose(json)))
		fail("json");
}
