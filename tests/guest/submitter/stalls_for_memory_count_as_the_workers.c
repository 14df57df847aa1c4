// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer that fills the memory of its submitter's cgroup makes room there, and the
 * stalls of that count as memory pressure of the machine alone if a worker runs it, and
 * of the cgroup if the submitter does.
 *
 * needs: zcopy nl
 * guest: timeout=120
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cached.h"
#include "cgroups.h"
#include "counters.h"
#include "fixture.h"
#include "ktap.h"
#include "users.h"
#include "ways.h"

#define SIZE	(48 * (off_t)MIB)
#define MOST	(20 * MIB)	/* of memory in the cgroup */
#define CGROUP	"submitters"

static int file;

/* Microseconds in which some task of the machine, or of the cgroup, stalled for memory */
static long long machine_us(void)
{
	FILE *f = fopen("/proc/pressure/memory", "re");
	long long us = -1;

	if (!f)
		return -1;
	if (fscanf(f, "some avg10=%*f avg60=%*f avg300=%*f total=%lld", &us) != 1)
		us = -1;
	fclose(f);
	return us;
}

static long long cgroup_us(void)
{
	return cgroup_get(CGROUP, "memory.pressure", "total=");
}

static void submitter(struct user *me, void *arg)
{
	const struct way *w = arg;
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	struct reader readers[WAY_SOCKETS];
	struct pair p[WAY_SOCKETS];
	long go, err;

	if (!user_hear(me, &go, -1))
		return;
	for (unsigned int i = 0; i < w->socks; i++) {
		p[i] = pair_loopback(AF_INET);
		reader_expect(&readers[i], p[i].far, SIZE);
	}
	err = way_run(w, &list, p);
	for (unsigned int i = 0; i < w->socks; i++) {
		reader_join(&readers[i]);
		pair_close(&p[i]);
	}
	user_say(me, err);
}

static void one(const struct way *w)
{
	long long machine, cgroup;
	struct user u;
	long err = -1;

	cached_drop(file);
	user_start(&u, 0, submitter, (void *)w);
	if (!cgroup_put(CGROUP, "cgroup.procs", "%d", u.pid))
		die("joining a cgroup");
	machine = machine_us();
	cgroup = cgroup_us();
	user_say(&u, 0);
	ktap_ok(user_hear(&u, &err, 30000 * guest_scale()) && !err,
		"%s: more than fits is sent", w->name);
	machine = machine_us() - machine;
	cgroup = cgroup_us() - cgroup;
	user_ends(&u, 5000 * guest_scale());
	if (w->here)
		ktap_ok(cgroup > 0, "%s: its cgroup has stalled", w->name);
	else
		ktap_ok(machine > 0 && cgroup * 2 < machine,
			"%s: the machine has stalled, and not its cgroup", w->name);
	note("%s: machine %lld, cgroup %lld us", w->name, machine, cgroup);
}

int main(void)
{
	char path[300];
	const char *dir;

	if (machine_us() < 0)
		ktap_skip_all("no pressure in this kernel");
	if (!cgroups_open("+memory") || !cgroup_make(CGROUP) || cgroup_us() < 0 ||
	    !cgroup_put(CGROUP, "memory.max", "%llu", MOST))
		ktap_skip_all("no memory cgroups in this kernel");
	dir = fs_mount(FS_EXT4);
	if (!dir)
		ktap_skip_all("%s", fs_why());
	snprintf(path, sizeof(path), "%s/file", dir);
	file = file_to_read(path, SIZE);
	for (unsigned int i = 0; i < WAYS; i++) {
		if (way_possible(&ways[i]))
			one(&ways[i]);
	}
	close(file);
	ktap_ok(cgroup_remove(CGROUP), "the cgroup can be removed");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
