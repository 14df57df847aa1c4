/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions by address, summed up for each row of the benchmark.  QEMU adds to a
 * counter each time that the block of instructions at an address runs; the counters
 * are in QEMU's memory, and this file gives them out, one to each address.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cache.h"
#include "content.h"

#define COUNTERS	(1 << 18)

/*
 * Returns the index of the counter for the block of @length instructions at @addr.  QEMU
 * seldom runs a shorter block from the same address, so instructions divided by the
 * greatest length tell how often a block ran; at a function's address, how often it was
 * called.
 */
unsigned int counter_of(uint64_t addr, unsigned int length);

/* A row is made of rounds; all is only counted between begin and end. */
void row_start(uint32_t number);
void row_begin(uint64_t *counters, const struct caches *c,
	       const struct content_counts *content);
void row_end(const uint64_t *counters, const struct caches *c,
	     const struct content_counts *content);
void row_finish(void);

/* Writes all finished rows as JSON; returns false if that failed. */
bool rows_write(FILE *f);

#endif
