/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test that runs itself twice, as it is and with its sendfile(2) interposed,
 * and compares what the two runs printed, line by line.
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

#endif
