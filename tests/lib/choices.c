// SPDX-License-Identifier: GPL-2.0
/* Chosen values, numbered for the pairwise generator; see choices.h. */
#include <string.h>

#include "choices.h"

void choose_all(struct choices *c, unsigned int dim, unsigned int nr)
{
	c->nr[dim] = 0;
	for (unsigned int i = 0; i < nr; i++)
		choose_too(c, dim, i);
}

void choose_some(struct choices *c, unsigned int dim, const unsigned char *values,
		 unsigned int nr)
{
	memcpy(c->values[dim], values, nr);
	c->nr[dim] = nr;
}

void choose_too(struct choices *c, unsigned int dim, unsigned char value)
{
	c->values[dim][c->nr[dim]++] = value;
}

static int index_of(const struct choices *c, unsigned int dim, unsigned int value)
{
	for (unsigned int i = 0; i < c->nr[dim]; i++)
		if (c->values[dim][i] == value)
			return i;
	return -1;
}

bool choices_make(struct choices *c, unsigned int dims,
		  const struct pairwise_never *rules, unsigned int nr_rules)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_rules; i++) {
		int a = index_of(c, rules[i].dim_a, rules[i].a);
		int b = index_of(c, rules[i].dim_b, rules[i].b);

		if (a < 0 || b < 0)
			continue;
		c->never[nr] = rules[i];
		c->never[nr].a = a;
		c->never[nr++].b = b;
	}
	c->rows = (struct pairwise) {
		.dims = dims, .values = c->nr, .never = c->never, .nr_never = nr,
	};
	return pairwise_make(&c->rows);
}

unsigned char choices_value(const struct choices *c, unsigned int row, unsigned int dim)
{
	return c->values[dim][c->rows.rows[row][dim]];
}
