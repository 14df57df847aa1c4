/* SPDX-License-Identifier: GPL-2.0 */
/*
 * refuse.c - checks a refusal: its errno, its counter went up by one, and nothing
 * else changed
 */
#ifndef ZCOPY_TESTS_REFUSE_H
#define ZCOPY_TESTS_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#define REFUSE_COUNTERS	160

struct refuse {
	unsigned int nr;
	char name[REFUSE_COUNTERS][48];
	unsigned long long value[REFUSE_COUNTERS];
	unsigned int fds;
	int peer;		/* no byte may arrive here, -1: do not look */
};

/* Records all counters and descriptors before the call that is to be refused. */
void refuse_before(struct refuse *r, int peer);
/*
 * Compares after the call.  Returns NULL if only the counter "reject_<why>" went up
 * (@why NULL: no counter at all), else a sentence.
 */
const char *refuse_after(const struct refuse *r, const char *why);

#endif /* ZCOPY_TESTS_REFUSE_H */
