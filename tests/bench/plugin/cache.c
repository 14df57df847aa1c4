// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "cache.h"

/* An entry is a line's number above these bits; an empty entry is 0. */
#define DIRTY	1
#define VALID	2
#define BITS	2

static bool level_init(struct cache_level *l, size_t bytes, unsigned int ways)
{
	l->ways = ways;
	l->sets = bytes / CACHE_LINE / ways;
	l->entries = calloc(l->sets * ways, sizeof(*l->entries));
	return l->entries;
}

bool caches_init(struct caches *c)
{
	memset(c, 0, sizeof(*c));
	if (level_init(&c->l1, CACHE_L1_BYTES, CACHE_L1_WAYS) &&
	    level_init(&c->last, CACHE_LAST_BYTES, CACHE_LAST_WAYS))
		return true;
	caches_exit(c);
	return false;
}

void caches_exit(struct caches *c)
{
	free(c->l1.entries);
	free(c->last.entries);
}

/*
 * Makes @line the most recently used of its set.  Returns true if the level had it;
 * otherwise @displaced is the entry that had to go.
 */
static bool touch(struct cache_level *l, uint64_t line, bool store,
		  uint64_t *displaced)
{
	uint64_t *set = l->entries + (line & (l->sets - 1)) * l->ways;
	uint64_t want = line << BITS | VALID, entry = want;
	unsigned int i;
	bool hit;

	for (i = 0; i < l->ways - 1; i++)
		if ((set[i] & ~DIRTY) == want)
			break;
	hit = (set[i] & ~DIRTY) == want;
	if (hit)
		entry = set[i];
	else
		*displaced = set[i];
	for (; i; i--)
		set[i] = set[i - 1];
	set[0] = entry | (store ? DIRTY : 0);
	return hit;
}

/* Takes a line from the first level, or reads it from memory for the first level. */
static void last_level(struct caches *c, uint64_t line, bool whole)
{
	uint64_t displaced;

	if (touch(&c->last, line, whole, &displaced))
		return;
	if (!whole)
		c->counts.last_misses++;
	if (displaced & DIRTY)
		c->counts.write_backs++;
}

void caches_access(struct caches *c, uint64_t addr, size_t size, bool store)
{
	uint64_t line = addr / CACHE_LINE, end = (addr + size - 1) / CACHE_LINE;

	for (; line <= end; line++) {
		uint64_t displaced;

		c->counts.accesses++;
		if (touch(&c->l1, line, store, &displaced))
			continue;
		c->counts.l1_misses++;
		last_level(c, line, false);
		if (displaced & DIRTY)
			last_level(c, displaced >> BITS, true);
	}
}
