/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test that runs itself twice, as it is and with its sendfile(2) interposed,
 * and compares what the two runs printed, line by line; same.h judges.
 */
#ifndef ZCOPY_TESTS_INTERPOSED_H
#define ZCOPY_TESTS_INTERPOSED_H

#include <stdbool.h>

/* Two lines of the same number; either is NULL where that run has no more. */
typedef void (*interposed_line_fn)(const char *plain, const char *interposed);

struct interposed {
	unsigned int processes;
	unsigned long long calls, taken, bytes;
};

/*
 * Runs "SELF WORD" both ways, hands on all pairs of lines, and sums up the
 * report of the second run.
 */
struct interposed interposed_compare(const char *word, interposed_line_fn line);

/* What a program does, in a process of its own; it prints what came of it. */
struct situation {
	const char *name;
	void (*run)(void);
	bool slow;		/* not for the debug guest */
};

#define S(row)	{ .name = #row, .run = s_##row }

/* A line of each, up to one without a name; @prepare is called in each process. */
int situations_print(const struct situation *s, void (*prepare)(void));
/* It is to be held here. */
bool situation_fits(const struct situation *s);
/* Of a process that ended otherwise than by itself, or by a signal that it meant */
#define SITUATION_DIED	" DIED"

/* The lowest descriptor above 2 by the name of the device; -1: there is none */
int interposed_device(void);

#endif
