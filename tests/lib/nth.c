// SPDX-License-Identifier: GPL-2.0
/*
 * Makes allocations fail through the kernel's fault injection.  See nth.h.
 */
#include "nth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const points[] = { "failslab", "fail_page_alloc",
				      "fail_usercopy" };

static bool nth_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 &&
		    write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool nth_set(const char *point, const char *name, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", point, name);
	return nth_write(path, value);
}

bool nth_setup(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		nth_set(points[i], "verbose", "0");
		nth_set(points[i], "ignore-gfp-wait", "N");
		nth_set(points[i], "ignore-gfp-highmem", "N");
		nth_set(points[i], "min-order", "0");
		nth_set(points[i], "probability", "0");
	}
	return nth_set(points[0], "verbose", "0") &&
	       nth_write("/proc/thread-self/fail-nth", "0");
}

void nth_begin(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	nth_write("/proc/thread-self/fail-nth", text);
}

bool nth_end(void)
{
	char text[16] = "";
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	bool failed = len > 0 && !atoi(text);

	if (fd >= 0)
		close(fd);
	/* The injected failure may have hit this very open or read. */
	if (len <= 0)
		failed = true;
	nth_write("/proc/thread-self/fail-nth", "0");
	return failed;
}

/*
 * Allocations made by code between two addresses fail with a chance of @percent, at
 * most @times times ("-1": without limit).
 */
static void nth_range(unsigned long long from, unsigned long long to,
		      unsigned int percent, const char *times)
{
	char text[32];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "0x%llx", from);
		nth_set(points[i], "require-start", text);
		snprintf(text, sizeof(text), "0x%llx", to);
		nth_set(points[i], "require-end", text);
		nth_set(points[i], "stacktrace-depth", "32");
		nth_set(points[i], "times", times);
		nth_set(points[i], "task-filter", "N");
		snprintf(text, sizeof(text), "%u", percent);
		nth_set(points[i], "probability", text);
	}
}

static void nth_nobody(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		nth_set(points[i], "probability", "0");
}

void nth_module(unsigned int percent)
{
	unsigned long long base = 0, size = 0;
	char line[256];
	FILE *f;

	if (!percent) {
		nth_nobody();
		return;
	}
	f = fopen("/proc/modules", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "zcopy ", 6))
			sscanf(line, "zcopy %llu %*s %*s %*s %llx", &size, &base);
	}
	if (f)
		fclose(f);
	nth_range(base, base + size, percent, "-1");
}

/* The start of a kernel function and the start of the next one */
static bool read_range(const char *name, unsigned long long *from,
		       unsigned long long *to)
{
	char line[256], word[128];
	unsigned long long at;
	FILE *f;

	*from = 0;
	*to = 0;
	f = fopen("/proc/kallsyms", "r");
	while (f && !*from && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %127s", &at, word) == 2 &&
		    !strcmp(word, name))
			*from = at;
	}
	while (f && !*to && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx", &at) == 1 && at > *from)
			*to = at;
	}
	if (f)
		fclose(f);
	return *to;
}

/* A debug kernel takes a second to print its symbols, and none of them moves. */
static bool function_range(const char *name, unsigned long long *from,
			   unsigned long long *to)
{
	static struct {
		const char *name;
		unsigned long long from, to;
	} known[4];
	unsigned int i;

	for (i = 0; i < 4 && known[i].name; i++) {
		if (strcmp(known[i].name, name))
			continue;
		*from = known[i].from;
		*to = known[i].to;
		return true;
	}
	if (!read_range(name, from, to))
		return false;
	if (i < 4) {
		known[i].name = name;
		known[i].from = *from;
		known[i].to = *to;
	}
	return true;
}

/*
 * Kernel 6.12 (mm/slub.c) leaks the name of a cache that it cannot add to sysfs.
 * That leak is not the subject of the tests, so allocations there do not fail.
 */
static void nth_spare_the_kernel(void)
{
	unsigned long long from, to;
	char text[32];
	unsigned int i;

	if (!function_range("sysfs_slab_add", &from, &to))
		return;
	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "0x%llx", from);
		nth_set(points[i], "reject-start", text);
		snprintf(text, sizeof(text), "0x%llx", to);
		nth_set(points[i], "reject-end", text);
	}
}

bool nth_function(const char *name, unsigned int percent)
{
	unsigned long long from, to;

	if (!percent) {
		nth_nobody();
		return true;
	}
	if (!function_range(name, &from, &to))
		return false;
	nth_spare_the_kernel();
	nth_range(from, to, percent, "1");
	return true;
}
