/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated hierarchy of two data caches with the replacement policy LRU.  Both
 * write back and allocate on write.  Neither includes the other: the last level keeps
 * a line whatever the first level does, and takes the dirty lines that the first level
 * displaces.  There is no prefetching and no instruction cache.
 */
#ifndef BENCH_CACHE_H
#define BENCH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LINE		64
#define CACHE_L1_BYTES		(48 * 1024)
#define CACHE_L1_WAYS		12
#define CACHE_LAST_BYTES	(2 * 1024 * 1024)
#define CACHE_LAST_WAYS		16

struct cache_counts {
	uint64_t accesses;	/* one for each line that a load or store touches */
	uint64_t l1_misses;
	uint64_t last_misses;	/* lines that memory had to deliver */
	uint64_t write_backs;	/* lines that went back to memory */
	uint64_t unknown;	/* accesses without an address, which are left out */
};

struct cache_level {
	uint64_t *entries;	/* by set, the most recently used entry of each set first */
	unsigned int sets;	/* a power of two */
	unsigned int ways;
};

struct caches {
	struct cache_level l1, last;
	struct cache_counts counts;
};

/* Returns false if there is no memory. */
bool caches_init(struct caches *c);
void caches_exit(struct caches *c);

/* A load or store of @size bytes at a physical address */
void caches_access(struct caches *c, uint64_t addr, size_t size, bool store);

#endif
