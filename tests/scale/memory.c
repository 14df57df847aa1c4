// SPDX-License-Identifier: GPL-2.0
/* What the kernel reports of its memory and its threads; see slow.h. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "slow.h"

uint64_t slab_bytes(const char *cache)
{
	FILE *f = fopen("/proc/slabinfo", "re");
	unsigned long active, size;
	char line[512], name[64];
	uint64_t sum = 0;

	if (!f)
		die("/proc/slabinfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lu %*u %lu", name, &active, &size) != 3)
			continue;
		if (!cache || !strcmp(name, cache))
			sum += (uint64_t)active * size;
	}
	fclose(f);
	return sum;
}

uint64_t memory_bytes(void)
{
	static const char *const keys[] = {
		"Slab:", "KernelStack:", "PageTables:", "AnonPages:",
	};
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t sum = 0;
	char line[128];

	if (!f)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		for (unsigned int i = 0; i < 4; i++) {
			size_t n = strlen(keys[i]);
			unsigned long kib;

			if (!strncmp(line, keys[i], n) &&
			    sscanf(line + n, "%lu", &kib) == 1)
				sum += kib * KIB;
		}
	fclose(f);
	return sum;
}

/*
 * Counts kernel threads whose names begin with @prefix; if @busy, without idle ones,
 * which are in the state "I".
 */
static unsigned int workers(const char *prefix, bool busy)
{
	DIR *d = opendir("/proc");
	unsigned int nr = 0;
	struct dirent *e;

	if (!d)
		die("/proc");
	while ((e = readdir(d))) {
		char path[300], comm[64], state;
		FILE *f;

		if (!isdigit(e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%*d (%63[^)]) %c", comm, &state) == 2 &&
		    !strncmp(comm, prefix, strlen(prefix)) && (!busy || state != 'I'))
			nr++;
		fclose(f);
	}
	closedir(d);
	return nr;
}

unsigned int workers_busy(void)
{
	return workers("zcopy/", true);
}

unsigned int kworkers(void)
{
	return workers("zcopy/", false) + workers("kworker/", false);
}
