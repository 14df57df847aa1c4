// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Finds the known word that a mistyped one is most like.
 */
#include "suggest.h"

#include <limits.h>
#include <string.h>

#define LONGEST	24	/* longer words are like none */

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters to add, remove, replace, or exchange with their neighbours */
static unsigned int edits(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int d[LONGEST + 1][LONGEST + 1];
	size_t i, j;

	for (i = 0; i <= na; i++)
		d[i][0] = i;
	for (j = 0; j <= nb; j++)
		d[0][j] = j;
	for (i = 1; i <= na; i++) {
		for (j = 1; j <= nb; j++) {
			d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
					least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[na][nb];
}

struct suggest suggest_begin(const char *word, size_t len)
{
	return (struct suggest){ .word = word, .len = len, .edits = UINT_MAX };
}

void suggest_try(struct suggest *s, const char *known)
{
	size_t len = strlen(known);
	unsigned int n;

	if (s->len < 2 || s->len > LONGEST || len > LONGEST)
		return;
	n = edits(s->word, s->len, known, len);
	/* In a short word, two errors could make any other. */
	if (strncmp(s->word, known, s->len) && n > (s->len < 5 ? 1 : 2))
		return;
	if (n < s->edits) {
		s->best = known;
		s->edits = n;
	}
}
