// SPDX-License-Identifier: GPL-2.0
/*
 * A greedy pairwise generator; see pairwise.h.  Each row starts from a pair that is
 * still missing; each further dimension takes the value that covers the most
 * missing pairs.  Of several orders of the dimensions, the best row wins.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pairwise.h"

#define TRIES 12
#define UNSET 0xff

static unsigned char left[PAIRWISE_DIMS][PAIRWISE_VALUES][PAIRWISE_DIMS][PAIRWISE_VALUES];

static unsigned char bad[PAIRWISE_DIMS][PAIRWISE_VALUES][PAIRWISE_DIMS][PAIRWISE_VALUES];

static void mark_bad(const struct pairwise *p)
{
	memset(bad, 0, sizeof(bad));
	for (unsigned int i = 0; i < p->nr_never; i++) {
		const struct pairwise_never *n = &p->never[i];

		bad[n->dim_a][n->a][n->dim_b][n->b] = 1;
		bad[n->dim_b][n->b][n->dim_a][n->a] = 1;
	}
}

static uint32_t roll(void)
{
	static uint32_t state = 12345;

	state = state * 1664525 + 1013904223;
	return state >> 16;
}

/* New pairs that value @v of dimension @d adds to a row; -1: it does not fit. */
static int gain(const struct pairwise *p, const unsigned char *row,
		unsigned int d, unsigned int v)
{
	int n = 0;

	for (unsigned int e = 0; e < p->dims; e++) {
		if (e == d || row[e] == UNSET)
			continue;
		if (bad[d][v][e][row[e]])
			return -1;
		n += left[d][v][e][row[e]];
	}
	return n;
}

/* Fills the unset dimensions without backtracking: the caller tries again. */
static int fill_row(const struct pairwise *p, unsigned char *row)
{
	unsigned int start = roll() % p->dims, step = 1, total = 0;

	if (roll() % 2)
		step = p->dims - 1;
	for (unsigned int i = 0, d = start; i < p->dims; i++, d = (d + step) % p->dims) {
		unsigned int from = roll();
		int best = -1, best_v = -1;

		if (row[d] != UNSET)
			continue;
		for (unsigned int k = 0; k < p->values[d]; k++) {
			unsigned int v = (from + k) % p->values[d];
			int g = gain(p, row, d, v);

			if (g > best) {
				best = g;
				best_v = v;
			}
		}
		if (best_v < 0)
			return -1;
		row[d] = best_v;
		total += best;
	}
	return total;
}

static void take_row(struct pairwise *p, const unsigned char *row)
{
	p->rows = realloc(p->rows, (p->nr_rows + 1) * sizeof(*p->rows));
	if (!p->rows)
		die("memory for rows");
	memcpy(p->rows[p->nr_rows++], row, PAIRWISE_DIMS);
	for (unsigned int d = 0; d < p->dims; d++)
		for (unsigned int e = 0; e < p->dims; e++)
			if (d != e)
				left[d][row[d]][e][row[e]] = 0;
}

static bool cover(struct pairwise *p, unsigned int d, unsigned int v,
		  unsigned int e, unsigned int w)
{
	unsigned char best_row[PAIRWISE_DIMS];
	int best = -1;

	for (unsigned int t = 0; t < TRIES * (best < 0 ? 20 : 1); t++) {
		unsigned char row[PAIRWISE_DIMS];
		int g;

		memset(row, UNSET, sizeof(row));
		row[d] = v;
		row[e] = w;
		g = fill_row(p, row);
		if (g > best) {
			best = g;
			memcpy(best_row, row, sizeof(row));
		}
	}
	if (best < 0)
		return false;
	take_row(p, best_row);
	return true;
}

/* Calls @fn for each pair of values of two dimensions and adds up the results. */
static unsigned int each_pair(const struct pairwise *p,
			      unsigned int (*fn)(const struct pairwise *p,
						 unsigned int d, unsigned int v,
						 unsigned int e, unsigned int w))
{
	unsigned int n = 0;

	for (unsigned int d = 0; d < p->dims; d++)
		for (unsigned int e = d + 1; e < p->dims; e++)
			for (unsigned int v = 0; v < p->values[d]; v++)
				for (unsigned int w = 0; w < p->values[e]; w++)
					n += fn(p, d, v, e, w);
	return n;
}

static unsigned int want_pair(const struct pairwise *p, unsigned int d,
			      unsigned int v, unsigned int e, unsigned int w)
{
	(void)p;
	left[d][v][e][w] = left[e][w][d][v] = !bad[d][v][e][w];
	return left[d][v][e][w];
}

static unsigned int miss_pair(const struct pairwise *p, unsigned int d,
			      unsigned int v, unsigned int e, unsigned int w)
{
	if (bad[d][v][e][w])
		return 0;
	for (unsigned int i = 0; i < p->nr_rows; i++)
		if (p->rows[i][d] == v && p->rows[i][e] == w)
			return 0;
	return 1;
}

static unsigned int wrong_pair(const struct pairwise *p, unsigned int d,
			       unsigned int v, unsigned int e, unsigned int w)
{
	unsigned int n = 0;

	if (!bad[d][v][e][w])
		return 0;
	for (unsigned int i = 0; i < p->nr_rows; i++)
		n += p->rows[i][d] == v && p->rows[i][e] == w;
	return n;
}

bool pairwise_make(struct pairwise *p)
{
	memset(left, 0, sizeof(left));
	mark_bad(p);
	each_pair(p, want_pair);
	for (unsigned int d = 0; d < p->dims; d++)
		for (unsigned int v = 0; v < p->values[d]; v++)
			for (unsigned int e = d + 1; e < p->dims; e++)
				for (unsigned int w = 0; w < p->values[e]; w++)
					if (left[d][v][e][w] &&
					    !cover(p, d, v, e, w)) {
						note("no row for %u=%u with %u=%u",
						     d, v, e, w);
						return false;
					}
	return true;
}

unsigned int pairwise_missing(const struct pairwise *p)
{
	return each_pair(p, miss_pair);
}

unsigned int pairwise_wrong(const struct pairwise *p)
{
	return each_pair(p, wrong_pair);
}

unsigned int pairwise_pairs(const struct pairwise *p)
{
	mark_bad(p);
	return each_pair(p, want_pair);
}
