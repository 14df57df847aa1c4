// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The plugin of the benchmark recognizes a mark by its bytes, and sums up instructions
 * and misses of a row's rounds, not of what is between them.
 * sources: tests/bench/plugin/count.c
 */
#include "ktap.h"

#include "../bench/mark.h"
#include "../bench/plugin/count.h"

#define KERNEL	0xffffffff81000000ULL

static uint64_t counters[COUNTERS];
static struct caches c;
static struct content_counts content;
static char json[4096];

__attribute__((noinline)) static void marked(void)
{
	mark(MARK_ROW, 7);
}

static void marks(void)
{
	static const uint8_t want[] = MARK_BYTES;
	unsigned int found = 0;

	marked();
	for (const uint8_t *at = (const uint8_t *)marked; at < (uint8_t *)marked + 48; at++)
		found += !memcmp(at, want, sizeof(want));
	ktap_eq(found, 1, "a mark has the bytes that the plugin looks for");
}

static void work(unsigned int nr)
{
	counters[counter_of(0x401000, 5)] += nr;
	counters[counter_of(0x7fff00000000, 5)] += nr;
	counters[counter_of(KERNEL, 5)] += 10 * nr;
	c.counts.accesses += 8 * nr;
	c.counts.l1_misses += 4 * nr;
	c.counts.last_misses += 2 * nr;
	c.counts.write_backs += nr;
	content.loaded += 7 * nr;
	content.stored += 9 * nr;
}

static void rows(void)
{
	FILE *f = fmemopen(json, sizeof(json), "w");

	row_begin(counters, &c, &content);
	work(1);
	row_end(counters, &c, &content);
	row_start(7);
	work(100);
	row_begin(counters, &c, &content);
	work(2);
	counters[counter_of(KERNEL + 64, 2)] += 5;
	counter_of(KERNEL, 10);
	counter_of(KERNEL, 1);
	row_end(counters, &c, &content);
	work(1000);
	row_end(counters, &c, &content);
	row_begin(counters, &c, &content);
	work(3);
	row_end(counters, &c, &content);
	row_finish();
	row_finish();
	work(4);
	ktap_ok(f && rows_write(f) && !fclose(f), "rows are written");
	ktap_ok(!!strstr(json, "\"row\": 7, \"rounds\": 2, \"accesses\": 40, "
			 "\"l1_misses\": 20, \"last_misses\": 10, \"write_backs\": 5,"),
		"only rounds of a row count");
	ktap_ok(!!strstr(json, "\"content_loaded\": 35, \"content_stored\": 45,"),
		"so does content");
	ktap_ok(!!strstr(json, "\"user\": 10,"), "user space is summed up");
	ktap_ok(!!strstr(json, "[[\"ffffffff81000000\", 50, 10],\n  "
			 "[\"ffffffff81000040\", 5, 2]]"),
		"instructions of the kernel, by address, and the length of the longest block");
	ktap_ok(!strstr(strstr(json, "\"row\"") + 1, "\"row\""), "a row is written once");
}

static void contents(void)
{
	uint64_t eight = 0xa7a7a7a7a7a7a7a7;

	ktap_ok(content_bytes(eight, 3) == 8 && content_bytes(eight, 2) == 4 &&
		content_bytes(0xa7a7, 1) == 2, "content is known in each size");
	ktap_ok(!content_bytes(eight ^ 1, 3) && !content_bytes(eight ^ 1ULL << 63, 3) &&
		!content_bytes(0xa7a6, 1) && !content_bytes(0, 3),
		"and is nothing else");
	ktap_ok(content_bytes(eight ^ 1ULL << 63, 2) == 4,
		"bits above the size of an access do not count");
	ktap_ok(!content_bytes(0xa7, 0), "nor do single bytes");
}

int main(void)
{
	unsigned int i, first = counter_of(KERNEL, 5), last;

	marks();
	contents();
	rows();
	ktap_ok(first == counter_of(KERNEL, 5) && first != counter_of(KERNEL + 1, 5),
		"an address keeps its counter");
	for (i = 0; i < COUNTERS + 10; i++)
		last = counter_of(KERNEL + i, 5);
	ktap_ok(last < COUNTERS && last != first &&
		last == counter_of(KERNEL + COUNTERS + 100, 5),
		"when none is left, addresses share one");
	return ktap_done();
}
