// SPDX-License-Identifier: GPL-2.0
/*
 * On one CPU the workers of two users get CPU time as cpu.weight of the users' cgroups
 * says.  The test also changes the weights, and puts both cgroups below one parent, which
 * then divides its own weight.
 *
 * needs: zcopy nl
 * guest: timeout=120 skip-on=debug alone=yes
 */
#include "ktap.h"

#include "cgroups.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "flows.h"

static const char *const workers[] = { "zcopy/1000-", "zcopy/1001-", "zcopy/1002-" };

/* Ratio of the CPU times of the workers of two users */
static double one_ratio(unsigned int a, unsigned int b)
{
	uint64_t ns[2];

	ns[0] = users_workers_ns(workers[a]);
	ns[1] = users_workers_ns(workers[b]);
	sleep_ms(2000);
	ns[0] = users_workers_ns(workers[a]) - ns[0];
	ns[1] = users_workers_ns(workers[b]) - ns[1];
	note("%llu and %llu ms", (unsigned long long)(ns[0] / MS),
	     (unsigned long long)(ns[1] / MS));
	return (double)ns[0] / (ns[1] ? ns[1] : 1);
}

/* In several rounds, as what the host does counts as a worker's time */
static void ratio_ok(unsigned int a, unsigned int b, double least, double most,
		     const char *what)
{
	double r = 0;

	/* Weights count from the next look, and the turns before that. */
	sleep_ms(1500);
	for (unsigned int i = 0; i < 6 && (r < least || r > most); i++)
		r = one_ratio(a, b);
	ktap_ok(r >= least && r <= most, "%s: %.1f", what, r);
}

static void flow(struct flow *f, uid_t uid, const char *cgroup)
{
	/* Copies, so that the readers, on the other CPU, are not what it waits for */
	*f = (struct flow){ .door = FLOW_BATCH, .uid = uid, .cgroup = cgroup,
			    .flags = ZCOPY_F_STABLE };
	flow_start(f);
}

int main(void)
{
	struct flow f[3];

	if (!cgroups_open("+cpu +cpuset") || !cgroup_make("light") ||
	    !cgroup_make("heavy") || !cgroup_put("light", "cpu.weight", "10") ||
	    !cgroup_put("light", "cpuset.cpus", "0") ||
	    !cgroup_put("heavy", "cpuset.cpus", "0"))
		ktap_skip_all("no weights or no cpusets in this kernel");
	flows_prepare();
	flow(&f[0], 1000, "light");
	flow(&f[1], 1001, "heavy");
	ratio_ok(1, 0, 6, 15, "10 and 100");
	cgroup_put("light", "cpu.weight", "100");
	ratio_ok(1, 0, 0.7, 1.45, "the same weights");
	flow_stop(&f[0]);
	flow_stop(&f[1]);

	if (!cgroup_put("heavy", "cgroup.subtree_control", "+cpu") ||
	    !cgroup_make("heavy/a") || !cgroup_make("heavy/b"))
		die("cgroups below");
	/* Alone at the side of the other, a tenth of what the parent has is no more */
	cgroup_put("heavy/a", "cpu.weight", "1000");
	cgroup_put("heavy/b", "cpu.weight", "1000");
	flow(&f[0], 1000, "light");
	flow(&f[1], 1001, "heavy/a");
	ratio_ok(1, 0, 0.7, 1.45, "a weight below is a part of the parent's");
	flow(&f[2], 1002, "heavy/b");
	ratio_ok(0, 1, 1.5, 2.6, "two below share it");
	for (unsigned int i = 0; i < 3; i++)
		flow_stop(&f[i]);
	ktap_ok(cgroup_remove("heavy/a") && cgroup_remove("heavy/b") &&
		cgroup_remove("heavy") && cgroup_remove("light"),
		"the cgroups can be removed");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
