/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many bytes of the content under test instructions load and store, whichever
 * routine does it.  The content consists of one unusual byte (MARK_CONTENT), so that
 * any part of it looks the same wherever a copy begins.  Single bytes do not count:
 * too many of them look like content by chance.
 */
#ifndef BENCH_CONTENT_H
#define BENCH_CONTENT_H

#include <stdint.h>

#include "../mark.h"

struct content_counts {
	uint64_t loaded, stored;	/* bytes */
};

/* The bytes of an access of 1 << @shift bytes, up to 8, that are content: all or none */
static inline unsigned int content_bytes(uint64_t value, unsigned int shift)
{
	uint64_t all = ~0ULL / 0xff * MARK_CONTENT;
	unsigned int bits = 8U << shift;

	if (!shift || shift > 3)
		return 0;
	return (value ^ all) << (64 - bits) ? 0 : 1U << shift;
}

#endif
