// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

/*
 * User space has the lower half of the addresses.  All of it shares one counter, and
 * so do blocks for which no counter is left.
 */
#define USER		0
#define NONE_LEFT	1
#define FIRST		2

#define SLOTS	(2 * COUNTERS)	/* a power of two */

struct row {
	struct row *next;
	uint32_t number;
	unsigned int rounds;
	struct cache_counts cache;
	struct content_counts content;
	unsigned int used;
	uint64_t counts[];
};

static uint64_t addrs[COUNTERS];	/* by counter */
static uint16_t lengths[COUNTERS];	/* of the longest block there, in instructions */
static unsigned int used = FIRST;
static uint32_t slots[SLOTS];		/* a hash table of counters */

static struct row *rows, **last = &rows;

static struct {
	bool on, in_round;
	uint32_t number;
	unsigned int rounds;
	struct cache_counts at_begin, cache;
	struct content_counts content_at_begin, content;
	uint64_t counts[COUNTERS];
} now;

static unsigned int find(uint64_t addr)
{
	uint32_t i = addr * 0x9e3779b97f4a7c15ULL >> 32 & (SLOTS - 1);

	if (!(addr >> 63))
		return USER;
	for (; slots[i]; i = (i + 1) & (SLOTS - 1))
		if (addrs[slots[i]] == addr)
			return slots[i];
	if (used == COUNTERS)
		return NONE_LEFT;
	addrs[used] = addr;
	slots[i] = used;
	return used++;
}

unsigned int counter_of(uint64_t addr, unsigned int length)
{
	unsigned int c = find(addr);

	if (c >= FIRST && lengths[c] < length)
		lengths[c] = length;
	return c;
}

void row_start(uint32_t number)
{
	memset(&now, 0, sizeof(now));
	now.on = true;
	now.number = number;
}

void row_begin(uint64_t *counters, const struct caches *c,
	       const struct content_counts *content)
{
	if (!now.on)
		return;
	now.in_round = true;
	now.at_begin = c->counts;
	now.content_at_begin = *content;
	memset(counters, 0, used * sizeof(*counters));
}

void row_end(const uint64_t *counters, const struct caches *c,
	     const struct content_counts *content)
{
	if (!now.in_round)
		return;
	now.in_round = false;
	now.rounds++;
	for (unsigned int i = 0; i < used; i++)
		now.counts[i] += counters[i];
	now.cache.accesses += c->counts.accesses - now.at_begin.accesses;
	now.cache.l1_misses += c->counts.l1_misses - now.at_begin.l1_misses;
	now.cache.last_misses += c->counts.last_misses - now.at_begin.last_misses;
	now.cache.write_backs += c->counts.write_backs - now.at_begin.write_backs;
	now.cache.unknown += c->counts.unknown - now.at_begin.unknown;
	now.content.loaded += content->loaded - now.content_at_begin.loaded;
	now.content.stored += content->stored - now.content_at_begin.stored;
}

void row_finish(void)
{
	size_t bytes = used * sizeof(now.counts[0]);
	struct row *r;

	if (!now.on)
		return;
	now.on = false;
	r = malloc(sizeof(*r) + bytes);
	if (!r) {
		fprintf(stderr, "zcopy plugin: no memory for row %u\n", now.number);
		return;
	}
	*r = (struct row) {
		.number = now.number, .rounds = now.rounds, .cache = now.cache,
		.content = now.content, .used = used,
	};
	memcpy(r->counts, now.counts, bytes);
	*last = r;
	last = &r->next;
}

static void row_write(const struct row *r, FILE *f)
{
	const char *comma = "";

	fprintf(f, "{\"row\": %u, \"rounds\": %u, \"accesses\": %" PRIu64
		", \"l1_misses\": %" PRIu64 ", \"last_misses\": %" PRIu64
		", \"write_backs\": %" PRIu64 ", \"unknown\": %" PRIu64
		",\n \"content_loaded\": %" PRIu64 ", \"content_stored\": %" PRIu64
		",\n \"user\": %" PRIu64
		", \"not_counted_by_address\": %" PRIu64 ", \"blocks\": [",
		r->number, r->rounds, r->cache.accesses, r->cache.l1_misses,
		r->cache.last_misses, r->cache.write_backs, r->cache.unknown,
		r->content.loaded, r->content.stored, r->counts[USER], r->counts[NONE_LEFT]);
	for (unsigned int i = FIRST; i < r->used; i++) {
		if (!r->counts[i])
			continue;
		fprintf(f, "%s[\"%" PRIx64 "\", %" PRIu64 ", %u]", comma, addrs[i],
			r->counts[i], lengths[i]);
		comma = ",\n  ";
	}
	fprintf(f, "]}");
}

bool rows_write(FILE *f)
{
	fprintf(f, "{\"caches\": \"%u KiB (%u ways) and %u KiB (%u ways)\", "
		"\"line_bytes\": %u, \"rows\": [\n",
		CACHE_L1_BYTES / 1024, CACHE_L1_WAYS, CACHE_LAST_BYTES / 1024,
		CACHE_LAST_WAYS, CACHE_LINE);
	for (const struct row *r = rows; r; r = r->next) {
		row_write(r, f);
		fprintf(f, r->next ? ",\n" : "\n");
	}
	fprintf(f, "]}\n");
	return !fflush(f) && !ferror(f);
}
