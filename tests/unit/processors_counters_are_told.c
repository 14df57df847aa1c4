// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zcctl bench reads the processor's counters of the sending thread and of the whole
 * machine, or says why it cannot.  The counters here are the kernel's own, of software,
 * because many machines show no others.
 * sources: user/zcctl/bench_counters.c
 */
#include "ktap.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../user/zcctl/bench_counters.h"

static int fail_with;		/* errno of all calls */
static int fail_event = -1;	/* or only of this event: a call's number in its group */
static int opened;
static pid_t pids;
static long cpus_seen;

/* Stands in for the C library's; the real call goes through the instruction. */
static long raw(long nr, const void *attr, pid_t pid, int cpu, int group, long flags)
{
	register long r10 __asm__("r10") = group;
	register long r8 __asm__("r8") = flags;
	long ret;

	__asm__ volatile("syscall" : "=a" (ret)
			 : "a" (nr), "D" (attr), "S" ((long)pid), "d" ((long)cpu),
			   "r" (r10), "r" (r8)
			 : "rcx", "r11", "memory");
	return ret;
}

long syscall(long nr, ...)
{
	static const int software[] = {
		PERF_COUNT_SW_TASK_CLOCK, PERF_COUNT_SW_CPU_CLOCK,
		PERF_COUNT_SW_PAGE_FAULTS,
	};
	struct perf_event_attr attr;
	va_list ap;
	int cpu, group;
	long ret;
	pid_t pid;

	va_start(ap, nr);
	attr = *va_arg(ap, struct perf_event_attr *);
	pid = va_arg(ap, pid_t);
	cpu = va_arg(ap, int);
	group = va_arg(ap, int);
	va_end(ap);
	pids += pid;
	cpus_seen += group < 0;
	if (fail_with || (fail_event >= 0 && opened % 3 == fail_event)) {
		errno = fail_with ? fail_with : ENOENT;
		return -1;
	}
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = software[opened++ % 3];
	ret = raw(nr, &attr, pid, cpu, group, PERF_FLAG_FD_CLOEXEC);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Touches new pages */
static void work(unsigned int pages)
{
	char *p = mmap(NULL, pages * 4096UL, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, pages * 4096UL, MADV_NOHUGEPAGE);
	for (unsigned int i = 0; i < pages; i++)
		p[i * 4096UL] = 1;
	munmap(p, pages * 4096UL);
}

static void counts(void)
{
	struct bench_counters c;
	struct bench_count n;

	bench_counters_open(&c, false);
	if (*c.why_not) {
		ktap_skip(c.why_not);
		return;
	}
	work(100);
	bench_counters_begin(&c);
	work(1000);
	n = bench_counters_end(&c);
	ktap_ok(n.counted && n.n[BENCH_CYCLES] > 1000, "a thread's events are counted");
	ktap_ok(n.n[BENCH_MISSES] >= 1000 && n.n[BENCH_MISSES] < 1090,
		"from begin to end, not what was before");
	bench_counters_close(&c);
}

static void machine(void)
{
	struct bench_counters c;
	struct bench_count n;

	pids = cpus_seen = 0;
	bench_counters_open(&c, true);
	if (*c.why_not) {
		ktap_skip(c.why_not);
		return;
	}
	bench_counters_begin(&c);
	work(1000);
	n = bench_counters_end(&c);
	ktap_ok(n.counted && n.n[BENCH_MISSES] >= 1000 && pids < 0 &&
		cpus_seen == sysconf(_SC_NPROCESSORS_CONF),
		"the machine's are those of all its CPUs");
	bench_counters_close(&c);
}

static void refused(int err, int event, const char *why, const char *name)
{
	struct bench_counters c;
	struct bench_count n;

	opened = 0;
	fail_with = err;
	fail_event = event;
	bench_counters_open(&c, false);
	fail_with = 0;
	fail_event = -1;
	bench_counters_begin(&c);
	n = bench_counters_end(&c);
	ktap_ok(!!strstr(c.why_not, why) && !n.counted && !n.n[BENCH_CYCLES], name);
	bench_counters_close(&c);
}

int main(void)
{
	counts();
	machine();
	refused(EACCES, -1, "no permission (kernel.perf_event_paranoid is ",
		"no permission is told, and the setting");
	refused(ENOENT, -1, "does not have or show", "a processor without them is told");
	refused(0, 2, "does not have or show", "and so is one that lacks the last");
	refused(ENOSYS, -1, "Function not implemented", "and any other error");
	return ktap_done();
}
