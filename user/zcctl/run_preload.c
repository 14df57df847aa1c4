// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prepares a zcctl run: finds the library, reports what keeps it from working, and
 * adds it to LD_PRELOAD.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "run.h"
#include "units.h"

/* Find the library beside this program, as in a build tree, or where it is installed */
static bool find_library(char *path, size_t room)
{
	static const char *const beside[] = {
		"", "../lib/zcopy/"
	};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;
	size_t i;

	if (len > 0) {
		self[len] = '\0';
		dir = dirname(self);
		for (i = 0; i < ARRAY_SIZE(beside); i++) {
			snprintf(path, room, "%s/%s" SHIM_LIBRARY, dir, beside[i]);
			if (!access(path, R_OK))
				return true;
		}
	}
	snprintf(path, room, "%s/" SHIM_LIBRARY, ZCOPY_SHIMDIR);
	return !access(path, R_OK);
}

void run_missing(const struct zcctl *zc, const char *what, const char *hint)
{
	if (args_has(&zc->args, "quiet"))
		return;
	out_tell("zcctl: %s; the program runs with the kernel's own sendfile", what);
	if (hint)
		out_tell("       %s", hint);
}

static void check_device(const struct zcctl *zc)
{
	int fd = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC);
	char what[120];

	if (fd >= 0) {
		close(fd);
		return;
	}
	switch (errno) {
	case EACCES:
	case EPERM:
		run_missing(zc, "no permission on " ZCOPY_DEVICE,
			    "join the group zcopy, or be root");
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		run_missing(zc, "the module is not loaded",
			    "load it as root: modprobe zcopy");
		break;
	default:
		snprintf(what, sizeof(what), "cannot open " ZCOPY_DEVICE ": %s",
			 strerror(errno));
		run_missing(zc, what, "each of its processes tries for itself");
	}
}

/* Warn of seccomp filters, such as a container's; the program inherits them. */
static void check_filters(const struct zcctl *zc)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned int filters = 0;
	char line[256], hint[120];

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp_filters: %u", &filters) == 1)
			break;
	if (status)
		fclose(status);
	if (!filters || getenv(SHIM_FILTERS_ENV))
		return;
	snprintf(hint, sizeof(hint), "if ioctl(2) and fcntl(2) are allowed, set "
		 SHIM_FILTERS_ENV "=%u", filters);
	run_missing(zc, "there is a seccomp filter, which may forbid what the library calls",
		    hint);
}

/* The library takes no notice of settings that are no numbers. */
static void check_settings(const struct zcctl *zc)
{
	static const char *const names[] = { SHIM_LEAST_ENV, SHIM_FILTERS_ENV };
	const char *value;
	uint64_t number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		value = getenv(names[i]);
		if (value && units_parse_count(value, &number) &&
		    !args_has(&zc->args, "quiet"))
			out_tell("zcctl: %s is \"%.40s\", which is no number: it counts as not set",
				 names[i], value);
	}
}

int run_preload(const struct zcctl *zc, const struct program *program)
{
	const char *kept = getenv("LD_PRELOAD");
	char path[PATH_MAX + 64], *list;

	if (!find_library(path, sizeof(path))) {
		run_missing(zc, "there is no " SHIM_LIBRARY,
			    "it is looked for beside zcctl and in " ZCOPY_SHIMDIR);
		return 0;
	}
	if (strpbrk(path, " :")) {
		run_missing(zc, "the path of " SHIM_LIBRARY " has a space or a colon",
			    "the loader takes those for separators: install it elsewhere");
		return 0;
	}
	if (program->kind != PROGRAM_FITS)
		run_missing(zc, program->text, program->hint);
	/* musl's loader would not find the library's symbols and end the program. */
	if (program->kind == PROGRAM_MUSL)
		return 0;
	check_device(zc);
	check_settings(zc);
	check_filters(zc);
	if (asprintf(&list, "%s%s%s", path, kept && *kept ? ":" : "",
		     kept ? kept : "") < 0)
		return -ENOMEM;
	setenv("LD_PRELOAD", list, 1);
	free(list);
	return 0;
}
