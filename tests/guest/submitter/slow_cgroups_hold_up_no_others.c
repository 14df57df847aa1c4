// SPDX-License-Identifier: GPL-2.0
/*
 * A user has transfers from several cgroups.  Those from one that is bound to a busy CPU,
 * or weighs next to nothing where all CPUs are busy, do not have all of the user's
 * workers: a transfer from another cgroup keeps its speed.
 *
 * needs: zcopy nl
 * guest: timeout=120 skip-on=debug alone=yes
 */
#include "ktap.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroups.h"
#include "counters.h"
#include "fixture.h"
#include "flows.h"

#define BOUND		"bound"
#define LIGHT		"light"
#define USER		1000
#define SLOW		4		/* flows of the slow cgroup */
#define SPINNERS	8		/* on each busy CPU */
#define MOST		(2 * SPINNERS)
#define ROUNDS		4

static pid_t spinners[MOST];

static void spin(unsigned int nr, int cpu)
{
	cpu_set_t set;

	spinners[nr] = fork();
	if (spinners[nr])
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	for (;;)
		;
}

static void spin_stop(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		kill(spinners[i], SIGKILL);
		waitpid(spinners[i], NULL, 0);
	}
}

static double speed(struct flow *f)
{
	uint64_t t = now_ns(), bytes = flow_bytes(f);

	sleep_ms(2000);
	return (double)(flow_bytes(f) - bytes) / MIB * 1e9 / (now_ns() - t);
}

/* The speed of a transfer outside, without and with those of the slow cgroup */
static void one(const char *cgroup, unsigned int weight, unsigned int cpus,
		const char *what)
{
	double alone = 0, beside = 0;

	for (unsigned int i = 0; i < cpus * SPINNERS; i++)
		spin(i, 1 - i / SPINNERS);
	for (unsigned int i = 0; i < ROUNDS && (!alone || beside < alone * 0.4); i++) {
		struct flow slow[SLOW], other = { .door = FLOW_BATCH, .uid = USER };

		flow_start(&other);
		sleep_ms(300);
		alone = speed(&other);
		/* Without weight, submitting would take too long. */
		cgroup_put(cgroup, "cpu.weight", "100");
		for (unsigned int j = 0; j < SLOW; j++) {
			slow[j] = (struct flow){ .door = FLOW_BATCH, .uid = USER,
						 .cgroup = cgroup };
			flow_start(&slow[j]);
		}
		cgroup_put(cgroup, "cpu.weight", "%u", weight);
		sleep_ms(2000);
		beside = speed(&other);
		note("%.1f MiB/s alone, %.1f beside it", alone, beside);
		for (unsigned int j = 0; j < SLOW; j++)
			flow_stop(&slow[j]);
		flow_stop(&other);
	}
	spin_stop(cpus * SPINNERS);
	ktap_ok(alone && beside >= alone * 0.4,
		"beside a cgroup %s: %.1f MiB/s, %.1f without", what, beside, alone);
}

int main(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) != 2)
		ktap_skip_all("needs two CPUs");
	if (!cgroups_open("+cpu +cpuset") || !cgroup_make(BOUND) || !cgroup_make(LIGHT) ||
	    !cgroup_put(BOUND, "cpuset.cpus", "1") ||
	    !cgroup_put(LIGHT, "cpu.weight", "100"))
		ktap_skip_all("no weights or no cpusets in this kernel");
	flows_prepare();
	one(BOUND, 100, 1, "bound to a busy CPU");
	one(LIGHT, 1, 2, "of little weight");
	ktap_ok(cgroup_remove(BOUND) && cgroup_remove(LIGHT), "the cgroups can be removed");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
