// SPDX-License-Identifier: GPL-2.0
/*
 * Running a program plain and interposed; see interposed.h.
 */
#include "interposed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define LINE_ROOM	8192

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
	/* However few bytes: the calls are to be taken. */
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
