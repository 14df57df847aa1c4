// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The caches that the benchmark simulates count the misses and write-backs that follow
 * from their size, their ways and LRU.
 * sources: tests/bench/plugin/cache.c
 */
#include "ktap.h"
#include "say.h"

#include "../bench/plugin/cache.h"

#define KIB	1024UL
#define MIB	(1024 * KIB)
#define L1_SETS		(CACHE_L1_BYTES / CACHE_LINE / CACHE_L1_WAYS)
#define LAST_SETS	(CACHE_LAST_BYTES / CACHE_LINE / CACHE_LAST_WAYS)

static struct caches c;

static void start(void)
{
	caches_exit(&c);
	if (!caches_init(&c))
		die("memory");
}

/* Accesses every 8 bytes; returns what that added to the counts. */
static struct cache_counts pass(uint64_t from, uint64_t bytes, bool store)
{
	struct cache_counts was = c.counts;

	for (uint64_t at = from; at < from + bytes; at += 8)
		caches_access(&c, at, 8, store);
	return (struct cache_counts) {
		.accesses = c.counts.accesses - was.accesses,
		.l1_misses = c.counts.l1_misses - was.l1_misses,
		.last_misses = c.counts.last_misses - was.last_misses,
		.write_backs = c.counts.write_backs - was.write_backs,
	};
}

static void sequential(void)
{
	struct cache_counts n;

	start();
	n = pass(0, MIB, false);
	ktap_eq(n.accesses, MIB / 8, "each load is one access");
	ktap_eq(n.l1_misses, 16384, "1 MiB: each line misses the first level");
	ktap_eq(n.last_misses, 16384, "and the last level");
	n = pass(0, MIB, false);
	ktap_eq(n.l1_misses, 16384, "again: it does not fit the first level");
	ktap_eq(n.last_misses, 0, "but the last level");
	ktap_eq(c.counts.write_backs, 0, "what was only read is not written back");

	start();
	pass(0, 48 * KIB, false);
	n = pass(0, 48 * KIB, false);
	ktap_eq(n.l1_misses, 0, "48 KiB fit the first level");
	pass(0, 2 * MIB, false);
	n = pass(0, 2 * MIB, false);
	ktap_eq(n.last_misses, 0, "2 MiB fit the last level");
	pass(0, 4 * MIB, false);
	n = pass(0, 4 * MIB, false);
	ktap_eq(n.last_misses, 65536, "of 4 MiB in turn LRU keeps nothing");
}

static void stores(void)
{
	struct cache_counts n;

	start();
	n = pass(0, MIB, true);
	ktap_eq(n.last_misses, 16384, "a store reads its line first");
	ktap_eq(n.write_backs, 0, "what fits is not written back");
	n = pass(16 * MIB, 2 * MIB, false);
	ktap_eq(n.write_backs, 16384, "displaced dirty lines are written back");
	n = pass(32 * MIB, 2 * MIB, false);
	ktap_eq(n.write_backs, 0, "once");

	start();
	for (int i = 0; i < 4; i++)
		pass(i * 4 * MIB, 4 * MIB, true);
	n = pass(64 * MIB, 4 * MIB, false);
	ktap_eq(c.counts.write_backs, 16 * MIB / 64, "each of 16 MiB that were written");

	/* A line that stays dirty in the first level, while the last level loses it */
	start();
	caches_access(&c, 0, 8, true);
	for (uint64_t i = 1; i <= CACHE_LAST_WAYS; i++) {
		caches_access(&c, i * LAST_SETS * CACHE_LINE, 8, false);
		caches_access(&c, 0, 8, true);
	}
	ktap_eq(c.counts.write_backs, 0, "a dirty line in use is only in the first level");
	pass(64, CACHE_L1_BYTES, false);
	n = pass(CACHE_LAST_BYTES, CACHE_LAST_BYTES, false);
	ktap_eq(n.write_backs, 1, "and is written back through the last level");
}

/* Loads of @nr lines that share a set, in turn and again; returns the misses. */
static struct cache_counts conflict(unsigned int nr, uint64_t step)
{
	struct cache_counts was;

	start();
	for (unsigned int i = 0; i < nr; i++)
		caches_access(&c, i * step, 8, false);
	was = c.counts;
	for (unsigned int i = 0; i < nr; i++)
		caches_access(&c, i * step, 8, false);
	return (struct cache_counts) {
		.l1_misses = c.counts.l1_misses - was.l1_misses,
		.last_misses = c.counts.last_misses - was.last_misses,
	};
}

static void ways(void)
{
	ktap_eq(conflict(12, L1_SETS * CACHE_LINE).l1_misses, 0,
		"12 lines share a set of the first level");
	ktap_eq(conflict(13, L1_SETS * CACHE_LINE).l1_misses, 13, "13 do not");
	ktap_eq(conflict(16, LAST_SETS * CACHE_LINE).last_misses, 0,
		"16 lines share a set of the last level");
	ktap_eq(conflict(17, LAST_SETS * CACHE_LINE).last_misses, 17, "17 do not");

	start();
	for (unsigned int i = 0; i < 12; i++)
		caches_access(&c, i * L1_SETS * CACHE_LINE, 8, false);
	caches_access(&c, 0, 8, false);
	caches_access(&c, 12 * L1_SETS * CACHE_LINE, 8, false);
	caches_access(&c, 0, 8, false);
	ktap_eq(c.counts.l1_misses, 13, "the least recently used line has to go");
	caches_access(&c, L1_SETS * CACHE_LINE, 8, false);
	ktap_eq(c.counts.l1_misses, 14, "which is another one");
}

int main(void)
{
	sequential();
	stores();
	ways();

	start();
	caches_access(&c, 60, 8, false);
	ktap_eq(c.counts.l1_misses, 2, "an access across lines touches both");
	caches_access(&c, 127, 1, false);
	ktap_eq(c.counts.l1_misses, 2, "a byte touches one");
	caches_exit(&c);
	return ktap_done();
}
