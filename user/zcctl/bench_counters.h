/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Counters of the processor, as perf_event_open(2) offers them: cycles, instructions and
 * misses of the last level of cache, of this thread and of the whole machine.
 */
#ifndef ZCCTL_BENCH_COUNTERS_H
#define ZCCTL_BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_event {
	BENCH_CYCLES,
	BENCH_INSTRUCTIONS,
	BENCH_MISSES,
	BENCH_EVENTS
};

/**
 * struct bench_count - what was counted
 * @counted: false if nothing was
 * @n: a number for each event; estimated if the processor had to share its counters for
 *     a part of the time
 */
struct bench_count {
	bool		counted;
	uint64_t	n[BENCH_EVENTS];
};

/**
 * struct bench_counters - the counters of one thing
 * @why_not: why nothing is counted, "" if it is counted
 * @nr: number of groups: one for a thread, one for each CPU for the machine
 * @groups: the groups, with a descriptor for each event
 */
struct bench_counters {
	char			why_not[96];
	size_t			nr;
	struct counter_group	*groups;
};

/**
 * bench_counters_open() - begin to count
 * @c: filled in; @why_not says whether it counts
 * @machine: count the whole machine, not this thread
 */
void bench_counters_open(struct bench_counters *c, bool machine);

/** bench_counters_close() - stop to count; also after nothing was counted */
void bench_counters_close(struct bench_counters *c);

/** bench_counters_begin() - note what the counters show now */
void bench_counters_begin(struct bench_counters *c);

/** bench_counters_end() - what was counted since bench_counters_begin() */
struct bench_count bench_counters_end(struct bench_counters *c);

/* bench_counts.c: how counts are shown; @thread and @machine are the two counters */

struct json_object;

/** bench_counts_json() - add a method's counts, or if it was measured why there are none */
void bench_counts_json(struct json_object *obj, bool measured,
		       const struct bench_counters *thread,
		       const struct bench_count *of_thread,
		       const struct bench_counters *machine,
		       const struct bench_count *of_machine);

/** bench_counts_heading() - print the columns' names; nothing if nothing is counted */
void bench_counts_heading(const struct bench_counters *thread,
			  const struct bench_counters *machine);

/** bench_counts_print() - print the columns of one of them, for each KiB of @bytes */
void bench_counts_print(const struct bench_counters *c, const struct bench_count *of,
			uint64_t bytes);

/** bench_counts_missing() - print what is not counted, and why */
void bench_counts_missing(const struct bench_counters *thread,
			  const struct bench_counters *machine);

#endif /* ZCCTL_BENCH_COUNTERS_H */
