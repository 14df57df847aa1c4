// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program without and with the interposer; see interposed.h.
 */
#include "interposed.h"

#include <fcntl.h>
#include <linux/zcopy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define LINE_ROOM	8192
#define HIGHEST		1100	/* the library's descriptors are below this */
#define SECONDS		120	/* for one situation */

static char *next_line(FILE *f, char *buf)
{
	char *line = f ? fgets(buf, LINE_ROOM, f) : NULL;

	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static unsigned long long number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static struct interposed read_report(void)
{
	FILE *f = fopen("report", "r");
	struct interposed sum = { 0 };
	char line[LINE_ROOM];

	while (next_line(f, line)) {
		sum.processes++;
		sum.calls += number(line, "\"calls\":");
		sum.taken += number(line, "\"taken\":");
		sum.bytes += number(line, "\"bytes\":");
	}
	if (!f)
		die("no report");
	fclose(f);
	return sum;
}

struct interposed interposed_compare(const char *word, interposed_line_fn line)
{
	char first[LINE_ROOM], second[LINE_ROOM], self[256];
	FILE *plain, *interposed;
	char *a, *b;
	long len = 0;

	plain = fopen("/proc/self/cmdline", "r");
	if (plain)
		len = fread(self, 1, sizeof(self) - 1, plain);
	if (len <= 0)
		die("who am I");
	fclose(plain);
	self[len] = '\0';
	shell("%s %s >plain 2>&1; echo status $? >>plain", self, word);
	/* The interposer is to take calls of any size. */
	setenv("ZCOPY_SENDFILE_LEAST", "0", 1);
	shell("zcctl run -r report -- %s %s >interposed 2>&1; echo status $? >>interposed",
	      self, word);
	plain = fopen("plain", "r");
	interposed = fopen("interposed", "r");
	for (;;) {
		a = next_line(plain, first);
		b = next_line(interposed, second);
		if (!a && !b)
			break;
		line(a, b);
	}
	fclose(plain);
	fclose(interposed);
	return read_report();
}

/* ---- situations ---- */

bool situation_fits(const struct situation *s)
{
	return !s->slow || !guest_is_debug();
}

static void print_one(const struct situation *s, void (*prepare)(void))
{
	int status = -1;

	printf("%s:", s->name);
	fflush(stdout);
	if (!fork()) {
		prepare();
		alarm(SECONDS * guest_scale());
		s->run();
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM)
		printf(" killed by %d", WTERMSIG(status));
	else if (status)
		printf(SITUATION_DIED);
	printf("\n");
}

int situations_print(const struct situation *s, void (*prepare)(void))
{
	for (; s->name; s++)
		if (situation_fits(s))
			print_one(s, prepare);
	return 0;
}

int interposed_device(void)
{
	char path[64], where[64];

	for (int fd = 3; fd < HIGHEST; fd++) {
		ssize_t n;

		/* A thousand links in /proc are dear to look for in a debug kernel. */
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, where, sizeof(where));
		if (n == (ssize_t)strlen(ZCOPY_DEVICE) &&
		    !memcmp(where, ZCOPY_DEVICE, n))
			return fd;
	}
	return -1;
}
