// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the counters of the processor: opens them in groups, so that the events of a group
 * are counted at the same times, and says in words why there are none.
 */
#include "bench_counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARANOID	"/proc/sys/kernel/perf_event_paranoid"

static const uint64_t events[BENCH_EVENTS] = {
	[BENCH_CYCLES] = PERF_COUNT_HW_CPU_CYCLES,
	[BENCH_INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
	/* generic; the last level, wherever a processor counts it */
	[BENCH_MISSES] = PERF_COUNT_HW_CACHE_MISSES,
};

/* What read(2) returns for a group; times in ns */
struct group_reading {
	uint64_t	nr, enabled, running;
	uint64_t	value[BENCH_EVENTS];
};

struct counter_group {
	int			fd[BENCH_EVENTS];	/* the first leads */
	struct group_reading	from;
};

static int paranoid(void)
{
	FILE *f = fopen(PARANOID, "r");
	int level = 0;

	if (f) {
		if (fscanf(f, "%d", &level) != 1)
			level = 0;
		fclose(f);
	}
	return level;
}

static void say_why(struct bench_counters *c, int err)
{
	if (err == EACCES || err == EPERM)
		snprintf(c->why_not, sizeof(c->why_not),
			 "no permission (kernel.perf_event_paranoid is %d)", paranoid());
	else if (err == ENOENT || err == EOPNOTSUPP || err == ENODEV)
		snprintf(c->why_not, sizeof(c->why_not),
			 "this machine does not have or show these counters");
	else
		snprintf(c->why_not, sizeof(c->why_not), "perf_event_open: %s",
			 strerror(err));
}

static void close_group(const struct counter_group *g)
{
	int i;

	for (i = 0; i < BENCH_EVENTS; i++)
		if (g->fd[i] >= 0)
			close(g->fd[i]);
}

/* Return: 0 or a positive errno. */
static int open_group(struct counter_group *g, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int i, err;

	memset(g->fd, -1, sizeof(g->fd));
	for (i = 0; i < BENCH_EVENTS; i++) {
		attr.config = events[i];
		attr.disabled = !i;
		g->fd[i] = syscall(SYS_perf_event_open, &attr, pid, cpu,
				   i ? g->fd[0] : -1, PERF_FLAG_FD_CLOEXEC);
		if (g->fd[i] >= 0)
			continue;
		err = errno;
		close_group(g);
		return err;
	}
	/* What joins a group that counts already need not be counted. */
	return ioctl(g->fd[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) ? errno : 0;
}

void bench_counters_open(struct bench_counters *c, bool machine)
{
	long cpus = machine ? sysconf(_SC_NPROCESSORS_CONF) : 1;
	int err = ENOENT;
	long i;

	memset(c, 0, sizeof(*c));
	c->groups = calloc(cpus, sizeof(*c->groups));
	for (i = 0; c->groups && i < cpus; i++) {
		err = machine ? open_group(&c->groups[c->nr], -1, i) :
				open_group(&c->groups[c->nr], 0, -1);
		if (!err)
			c->nr++;
		else if (err != ENODEV)	/* ENODEV: the CPU is offline */
			break;
	}
	if (c->nr && (!err || err == ENODEV))
		return;
	err = c->groups ? err : ENOMEM;
	bench_counters_close(c);
	say_why(c, err);
}

void bench_counters_close(struct bench_counters *c)
{
	while (c->nr)
		close_group(&c->groups[--c->nr]);
	free(c->groups);
	c->groups = NULL;
}

static void read_group(const struct counter_group *g, struct group_reading *r)
{
	if (read(g->fd[0], r, sizeof(*r)) != sizeof(*r))
		memset(r, 0, sizeof(*r));
}

void bench_counters_begin(struct bench_counters *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		read_group(&c->groups[i], &c->groups[i].from);
}

struct bench_count bench_counters_end(struct bench_counters *c)
{
	struct bench_count sum = { .counted = false };
	size_t i, e;

	for (i = 0; i < c->nr; i++) {
		const struct group_reading *from = &c->groups[i].from;
		struct group_reading to;
		double share;

		read_group(&c->groups[i], &to);
		if (to.running <= from->running)
			continue;
		share = (double)(to.enabled - from->enabled) / (to.running - from->running);
		for (e = 0; e < BENCH_EVENTS; e++)
			sum.n[e] += (to.value[e] - from->value[e]) * share;
		sum.counted = true;
	}
	return sum;
}
