// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns how the processor's counts are shown: as JSON, as columns, and in words where
 * nothing is counted.
 */
#include "bench_counters.h"

#include <stdio.h>
#include <string.h>

#include "json.h"

static const char *why_not(const struct bench_counters *c, const struct bench_count *of)
{
	return *c->why_not ? c->why_not :
	       of->counted ? "" : "other programs use the counters";
}

void bench_counts_json(struct json_object *obj, bool measured,
		       const struct bench_counters *thread,
		       const struct bench_count *of_thread,
		       const struct bench_counters *machine,
		       const struct bench_count *of_machine)
{
	json_text(obj, "sender_not_counted",
		  measured ? why_not(thread, of_thread) : "");
	json_number(obj, "sender_cycles", of_thread->n[BENCH_CYCLES]);
	json_number(obj, "sender_instructions", of_thread->n[BENCH_INSTRUCTIONS]);
	json_number(obj, "sender_last_level_misses", of_thread->n[BENCH_MISSES]);
	json_text(obj, "machine_not_counted",
		  measured ? why_not(machine, of_machine) : "");
	json_number(obj, "machine_cycles", of_machine->n[BENCH_CYCLES]);
	json_number(obj, "machine_instructions", of_machine->n[BENCH_INSTRUCTIONS]);
	json_number(obj, "machine_last_level_misses", of_machine->n[BENCH_MISSES]);
}

void bench_counts_heading(const struct bench_counters *thread,
			  const struct bench_counters *machine)
{
	if (!*thread->why_not)
		printf("  %8s %8s %8s", "CYC/KiB", "INS/KiB", "MISS/KiB");
	if (!*machine->why_not)
		printf("  %8s %8s %8s", "ALL CYC", "ALL INS", "ALL MISS");
}

void bench_counts_print(const struct bench_counters *c, const struct bench_count *of,
			uint64_t bytes)
{
	double kib = bytes / 1024.0;

	if (*c->why_not)
		return;
	if (of->counted)
		printf("  %8.0f %8.0f %8.2f", of->n[BENCH_CYCLES] / kib,
		       of->n[BENCH_INSTRUCTIONS] / kib, of->n[BENCH_MISSES] / kib);
	else
		printf("  %8s %8s %8s", "-", "-", "-");
}

void bench_counts_missing(const struct bench_counters *thread,
			  const struct bench_counters *machine)
{
	const char *what = "Cycles, instructions and cache misses";
	const char *one = thread->why_not, *all = machine->why_not;

	if (*one && strcmp(one, all) == 0) {
		printf("%s were not counted: %s\n", what, one);
		return;
	}
	if (*one)
		printf("%s of the sender were not counted: %s\n", what, one);
	if (*all)
		printf("%s of the whole machine were not counted: %s\n", what, all);
}
