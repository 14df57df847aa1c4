// SPDX-License-Identifier: GPL-2.0
/* Cgroups for tests; see cgroups.h. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups.h"
#include "fixture.h"

#define TOP	"/sys/fs/cgroup"

static void path_of(char *path, size_t size, const char *name, const char *file)
{
	snprintf(path, size, TOP "/%s/%s", name, file);
}

/* The controllers that were enabled, as in "-cpu -io", and by which process */
static char disable[100];
static pid_t opener;

/* The next test is to run as in a guest of its own. */
static void cgroups_close(void)
{
	if (getpid() == opener)
		cgroup_put("", "cgroup.subtree_control", "%s", disable);
}

bool cgroups_open(const char *controllers)
{
	mount("none", TOP, "cgroup2", 0, NULL);
	snprintf(disable, sizeof(disable), "%s", controllers);
	for (char *at = disable; (at = strchr(at, '+')); )
		*at = '-';
	opener = getpid();
	atexit(cgroups_close);
	return cgroup_put("", "cgroup.subtree_control", "%s", controllers);
}

bool cgroup_make(const char *name)
{
	char path[200];

	path_of(path, sizeof(path), name, "");
	/* A test that failed may have left one behind. */
	rmdir(path);
	return !mkdir(path, 0755);
}

bool cgroup_remove(const char *name)
{
	char path[200];

	path_of(path, sizeof(path), name, "");
	for (unsigned int i = 0; i < 50 * guest_scale(); i++) {
		if (!rmdir(path))
			return true;
		sleep_ms(100);
	}
	return false;
}

bool cgroup_put(const char *name, const char *file, const char *fmt, ...)
{
	char path[200], text[100];
	va_list ap;
	bool done;
	int fd;

	path_of(path, sizeof(path), name, file);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return done;
}

long long cgroup_get(const char *name, const char *file, const char *word)
{
	char path[200], text[8192];
	const char *at;
	ssize_t n;
	int fd;

	path_of(path, sizeof(path), name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, word);
	return at ? atoll(at + strlen(word)) : -1;
}
