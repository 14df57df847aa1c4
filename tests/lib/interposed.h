/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test that runs itself twice, without and with its sendfile(2) interposed, and
 * compares the output of the two runs line by line. same.h gives the verdict.
 */
#ifndef ZCOPY_TESTS_INTERPOSED_H
#define ZCOPY_TESTS_INTERPOSED_H

#include <stdbool.h>

/* Two lines with the same line number; NULL where a run has no more lines. */
typedef void (*interposed_line_fn)(const char *plain, const char *interposed);

struct interposed {
	unsigned int processes;
	unsigned long long calls, taken, bytes;
};

/*
 * Runs "SELF WORD" both ways, calls @line for each pair of lines, and sums up the
 * report of the second run.
 */
struct interposed interposed_compare(const char *word, interposed_line_fn line);

/* What a program does, in a process of its own; it prints the outcome. */
struct situation {
	const char *name;
	void (*run)(void);
	bool slow;		/* too slow for the debug guest */
};

#define S(row)	{ .name = #row, .run = s_##row }

/*
 * Prints a line for each situation, up to an entry without a name; @prepare is
 * called in each process.
 */
int situations_print(const struct situation *s, void (*prepare)(void));
/* True if the situation is to run in this guest. */
bool situation_fits(const struct situation *s);
/* Printed for a process that failed or hung: exit status not 0, or SIGALRM */
#define SITUATION_DIED	" DIED"

/* The lowest descriptor above 2 that is the device; -1: there is none */
int interposed_device(void);

#endif
