/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes rows of values in which any two values of different dimensions meet in at
 * least one row, except for pairs that are impossible.  The algorithm is greedy and
 * gives the same rows in every run.
 */
#ifndef ZCOPY_TESTS_PAIRWISE_H
#define ZCOPY_TESTS_PAIRWISE_H

#include <stdbool.h>

#define PAIRWISE_DIMS 12
#define PAIRWISE_VALUES 16

/* A pair of values that is impossible, and why. */
struct pairwise_never {
	unsigned char dim_a, a;
	unsigned char dim_b, b;
	const char *why;
};

struct pairwise {
	unsigned int dims;
	const unsigned char *values;		/* of each dimension */
	const struct pairwise_never *never;
	unsigned int nr_never;
	unsigned char (*rows)[PAIRWISE_DIMS];	/* made */
	unsigned int nr_rows;
};

/* False if some possible pair fits into no row without an impossible pair. */
bool pairwise_make(struct pairwise *p);
/* Counts in the rows: possible pairs that do not occur. */
unsigned int pairwise_missing(const struct pairwise *p);
/* Counts in the rows: occurrences of impossible pairs. */
unsigned int pairwise_wrong(const struct pairwise *p);
unsigned int pairwise_pairs(const struct pairwise *p);

#endif
