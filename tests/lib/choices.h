/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values of each dimension that a guest tests, of all that there are, and the
 * pairwise rows of these.
 */
#ifndef ZCOPY_TESTS_CHOICES_H
#define ZCOPY_TESTS_CHOICES_H

#include "pairwise.h"

struct choices {
	unsigned char nr[PAIRWISE_DIMS];	/* chosen of each dimension */
	unsigned char values[PAIRWISE_DIMS][PAIRWISE_VALUES];
	struct pairwise_never never[PAIRWISE_VALUES * 8];
	struct pairwise rows;
};

/* Chooses the values 0 to @nr - 1, or those of a list, or one more. */
void choose_all(struct choices *c, unsigned int dim, unsigned int nr);
void choose_some(struct choices *c, unsigned int dim, const unsigned char *values,
		 unsigned int nr);
void choose_too(struct choices *c, unsigned int dim, unsigned char value);
/* Makes the rows; pairs that a rule forbids are in none.  False: see pairwise_make(). */
bool choices_make(struct choices *c, unsigned int dims,
		  const struct pairwise_never *rules, unsigned int nr_rules);
/* The value of a dimension in a row */
unsigned char choices_value(const struct choices *c, unsigned int row, unsigned int dim);

#endif
