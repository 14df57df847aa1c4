// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs of one lane may be bound to different CPUs, or weighed down by different nice
 * values.  If many of them share one slow CPU, they must not have all workers of the lane,
 * as these would be neither asleep nor of use.  So jobs that can run equally well are of
 * one kind: each kind has room of its own, and kinds take turns.
 *
 * There are as many kinds as a lane needs as a rule.  If it needs more, the last one has
 * the rest.  A kind without jobs is free for another.
 *
 * Pure arithmetic.  Takes no lock: the caller does.
 */
#include "kinds.h"

/* Nice values in a row that are alike: a third of the weight or more */
#define ZC_KINDS_NICE		5
#define ZC_KINDS_NICE_BITS	3

static bool zc_kinds_idle(const struct zc_kind *kind)
{
	return !kind->queued && !kind->running;
}

/**
 * zc_kinds_init - no jobs
 * @k: zeroed
 *
 * Context: Any.
 */
void zc_kinds_init(struct zc_kinds *k)
{
	k->kind[0].cpus = (u32)-1;
}

/**
 * zc_kinds_key - what tells jobs of one kind from others
 * @cpus: number that stands for the CPUs of the job; 0: all
 * @nice: nice value of the job
 *
 * Context: Any.
 * Return: the key, 0 for jobs without any bounds.
 */
u32 zc_kinds_key(u32 cpus, int nice)
{
	u32 slow = nice > 0 ? (nice + ZC_KINDS_NICE - 1) / ZC_KINDS_NICE : 0;

	return cpus << ZC_KINDS_NICE_BITS | slow;
}

/**
 * zc_kinds_find - the kind of a new job
 * @k: the jobs of its lane
 * @key: as zc_kinds_key() says
 * @cpus: how many such jobs can run at the same time
 *
 * Context: Any.
 * Return: index of the kind, where the job is to be counted.
 */
u32 zc_kinds_find(struct zc_kinds *k, u32 key, u32 cpus)
{
	u32 i, found = ZC_KINDS - 1;
	struct zc_kind *kind;

	if (!key)
		return 0;
	for (i = ZC_KINDS - 1; i; i--) {
		kind = &k->kind[i];
		if (zc_kinds_idle(kind)) {
			found = i;
		} else if (kind->key == key) {
			found = i;
			break;
		}
	}
	kind = &k->kind[found];
	if (zc_kinds_idle(kind)) {
		kind->key = key;
		kind->cpus = 0;
	}
	/* Only the last kind may have jobs with other keys. */
	if (kind->cpus < cpus)
		kind->cpus = cpus;
	return found;
}

/**
 * zc_kinds_next - the kind that runs next
 * @k: the jobs of a lane
 * @full: bits of kinds that are not to have any more jobs run
 *
 * Context: Any.
 * Return: index of a kind with a queued job, or -1.
 */
int zc_kinds_next(const struct zc_kinds *k, u32 full)
{
	u32 i;

	for (i = 0; i < ZC_KINDS; i++) {
		u32 at = (k->next + i) % ZC_KINDS;

		if (k->kind[at].queued && !(full & 1U << at))
			return at;
	}
	return -1;
}
