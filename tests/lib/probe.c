// SPDX-License-Identifier: GPL-2.0
/*
 * Probes through tracefs; see probe.h.  The trace buffer is read only after the
 * probes are disabled, so there must not be more events than it holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fixture.h"
#include "probe.h"

#define TRACEFS "/sys/kernel/tracing/"

static bool trace_write(const char *file, const char *text)
{
	char path[256];
	ssize_t len = strlen(text);
	bool done;
	int fd;

	snprintf(path, sizeof(path), TRACEFS "%s", file);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, text, len) == len;
	close(fd);
	return done;
}

bool probe_add(const char *function, unsigned int arg)
{
	static const char *const regs[] = { "di", "si", "dx", "cx", "r8", "r9" };
	const char *name = strchr(function, ':');
	char text[200];

	name = name ? name + 1 : function;
	if (access(TRACEFS "kprobe_events", W_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	snprintf(text, sizeof(text), "p:zct/%s %s bytes=%%%s:u32", name,
		 function, regs[arg - 1]);
	return trace_write("kprobe_events", text);
}

void probe_start(void)
{
	int fd = open(TRACEFS "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || !trace_write("buffer_size_kb", "8192") ||
	    !trace_write("events/zct/enable", "1"))
		die("starting probes");
	close(fd);
}

uint64_t probe_stop(uint64_t least, unsigned int *calls)
{
	unsigned long long n;
	uint64_t sum = 0;
	char line[512];
	FILE *f;

	if (!trace_write("events/zct/enable", "0"))
		die("stopping probes");
	f = fopen(TRACEFS "trace", "re");
	if (!f)
		die("reading the trace");
	*calls = 0;
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, " bytes=");

		if (!at || sscanf(at, " bytes=%llu", &n) != 1 || n < least)
			continue;
		sum += n;
		++*calls;
	}
	fclose(f);
	return sum;
}

void probe_remove(void)
{
	int fd = open(TRACEFS "kprobe_events", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}
