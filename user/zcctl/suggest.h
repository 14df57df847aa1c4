/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * suggest.c - the known word that a mistyped one is most like
 */
#ifndef ZCCTL_SUGGEST_H
#define ZCCTL_SUGGEST_H

#include <stddef.h>

/* struct suggest - a word that is not known, and the best of those tried so far */
struct suggest {
	const char *word;
	size_t len;
	const char *best;	/* NULL: none is like it */
	unsigned int edits;
};

/** suggest_begin() - begin with the first @len characters of @word */
struct suggest suggest_begin(const char *word, size_t len);

/**
 * suggest_try() - try a known word, which must stay valid
 *
 * A known word is alike if the given word begins it, or differs from it by one or two
 * typing errors: a letter missing, added or wrong, or two letters exchanged.
 */
void suggest_try(struct suggest *s, const char *known);

#endif
