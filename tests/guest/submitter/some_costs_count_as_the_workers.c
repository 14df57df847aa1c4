// SPDX-License-Identifier: GPL-2.0
/*
 * What counts as a worker's and not as its submitter's, though sendfile(2) would count it
 * as the caller's: CPU time, waits for the disk in pressure and delays, and the NUMA policy
 * of what is read.  Memory is charged to the submitter all the same.
 *
 * needs: zcopy nl
 * guest: timeout=120 takes=10 skip-on=debug
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cached.h"
#include "cgroups.h"
#include "counters.h"
#include "fixture.h"
#include "flows.h"
#include "ktap.h"
#include "slowdisk.h"
#include "users.h"
#include "ways.h"

#define SIZE	(16 * (off_t)MIB)
/* A folio has as much as is read ahead, at most. */
#define FOLIOS	(SIZE / (128 * (off_t)KIB))
#define CGROUP	"submitters"
#define WORKERS	"zcopy/"
#define DISK_MS	10

/* The number behind a word in a file, or -1 */
static long long number(const char *path, const char *word)
{
	char text[4096], *at;
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return -1;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	at = strstr(text, word);
	return at ? atoll(at + strlen(word)) : -1;
}

/* ---- CPU time ---- */

static uint64_t process_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		die("the CPU time of a process");
	return t.tv_sec * 1000 * MS + t.tv_nsec;
}

struct used {
	uint64_t workers, cgroup, process;	/* ns */
};

static struct used used_now(const struct flow *f)
{
	return (struct used){
		.workers = users_workers_ns(WORKERS),
		.cgroup = cgroup_get(CGROUP, "cpu.stat", "usage_usec ") * 1000,
		.process = process_ns(f->user.pid),
	};
}

/* Waits until workers have used @least; returns what each has used. */
static struct used used_by(const struct flow *f, uint64_t least)
{
	struct used then = used_now(f), now = then;

	for (unsigned int i = 0; i < 200 * guest_scale(); i++) {
		now = used_now(f);
		if (now.workers - then.workers >= least)
			break;
		sleep_ms(100);
	}
	now.workers -= then.workers;
	now.cgroup -= then.cgroup;
	now.process -= then.process;
	return now;
}

/* In several rounds, as what the host does counts as the time of any process */
static void cpu_time(enum flow_door door)
{
	struct flow f = { .door = door, .cgroup = CGROUP, .flags = ZCOPY_F_STABLE };
	uint64_t least = 300 * MS;
	bool right = false;
	struct used u;

	flow_start(&f);
	for (unsigned int i = 0; i < 5 && !right; i++) {
		u = used_by(&f, least);
		right = u.workers >= least && u.cgroup * 4 < u.workers &&
			u.process * 4 < u.workers;
		if (!right)
			note("workers %llu, cgroup %llu, process %llu ms",
			     (unsigned long long)(u.workers / MS),
			     (unsigned long long)(u.cgroup / MS),
			     (unsigned long long)(u.process / MS));
	}
	ktap_ok(right, "%s: CPU time counts as the workers'", flow_name(door));
	flow_stop(&f);
}

/* ---- waits, memory, nodes ---- */

struct run {
	const struct way *way;
	int file;
	bool spread;		/* its memory, by NUMA policy */
};

/* 1/100 s that this process has waited for disks */
static long disk_ticks(void)
{
	char text[1024], *at;
	FILE *f = fopen("/proc/self/stat", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = 0;
	at = strrchr(text, ')');
	/* Field 42; the name is field 2. */
	for (unsigned int i = 2; at && i < 42; i++)
		at = strchr(at + 1, ' ');
	return at ? atol(at) : -1;
}

static int send_it(const struct run *r)
{
	struct zcopy_elem e = elem_file(r->file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	struct pair p = pair_loopback(AF_INET);
	struct reader reader;
	int err;

	reader_expect(&reader, p.far, SIZE);
	err = way_run(r->way, &list, &p);
	reader_join(&reader);
	pair_close(&p);
	return err;
}

static void submitter(struct user *me, void *arg)
{
	const struct run *r = arg;
	unsigned long all = 1;
	long go, ticks;

	if (r->spread && syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &all, 2))
		die("a NUMA policy");
	/* Once for memory that the process itself needs */
	user_say(me, send_it(r));
	user_hear(me, &go, -1);
	ticks = disk_ticks();
	user_say(me, send_it(r));
	user_say(me, disk_ticks() - ticks);
}

struct cost {
	long long machine_us, cgroup_us;	/* waits for disks, as pressure counts them */
	long long memory, spread;
	long ticks;
};

static void look(struct cost *c, int sign)
{
	c->machine_us += sign * number("/proc/pressure/io", "total=");
	c->cgroup_us += sign * cgroup_get(CGROUP, "io.pressure", "total=");
	c->memory += sign * cgroup_get(CGROUP, "memory.stat", "\nfile ");
	c->spread += sign * number("/sys/devices/system/node/node0/numastat",
				   "interleave_hit ");
}

static struct cost run(struct run *r)
{
	struct cost c = { 0 };
	struct user u;
	long err;

	user_start(&u, 0, submitter, r);
	if (!cgroup_put(CGROUP, "cgroup.procs", "%d", u.pid))
		die("joining a cgroup");
	if (!user_hear(&u, &err, 60000) || err)
		die("%s: error %ld", r->way->name, err);
	cached_drop(r->file);
	look(&c, -1);
	user_say(&u, 0);
	if (!user_hear(&u, &err, 60000) || err || !user_hear(&u, &c.ticks, 60000))
		die("%s: error %ld", r->way->name, err);
	look(&c, 1);
	user_ends(&u, 60000);
	note("%s: machine %lld, cgroup %lld us, %ld ticks, %lld KiB, %lld spread",
	     r->way->name, c.machine_us, c.cgroup_us, c.ticks, c.memory / 1024, c.spread);
	return c;
}

static void waits(const struct way *w, int file)
{
	struct run r = { w, file, false };
	struct cost c = run(&r);
	bool pressure = cgroup_get(CGROUP, "io.pressure", "total=") >= 0;
	bool memory = cgroup_get(CGROUP, "memory.stat", "\nfile ") >= 0;

	if (!pressure)
		ktap_skip("%s: no pressure in this kernel", w->name);
	else if (w->here)
		ktap_ok(c.machine_us > 0 && c.cgroup_us * 2 > c.machine_us,
			"%s: waits count as pressure in its cgroup", w->name);
	else
		ktap_ok(c.machine_us > 0 && c.cgroup_us * 4 < c.machine_us,
			"%s: waits count as pressure of the machine alone", w->name);
	if (w->here)
		ktap_ok(c.ticks > 0, "%s: waits count as delays of its process", w->name);
	else
		ktap_ok(c.ticks <= 1, "%s: waits count as delays of no process", w->name);
	if (memory)
		ktap_ok(c.memory > SIZE / 2, "%s: its cgroup is charged with the memory",
			w->name);
	else
		ktap_skip("%s: no memory controller in this kernel", w->name);
}

static void nodes(const struct way *w, int file)
{
	struct run r = { w, file, true };
	struct cost c;

	if (number("/sys/devices/system/node/node0/numastat", "interleave_hit ") < 0) {
		ktap_skip("%s: no NUMA in this kernel", w->name);
		return;
	}
	c = run(&r);
	if (w->here)
		ktap_ok(c.spread >= FOLIOS, "%s: its NUMA policy counts", w->name);
	else
		ktap_ok(c.spread < FOLIOS, "%s: its NUMA policy does not count",
			w->name);
}

int main(void)
{
	int file;

	if (!cgroups_open("+memory"))
		note("no memory controller");
	if (!cgroup_make(CGROUP))
		ktap_skip_all("no cgroups in this kernel");
	shell("echo 1 2>/dev/null >/proc/sys/kernel/task_delayacct");
	flows_prepare();
	cpu_time(FLOW_SUBMIT);
	cpu_time(FLOW_NETLINK);
	if (!slowdisk_start("disk", SIZE, DISK_MS)) {
		ktap_skip("no null_blk in this kernel");
		return ktap_done();
	}
	file = open("disk/file", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("disk/file");
	for (unsigned int i = 0; i < WAYS; i++) {
		if (ways[i].socks == 1 && way_possible(&ways[i])) {
			waits(&ways[i], file);
			nodes(&ways[i], file);
		}
	}
	close(file);
	ktap_ok(slowdisk_end(), "the disk goes");
	ktap_ok(cgroup_remove(CGROUP), "the cgroup goes");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
