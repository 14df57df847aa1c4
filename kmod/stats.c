// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a network namespace and the table of their names.  Takes no lock.  A sum
 * over CPUs is exact only while no CPU counts.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>

#include "stats.h"

static const struct {
	const char *name;
	const char *help;
} zc_stats_table[ZC_STAT_NR] = {
#define X(name, help) [ZC_STAT_##name] = { #name, help },
	ZC_STATS(X)
#undef X
#define X(name, err, words) \
	[ZC_STAT_REJECT + ZC_REJECT_##name] = { "reject_" #name, "refused: " words },
	ZC_REJECTS(X)
#undef X
};

atomic_t zc_stats_devices = ATOMIC_INIT(0);
atomic_t zc_stats_held = ATOMIC_INIT(0);

/**
 * zc_stats_init - set up the counters of a namespace
 * @st: what to set up
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_stats_init(struct zc_stats *st)
{
	st->cpu = alloc_percpu(struct zc_stats_cpu);
	atomic_set(&st->active, 0);
	return st->cpu ? 0 : -ENOMEM;
}

/**
 * zc_stats_exit - free the counters of a namespace
 * @st: as set up by zc_stats_init()
 *
 * Context: May sleep.
 */
void zc_stats_exit(struct zc_stats *st)
{
	free_percpu(st->cpu);
	st->cpu = NULL;
}

/**
 * zc_stats_read - value of a counter
 * @st: the counters
 * @which: which one
 *
 * Context: Any.
 * Return: the sum over all CPUs; for a gauge, its value now.
 */
u64 zc_stats_read(const struct zc_stats *st, enum zc_stat which)
{
	u64 sum = 0;
	int cpu;

	switch (which) {
	case ZC_STAT_transfers_active:
		return atomic_read(&st->active);
	case ZC_STAT_devices_open:
		return atomic_read(&zc_stats_devices);
	case ZC_STAT_transfers_held:
		return atomic_read(&zc_stats_held);
	default:
		break;
	}
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(st->cpu, cpu)->v[which]);
	return sum;
}

/**
 * zc_stats_name - name of a counter
 * @which: which one
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_stats_name(enum zc_stat which)
{
	return zc_stats_table[which].name;
}

/**
 * zc_stats_help - description of a counter, one line
 * @which: which one
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_stats_help(enum zc_stat which)
{
	return zc_stats_table[which].help;
}
