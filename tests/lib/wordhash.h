/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash of a stream that does not depend on how the stream was cut into pieces.  It
 * takes words, because emulated machines take long for each byte.
 */
#ifndef ZCOPY_TESTS_WORDHASH_H
#define ZCOPY_TESTS_WORDHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wordhash {
	uint64_t value;
	uint64_t part;			/* the first bytes of the next word */
	unsigned int nr;		/* how many */
};

__attribute__((unused)) static void wordhash_word(struct wordhash *h, uint64_t word)
{
	h->value = (h->value ^ word) * 0x9e3779b97f4a7c15ULL;
	h->value ^= h->value >> 32;
}

__attribute__((unused)) static void wordhash_add(struct wordhash *h, const void *bytes,
						 size_t len)
{
	const unsigned char *at = bytes, *end = at + len;
	uint64_t word;

	while (at < end) {
		if (!h->nr && end - at >= 8) {
			memcpy(&word, at, 8);
			wordhash_word(h, word);
			at += 8;
			continue;
		}
		h->part |= (uint64_t)*at++ << (8 * h->nr++);
		if (h->nr == 8) {
			wordhash_word(h, h->part);
			h->part = h->nr = 0;
		}
	}
}

/* Of all bytes so far; none can follow. */
__attribute__((unused)) static uint64_t wordhash_end(struct wordhash *h)
{
	wordhash_word(h, h->part);
	wordhash_word(h, h->nr);
	return h->value;
}

#endif
