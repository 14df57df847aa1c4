// SPDX-License-Identifier: GPL-2.0
/*
 * What workers do for a process and what the process does itself stay within cpu.max of
 * its cgroup, and of a cgroup above it, through every door.  A busy process has half as
 * much again.  Other users keep their speed.
 *
 * needs: zcopy nl
 * guest: timeout=180 skip-on=debug alone=yes
 */
#include "ktap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroups.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "flows.h"

#define LIMITED		"limited"
#define INNER		LIMITED "/inner"
#define USER		1000
#define NEIGHBOUR	1100
#define PERCENT		5
#define FOR_MS		2000
#define ROUNDS		8

/* CPU time of a cgroup and of workers, in percent of one CPU */
struct use {
	const char *cgroup, *workers;
	double least, most;		/* of the workers, of the sum */
	double by_cgroup, by_workers, sum;
	uint64_t t, cgroup_us, workers_ns;
};

/* As much as the limit, give or take a little */
#define LIMITED_USE(c, w) \
	((struct use){ .cgroup = (c), .workers = (w), .least = PERCENT * 0.6, \
		       .most = PERCENT * 1.15 })

static void use_begins(struct use *u)
{
	u->cgroup_us = cgroup_get(u->cgroup, "cpu.stat", "usage_usec ");
	u->workers_ns = users_workers_ns(u->workers);
	u->t = now_ns();
}

static bool use_ends(struct use *u)
{
	double t = now_ns() - u->t;

	u->by_workers = (users_workers_ns(u->workers) - u->workers_ns) * 100 / t;
	u->by_cgroup = (cgroup_get(u->cgroup, "cpu.stat", "usage_usec ") - u->cgroup_us) *
		       100000.0 / t;
	u->sum = u->by_workers + u->by_cgroup;
	return u->by_workers >= u->least && u->sum <= u->most;
}

/*
 * Measures until all are within their bounds, for several rounds: what the host does while
 * a worker has a CPU of the guest counts as the worker's time, and paying that debt takes
 * a while.
 */
static void measure(struct use *u, unsigned int nr)
{
	bool all = false;

	/* The first turns, which use what was saved up, and the debts of these */
	sleep_ms(1000);
	for (unsigned int i = 0; i < nr; i++)
		use_begins(&u[i]);
	for (unsigned int round = 0; round < ROUNDS && !all; round++) {
		sleep_ms(FOR_MS);
		all = true;
		for (unsigned int i = 0; i < nr; i++)
			all &= use_ends(&u[i]);
	}
}

static void use_ok(const struct use *u, const char *what)
{
	ktap_ok(u->sum <= u->most, "%s: no more than %.1f %%: workers %.1f %%, processes %.1f %%",
		what, u->most, u->by_workers, u->by_cgroup);
	ktap_ok(u->by_workers >= u->least, "%s: workers have a part", what);
}

/* A new cgroup has no debt. */
static void limited_begins(const char *name)
{
	if (!cgroup_make(name) ||
	    !cgroup_put(name, "cpu.max", "%u 100000", PERCENT * 1000))
		die("a limited cgroup");
}

static void limited_ends(const char *name)
{
	ktap_ok(cgroup_remove(name), "the cgroup can be removed");
}

/* All doors at the same time, each with a cgroup and a user of its own */
static void doors(void)
{
	static char name[FLOW_NR][20], workers[FLOW_NR][20];
	struct use u[FLOW_NR];
	struct flow f[FLOW_NR];
	unsigned int nr = 0;

	for (enum flow_door door = 0; door < FLOW_NR; door++) {
		if (!flow_possible(door))
			continue;
		snprintf(name[nr], sizeof(name[nr]), LIMITED "%u", nr);
		snprintf(workers[nr], sizeof(workers[nr]), "zcopy/%u-", USER + nr);
		limited_begins(name[nr]);
		f[nr] = (struct flow){ .door = door, .uid = USER + nr, .cgroup = name[nr] };
		u[nr] = LIMITED_USE(name[nr], workers[nr]);
		flow_start(&f[nr++]);
	}
	measure(u, nr);
	for (unsigned int i = 0; i < nr; i++) {
		flow_stop(&f[i]);
		use_ok(&u[i], flow_name(f[i].door));
		limited_ends(name[i]);
	}
}

static void two_below(void)
{
	struct flow f[2] = {
		{ .door = FLOW_SUBMIT, .uid = USER, .cgroup = INNER "0" },
		{ .door = FLOW_BATCH, .uid = NEIGHBOUR, .cgroup = INNER "1" },
	};
	struct use u = LIMITED_USE(LIMITED, "zcopy/");

	limited_begins(LIMITED);
	if (!cgroup_put(LIMITED, "cgroup.subtree_control", "+cpu") ||
	    !cgroup_make(f[0].cgroup) || !cgroup_make(f[1].cgroup))
		die("nested cgroups");
	cgroup_put(f[1].cgroup, "cpu.max", "%u 100000", 50000);
	flow_start(&f[0]);
	flow_start(&f[1]);
	measure(&u, 1);
	flow_stop(&f[0]);
	flow_stop(&f[1]);
	use_ok(&u, "two below the limited one");
	limited_ends(f[0].cgroup);
	limited_ends(f[1].cgroup);
	limited_ends(LIMITED);
}

/* A transfer goes on in a removed cgroup, by the same limit. */
static void cgroup_gone(void)
{
	struct flow f = { .door = FLOW_DETACHED, .uid = USER, .cgroup = INNER };
	struct use u = LIMITED_USE(LIMITED, "zcopy/");

	limited_begins(LIMITED);
	cgroup_put(LIMITED, "cpu.max", "max");
	if (!cgroup_put(LIMITED, "cgroup.subtree_control", "+cpu"))
		die("a cgroup");
	limited_begins(INNER);
	flow_start(&f);
	ktap_ok(cgroup_remove(INNER), "a cgroup with a transfer of nobody can be removed");
	measure(&u, 1);
	flow_stop(&f);
	use_ok(&u, "then");
	limited_ends(LIMITED);
}

static void beside_spinner(void)
{
	struct flow f = { .door = FLOW_SUBMIT, .uid = USER, .cgroup = LIMITED };
	struct use u = { .cgroup = LIMITED, .workers = "zcopy/", .least = PERCENT * 0.3,
			 .most = PERCENT * 1.5 * 1.15 };
	pid_t pid;

	limited_begins(LIMITED);
	pid = fork();
	if (!pid) {
		for (;;)
			;
	}
	cgroup_put(LIMITED, "cgroup.procs", "%d", pid);
	flow_start(&f);
	measure(&u, 1);
	flow_stop(&f);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	use_ok(&u, "beside a busy process");
	limited_ends(LIMITED);
}

static void changed(void)
{
	struct flow f = { .door = FLOW_SUBMIT, .uid = USER, .cgroup = LIMITED };
	struct use u = { .cgroup = LIMITED, .workers = "zcopy/", .least = PERCENT * 4,
			 .most = 1000 };

	limited_begins(LIMITED);
	cgroup_put(LIMITED, "cpu.max", "max");
	flow_start(&f);
	measure(&u, 1);
	use_ok(&u, "without a limit");
	cgroup_put(LIMITED, "cpu.max", "%u 100000", PERCENT * 1000);
	u = LIMITED_USE(LIMITED, "zcopy/");
	measure(&u, 1);
	flow_stop(&f);
	use_ok(&u, "a limit that comes later");
	limited_ends(LIMITED);
}

static double speed(struct flow *f)
{
	uint64_t t = now_ns(), bytes = flow_bytes(f);

	sleep_ms(1000);
	return (double)(flow_bytes(f) - bytes) / MIB * 1e9 / (now_ns() - t);
}

static void neighbours(void)
{
	double alone = 0, beside = 0;

	limited_begins(LIMITED);
	for (unsigned int i = 0; i < ROUNDS && (!alone || beside < alone * 0.7); i++) {
		struct flow limited = { .door = FLOW_SUBMIT, .uid = USER,
					.cgroup = LIMITED };
		struct flow other = { .door = FLOW_SUBMIT, .uid = NEIGHBOUR };

		flow_start(&other);
		sleep_ms(300);
		alone = speed(&other);
		flow_start(&limited);
		sleep_ms(500);
		beside = speed(&other);
		flow_stop(&limited);
		flow_stop(&other);
	}
	ktap_ok(alone && beside >= alone * 0.7,
		"another user: %.0f MiB/s alone, %.0f beside it", alone, beside);
	limited_ends(LIMITED);
}

int main(void)
{
	if (!cgroups_open("+cpu") || !cgroup_make(LIMITED) ||
	    !cgroup_put(LIMITED, "cpu.max", "%u 100000", PERCENT * 1000))
		ktap_skip_all("no CPU controller with a limit in this kernel");
	cgroup_remove(LIMITED);
	flows_prepare();
	doors();
	two_below();
	cgroup_gone();
	beside_spinner();
	changed();
	neighbours();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
