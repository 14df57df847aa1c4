/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of values such that any two values of different dimensions meet in one
 * of them, but for pairs that cannot be; made greedily, the same at every run.
 */
#ifndef ZCOPY_TESTS_PAIRWISE_H
#define ZCOPY_TESTS_PAIRWISE_H

#include <stdbool.h>

#define PAIRWISE_DIMS 12
#define PAIRWISE_VALUES 16

/* A pair of values that no row has, and why. */
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

/* False if some pair fits into no row that keeps clear of the others. */
bool pairwise_make(struct pairwise *p);
/* Counts anew: pairs that neither occur nor are said to be impossible. */
unsigned int pairwise_missing(const struct pairwise *p);
/* Times that a pair said to be impossible occurs. */
unsigned int pairwise_wrong(const struct pairwise *p);
unsigned int pairwise_pairs(const struct pairwise *p);

#endif
