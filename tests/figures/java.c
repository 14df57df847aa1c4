// SPDX-License-Identifier: GPL-2.0
/*
 * The two programs of 2008, in Java.  A JVM runs for all sizes of one way: it gets a size
 * and a connection, and tells when its first call began (Programs2008.java).  So neither
 * its start counts nor, after the first sizes, what its compiler does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"

/* The script of the guest has made the root, with the library, the class and the file. */
#define JAVA_ROOT	"/run/java"
#define PRELOAD		"LD_PRELOAD=/libzcopy-sendfile.so"

static struct {
	pid_t pid;
	clockid_t cpu;
	FILE *to, *from;
} jvm;

const struct way java_ways[] = {
	{ .name = "java_read_write" },
	{ .name = "java_transfer_to" },
	{ .name = "java_read_write_interposed" },
	{ .name = "java_transfer_to_interposed" },
	{ 0 },
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

static _Noreturn void run(const struct way *w, int in, int out)
{
	static char preload[] = PRELOAD;
	bool interposed = ends_with(w->name, "_interposed");
	bool transfer = !strncmp(w->name, "java_transfer", 13);

	OR_FAIL(dup2(in, STDIN_FILENO));
	OR_FAIL(dup2(out, STDOUT_FILENO));
	OR_FAIL(chroot(JAVA_ROOT));
	OR_FAIL(chdir("/"));
	if (interposed)
		putenv(preload);
	execl("/usr/bin/java", "java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", "/classes",
	      "Programs2008", transfer ? "transfer" : "traditional", "/cache/file",
	      devices[DEVICE_VETH].far_address, NULL);
	fail("java");
}

static void fail_with_java(void)
{
	int status = 0;

	if (waitpid(jvm.pid, &status, 0) == jvm.pid)
		fprintf(stderr, "figures: java ended with status %x\n", status);
	exit(1);
}

/* The number in the next line that Java prints after @word */
static uint64_t told(const char *word)
{
	unsigned long long n;
	char line[128], is[32];

	if (!fgets(line, sizeof(line), jvm.from) ||
	    sscanf(line, "%31s %llu", is, &n) != 2 || strcmp(is, word))
		fail_with_java();
	return n;
}

void java_begin(const struct way *w)
{
	int to[2], from[2];

	OR_FAIL(pipe(to));
	OR_FAIL(pipe(from));
	fflush(NULL);
	OR_FAIL(jvm.pid = fork());
	if (!jvm.pid) {
		close(to[1]);
		close(from[0]);
		run(w, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	jvm.to = fdopen(to[1], "w");
	jvm.from = fdopen(from[0], "r");
	if (!jvm.to || !jvm.from)
		fail("java");
	told("ready");
	errno = clock_getcpuclockid(jvm.pid, &jvm.cpu);
	if (errno)
		fail("java's clock");
}

/* Java connects when it has the size, and begins when it is told to. */
void java_round(struct row *r, const struct link *l)
{
	uint64_t own, start;

	fprintf(jvm.to, "%zu\n", r->j->size);
	fflush(jvm.to);
	told("connected");
	link_expect(l, r->j->size);
	own = now_ns(jvm.cpu);
	fprintf(jvm.to, "go\n");
	fflush(jvm.to);
	start = told("began");
	r->total = link_done(l) - start;
	told("sent");
	r->sender = now_ns(jvm.cpu) - own;
	fprintf(jvm.to, "close\n");
	fflush(jvm.to);
	told("closed");
}

void java_end(void)
{
	int status = 0;

	fclose(jvm.to);
	waitpid(jvm.pid, &status, 0);
	fclose(jvm.from);
	if (status) {
		fprintf(stderr, "figures: java ended with status %x\n", status);
		exit(1);
	}
}
