// SPDX-License-Identifier: GPL-2.0
/*
 * Without CPU time (cpu.max) a transfer cannot go on, but it still ends in time: by a
 * cancel, at its deadline, and when it was idle for too long.
 *
 * needs: zcopy nl
 * guest: timeout=150 takes=11
 */
#include "ktap.h"

#include <stdio.h>
#include <string.h>

#include "cgroups.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "flows.h"

#define LIMITED		"limited"
#define USER		1000
#define DEADLINE_MS	((long)(6000 * guest_scale()))
#define LATE_MS		((long)(2000 * guest_scale()))	/* beside other guests */
#define ROUNDS		4		/* as the process itself may be stopped for long */

static bool waits_for_time(void)
{
	char text[4096];
	size_t n;

	for (unsigned int i = 0; i < 500 * guest_scale(); i++) {
		FILE *f = fopen("/proc/net/zcopy/transfers", "re");

		n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
		if (f)
			fclose(f);
		text[n] = 0;
		if (strstr(text, "rate"))
			return true;
		sleep_ms(20);
	}
	return false;
}

static bool bytes_flow(const struct flow *f)
{
	uint64_t bytes = flow_bytes(f);

	for (unsigned int i = 0; i < 500 * guest_scale(); i++) {
		if (flow_bytes(f) > bytes + 4 * MIB)
			return true;
		sleep_ms(20);
	}
	return false;
}

/*
 * The limit comes when bytes flow, and is seen within a second; then the debt of a turn
 * takes seconds.  The process must leave the cgroup, or has no time itself.  Its transfer
 * stays.  Sets the status, the time from the submission or the cancel to the end, and the
 * time since the limit came.
 */
static void ends(const char *what, struct flow *f, bool cancel, long *status, long *ms,
		 long *since)
{
	uint64_t t;

	*status = -1;
	*ms = -1;
	if (!cgroup_make(LIMITED) || !cgroup_put(LIMITED, "cpu.max", "max"))
		die("a cgroup");
	flow_start(f);
	cgroup_put("", "cgroup.procs", "%d", f->user.pid);
	if (!bytes_flow(f))
		note("no bytes flow without a limit");
	cgroup_put(LIMITED, "cpu.max", "1000 1000000");
	t = now_ms();
	ktap_ok(waits_for_time(), "%s: it waits for CPU time", what);
	flow_ends(f, cancel, status, ms);
	*since = now_ms() - t;
	flow_stop(f);
	ktap_ok(cgroup_remove(LIMITED), "%s: the cgroup can be removed", what);
}

static bool cancelled(struct flow *f, long *status, long *ms)
{
	long since;

	ends("cancel", f, true, status, ms, &since);
	return *status == ZCOPY_STATUS_CANCELLED && *ms <= LATE_MS;
}

static bool at_deadline(struct flow *f, long *status, long *ms)
{
	long since;

	ends("deadline", f, false, status, ms, &since);
	return *status == ZCOPY_STATUS_DEADLINE && *ms >= DEADLINE_MS &&
	       *ms <= DEADLINE_MS + LATE_MS;
}

static bool when_idle(struct flow *f, long *status, long *since)
{
	long ms;

	ends("idle time", f, false, status, &ms, since);
	return *status == ZCOPY_STATUS_IDLE && *since <= 3 * LATE_MS;
}

/* True if it ends in time in one of several rounds */
static bool in_time(struct flow *f, bool (*once)(struct flow *f, long *status, long *ms),
		    long *status, long *ms)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (once(f, status, ms))
			return true;
		note("status %ld after %ld ms", *status, *ms);
	}
	return false;
}

int main(void)
{
	struct flow f = { .door = FLOW_SUBMIT, .uid = USER, .cgroup = LIMITED };
	long status, ms;

	if (!cgroups_open("+cpu") || !cgroup_make(LIMITED) ||
	    !cgroup_put(LIMITED, "cpu.max", "max"))
		ktap_skip_all("no CPU controller with a limit in this kernel");
	cgroup_remove(LIMITED);
	flows_prepare();
	ktap_ok(in_time(&f, cancelled, &status, &ms), "cancel: status %ld after %ld ms", status,
		ms);
	f.deadline_ns = DEADLINE_MS * MS;
	ktap_ok(in_time(&f, at_deadline, &status, &ms), "deadline: status %ld after %ld ms",
		status, ms);
	f.deadline_ns = 0;
	f.idle_ns = 2000 * guest_scale() * MS;
	ktap_ok(in_time(&f, when_idle, &status, &ms),
		"idle time: status %ld, %ld ms after the limit came", status, ms);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
