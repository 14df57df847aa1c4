// SPDX-License-Identifier: GPL-2.0
/*
 * A security module is asked about each stretch in the thread that reads it: with the
 * submitter's credentials, but for a worker in a worker's name, cgroup and audit session.
 * A record that the module has audited tells these.  SEND to one socket is read by the
 * submitter.
 *
 * needs: zcopy nl
 * guest: timeout=60
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroups.h"
#include "counters.h"
#include "fixture.h"
#include "ktap.h"
#include "ways.h"

/* More than the first turn, which the submitter may run */
#define SIZE	(4 * (off_t)MIB)
#define TRACEFS	"/sys/kernel/tracing"
#define CGROUP	"submitters"
#define SESSION	"4711"

static bool trace_begins(void)
{
	if (access(TRACEFS "/kprobe_events", W_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	return !shell("cd " TRACEFS " 2>/dev/null && "
		      "echo p:zct/asked security_file_permission 2>/dev/null >kprobe_events");
}

static void trace_ends(void)
{
	shell("cd " TRACEFS " && echo 0 >events/zct/enable; echo >kprobe_events");
}

/* Thread of a line of the trace, which begins with its name, "-" and its number; or 0 */
static pid_t asked_in(const char *line, char *name, size_t len)
{
	const char *end = strstr(line, " [");
	const char *dash = end;

	if (!end || !strstr(line, " asked:"))
		return 0;
	while (*line == ' ')
		line++;
	while (dash > line && *dash != '-')
		dash--;
	snprintf(name, len, "%.*s", (int)(dash - line), line);
	return atoi(dash + 1);
}

/* Has the one line of a file in /proc/PID this end? */
static bool tells(pid_t pid, const char *file, const char *end)
{
	char path[64], text[200] = "";
	size_t n, len = strlen(end);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	while (n && text[n - 1] == '\n')
		text[--n] = 0;
	return n >= len && !strcmp(text + n - len, end);
}

static void one(const struct way *w, int file, bool audits)
{
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	unsigned int workers = 0, mine = 0;
	struct reader readers[WAY_SOCKETS];
	struct pair p[WAY_SOCKETS];
	char line[400], name[40];
	bool own = true, nothing;
	FILE *f;

	for (unsigned int i = 0; i < w->socks; i++) {
		p[i] = pair_loopback(AF_INET);
		reader_expect(&readers[i], p[i].far, SIZE);
	}
	shell("cd " TRACEFS " && echo >trace && echo 1 >events/zct/enable");
	ktap_ok(!way_run(w, &list, p), "%s: it ends", w->name);
	shell("echo 0 >" TRACEFS "/events/zct/enable");
	f = fopen(TRACEFS "/trace", "re");
	while (f && fgets(line, sizeof(line), f)) {
		pid_t pid = asked_in(line, name, sizeof(name));

		mine += pid == getpid();
		if (!pid || strncmp(name, "zcopy/", 6))
			continue;
		workers++;
		nothing = tells(pid, "cgroup", "::/") &&
			  (!audits || tells(pid, "loginuid", "4294967295"));
		/* An idle worker stays for seconds; one that has left tells nothing. */
		own &= nothing || kill(pid, 0);
	}
	if (f)
		fclose(f);
	if (w->here)
		ktap_ok(mine && !workers, "%s: asked in the submitter (%u)", w->name, mine);
	else
		ktap_ok(workers && own, "%s: asked in workers, which have nothing of its (%u)",
			w->name, workers);
	for (unsigned int i = 0; i < w->socks; i++) {
		reader_join(&readers[i]);
		pair_close(&p[i]);
	}
}

int main(void)
{
	bool audits;
	int file;

	if (!trace_begins())
		ktap_skip_all("no probes in this kernel");
	cgroups_open("+cpu");
	if (!cgroup_make(CGROUP) || !cgroup_put(CGROUP, "cgroup.procs", "%d", getpid()))
		ktap_skip_all("no cgroups in this kernel");
	audits = !shell("echo " SESSION " 2>/dev/null >/proc/%d/loginuid", getpid());
	if (!ktap_ok(!audits || tells(getpid(), "loginuid", SESSION), "it has a session"))
		audits = false;
	file = file_to_read("file", SIZE);
	for (unsigned int i = 0; i < WAYS; i++) {
		if (way_possible(&ways[i]))
			one(&ways[i], file, audits);
	}
	close(file);
	trace_ends();
	cgroup_put("", "cgroup.procs", "%d", getpid());
	ktap_ok(cgroup_remove(CGROUP), "the cgroup goes");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
