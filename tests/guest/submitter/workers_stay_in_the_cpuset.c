// SPDX-License-Identifier: GPL-2.0
/*
 * Workers run a transfer on the CPUs of its submitter's cpuset, also after that has
 * changed and after the submitter has gone; and what they do for others anywhere.
 *
 * needs: zcopy nl
 * guest: timeout=120 takes=10 cpus=2
 */
#include "ktap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "flows.h"

#define PEN	"pen"
#define USER	1000
#define WORKERS	"zcopy/1000-"

/*
 * All workers of the user that have a job have these CPUs, for as long as several turns take.
 * Where a worker is faster than the peers, it has a job in few of the looks.
 */
static bool stay_on(const char *cpus)
{
	uint64_t end = now_ms() + 30000 * guest_scale();
	unsigned int same = 0;
	const char *now = "";

	while (same < 5 && now_ms() < end) {
		now = users_workers_cpus(WORKERS);
		if (*now)
			same = strcmp(now, cpus) ? 0 : same + 1;
		sleep_ms(20);
	}
	if (same < 5)
		note("they are on \"%s\"", now);
	return same == 5;
}

static bool flows_on(const struct flow *f)
{
	uint64_t bytes = flow_bytes(f);

	for (unsigned int i = 0; i < 200 * guest_scale(); i++) {
		if (flow_bytes(f) > bytes)
			return true;
		sleep_ms(50);
	}
	return false;
}

/*
 * Its bytes are copied, so that the readers are not what workers wait for: a worker without
 * a job is on all CPUs, and so are those that are awake between two jobs.
 */
static void copies(struct flow *f, enum flow_door door, const char *cgroup)
{
	*f = (struct flow){ .door = door, .uid = USER, .cgroup = cgroup,
			    .flags = ZCOPY_F_STABLE };
	flow_start(f);
}

static void one(enum flow_door door)
{
	struct flow f;

	cgroup_put(PEN, "cpuset.cpus", "1");
	copies(&f, door, PEN);
	ktap_ok(stay_on("1"), "%s: workers are on the second CPU", flow_name(door));
	cgroup_put(PEN, "cpuset.cpus", "0");
	if (door == FLOW_DETACHED)
		ktap_ok(stay_on("1"), "%s: and stay there", flow_name(door));
	else
		ktap_ok(stay_on("0"), "%s: and on the first, which is it now",
			flow_name(door));
	ktap_ok(flows_on(&f), "%s: bytes flow", flow_name(door));
	flow_stop(&f);
}

static void outside(void)
{
	struct flow f;
	char all[40];

	snprintf(all, sizeof(all), "0-%ld", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	copies(&f, FLOW_SUBMIT, NULL);
	ktap_ok(stay_on(all), "for a process outside they are on all again");
	flow_stop(&f);
}

int main(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		ktap_skip_all("one CPU");
	if (!cgroups_open("+cpuset") || !cgroup_make(PEN) ||
	    !cgroup_put(PEN, "cpuset.cpus", "1"))
		ktap_skip_all("no cpusets in this kernel");
	flows_prepare();
	for (enum flow_door door = 0; door < FLOW_NR; door++) {
		if (flow_possible(door))
			one(door);
	}
	outside();
	ktap_ok(cgroup_remove(PEN), "the cpuset can be removed");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
