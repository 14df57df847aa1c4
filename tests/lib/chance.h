/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Repeatable random numbers for the fuzzers.  The seed is ZCOPY_SEED or the clock,
 * and is printed.  Each thread has its own state.
 */
#ifndef ZCOPY_TESTS_CHANCE_H
#define ZCOPY_TESTS_CHANCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct chance {
	uint64_t state;
};

__attribute__((unused)) static uint64_t chance_seed(void)
{
	const char *given = getenv("ZCOPY_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("# ZCOPY_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* xorshift64*; the multiplication makes neighbouring seeds very different. */
__attribute__((unused)) static void chance_start(struct chance *c, uint64_t seed)
{
	c->state = (seed + 1) * 0x9e3779b97f4a7c15ULL | 1;
}

__attribute__((unused)) static uint64_t chance(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dULL;
}

/* 0 to n-1 */
__attribute__((unused)) static unsigned int chance_of(struct chance *c,
						      unsigned int n)
{
	return (chance(c) >> 33) % n;
}

/* A number that is likely to break code: an edge value, or any value */
__attribute__((unused)) static uint64_t chance_number(struct chance *c)
{
	uint64_t one = 1;

	switch (chance_of(c, 8)) {
	case 0: return 0;
	case 1: return ~0ULL;
	case 2: return one << chance_of(c, 64);
	case 3: return (one << chance_of(c, 64)) - 1;
	case 4: return -(one << chance_of(c, 64));
	case 5: return chance_of(c, 300);
	case 6: return 4096 * chance_of(c, 20) + chance_of(c, 3) - 1;
	default: return chance(c);
	}
}

/* Overwrites some bytes or words of @what. */
__attribute__((unused)) static void chance_damage(struct chance *c, void *what,
						  size_t len)
{
	unsigned int times = 1 + chance_of(c, 3);
	uint8_t *at = what;

	while (times--) {
		uint64_t n = chance_number(c);
		size_t off, i, width = 1U << chance_of(c, 4);

		if (width > len)
			width = 1;
		off = chance_of(c, len / width) * width;
		for (i = 0; i < width; i++)
			at[off + i] = n >> (8 * i);
	}
}

#endif /* ZCOPY_TESTS_CHANCE_H */
