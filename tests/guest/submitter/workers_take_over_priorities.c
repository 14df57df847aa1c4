// SPDX-License-Identifier: GPL-2.0
/*
 * A worker runs a transfer with the nice value and the disk priority that the
 * submitter had at submission, and the next transfer with that of its own submitter.  Of
 * real-time policies and deadlines it takes over the disk priority only, and of a thread
 * that is pinned outside of cpusets, or has utilization clamps (uclamp), nothing: it is an
 * ordinary thread, on any CPU.
 *
 * guest: timeout=60
 */
#include "ktap.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "mutefs.h"
#include "peers.h"

#define SELF	0
#define NONE	IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0)

struct row {
	const char *what;
	int nice, set;		/* NONE: as the nice value says */
	int gets;
	int policy;
	bool pinned, clamped;
};

/* The head of the kernel's struct sched_attr */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;	/* 0 to UTIL_ALL */
};

#define UTIL_ALL	1024
#define CLAMP_FLAGS	(SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS | \
			 SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)

#define RT(n)	IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, n)
#define BE(n)	IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, n)
#define IDLE(n)	IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, n)

static const struct row rows[] = {
	{ "as a program starts", 0, NONE, BE(4), SCHED_OTHER, false, false },
	{ "nice", 10, NONE, BE(6), SCHED_OTHER, false, false },
	{ "the least", 0, IDLE(0), IDLE(0), SCHED_OTHER, false, false },
	{ "low, nice", 19, BE(7), BE(7), SCHED_OTHER, false, false },
	{ "high, not nice", -5, BE(0), BE(0), SCHED_OTHER, false, false },
	{ "real time", 0, RT(3), RT(3), SCHED_OTHER, false, false },
	{ "of the idle class", 19, NONE, IDLE(4), SCHED_IDLE, false, false },
	{ "for batches", 0, NONE, BE(4), SCHED_BATCH, false, false },
	{ "SCHED_FIFO", 0, NONE, RT(4), SCHED_FIFO, false, false },
	{ "SCHED_RR", 0, NONE, RT(4), SCHED_RR, false, false },
	{ "with a deadline", 0, NONE, RT(4), SCHED_DEADLINE, false, false },
	{ "pinned", 0, NONE, BE(4), SCHED_OTHER, true, false },
	{ "clamped", 0, NONE, BE(4), SCHED_OTHER, false, true },
	{ "as a program starts, after these", 0, NONE, BE(4), SCHED_OTHER, false, false },
};

static struct mutefs m;
static int dev;

static bool file_has(const char *pid, const char *name, const char *word)
{
	char path[64], text[4096];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	f = fopen(path, "r");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = 0;
	return strstr(text, word);
}

/* A worker that waits for an answer of the server */
static bool is_waiting(const char *pid)
{
	return file_has(pid, "comm", "zcopy/") && file_has(pid, "stack", "fuse");
}

/* A kernel without clamps tells 0 for both. */
static bool clamps(pid_t pid, struct attr *a)
{
	memset(a, 0, sizeof(*a));
	return !syscall(SYS_sched_getattr, pid, a, sizeof(*a), 0) && a->util_max;
}

static bool is_ordinary(pid_t pid)
{
	struct attr a;
	cpu_set_t cpus;

	if (clamps(pid, &a) && (a.util_min || a.util_max != UTIL_ALL))
		return false;
	return sched_getscheduler(pid) == SCHED_OTHER &&
	       !sched_getaffinity(pid, sizeof(cpus), &cpus) &&
	       CPU_COUNT(&cpus) == sysconf(_SC_NPROCESSORS_ONLN);
}

/* How many of them have both priorities, and nothing else of the submitter */
static unsigned int workers_with(int nice_value, int ioprio)
{
	unsigned int nr = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d))) {
		int pid = atoi(e->d_name);

		nr += pid > 0 && is_waiting(e->d_name) && is_ordinary(pid) &&
		      getpriority(PRIO_PROCESS, pid) == nice_value &&
		      syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid) == ioprio;
	}
	if (d)
		closedir(d);
	return nr;
}

static bool schedule(const struct row *r)
{
	struct sched_param rt = { .sched_priority = 10 }, none = { 0 };
	struct attr attr = {
		.size = sizeof(attr), .policy = SCHED_DEADLINE, .runtime = 10 * MS,
		.deadline = 100 * MS, .period = 100 * MS,
	};
	struct attr clamp = {
		.size = sizeof(clamp), .flags = CLAMP_FLAGS,
		.util_min = UTIL_ALL / 4, .util_max = UTIL_ALL / 2,
	};
	cpu_set_t cpu;

	if (r->clamped)
		return !syscall(SYS_sched_setattr, SELF, &clamp, 0);
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (r->pinned && sched_setaffinity(0, sizeof(cpu), &cpu))
		return false;
	switch (r->policy) {
	case SCHED_OTHER:
		return !setpriority(PRIO_PROCESS, SELF, r->nice);
	case SCHED_DEADLINE:
		return !syscall(SYS_sched_setattr, SELF, &attr, 0);
	case SCHED_FIFO:
	case SCHED_RR:
		return !sched_setscheduler(SELF, r->policy, &rt);
	default:
		return !sched_setscheduler(SELF, r->policy, &none);
	}
}

/* In a process of its own: submits, and stays until the pipe is closed. */
static void submitter(const struct row *r, const char *name, int until)
{
	int file = open(name, O_RDONLY);
	struct pair s;
	struct raw q;
	char c;

	if (!schedule(r))
		_exit(3);
	if (r->set != NONE && syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, SELF, r->set))
		_exit(3);
	s = pair_open(true);
	raw_fill(&q, s.near, file, 0, MUTEFS_SIZE);
	if (raw_submit(dev, &q))
		_exit(4);
	_exit(read(until, &c, 1) != 0);
}

static void run(const struct row *r)
{
	static unsigned int nr;
	unsigned int have = 0, kept = __atomic_load_n(&m.unanswered, __ATOMIC_ACQUIRE);
	uint64_t end;
	int p[2], status;
	char name[40];
	struct attr a;
	pid_t pid;

	if (r->clamped && !clamps(SELF, &a)) {
		ktap_skip("%s: no utilization clamps in this kernel", r->what);
		return;
	}
	snprintf(name, sizeof(name), "mute/f%u", nr++);
	if (pipe(p))
		die("a pipe");
	mutefs_mute(&m, MUTE_READ);
	pid = fork();
	if (!pid) {
		close(p[1]);
		submitter(r, name, p[0]);
	}
	close(p[0]);
	ktap_ok(mutefs_silent(&m, kept + 1, 20000 * guest_scale()),
		"%s: a worker waits for the server", r->what);
	end = now_ms() + 20000 * guest_scale();
	while (!(have = workers_with(r->nice, r->gets)) && now_ms() < end)
		sleep_ms(20);
	ktap_eq(have, 1, "%s: it is an ordinary thread of nice %d and disk priority %x",
		r->what, r->nice, r->gets);
	mutefs_mute(&m, 0);
	dev_cancel(dev, 0);
	close(p[1]);
	waitpid(pid, &status, 0);
	ktap_eq(status, 0, "%s: the submitter is content", r->what);
	ktap_ok(counters_rest(), "%s: at rest", r->what);
}

int main(void)
{
	dev = dev_open(0);
	if (!mutefs_start(&m, "mute", 0)) {
		ktap_skip("this kernel has no FUSE");
		return ktap_done();
	}
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run(&rows[i]);
	mutefs_end(&m);
	return ktap_done();
}

