// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel did while something ran: tracepoints counted by perf events, the
 * process's and the devices' own counters, and the bytes that sockets took by reference,
 * which probes on the return of the kernel's functions sum up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "figures.h"

#define TRACING		"/sys/kernel/tracing"
#define SECTOR		512

const char *const count_names[COUNT_NR] = {
	"syscalls", "faults_user", "faults_kernel", "tlb_flushes", "switches_machine",
	"faults_minor", "faults_major", "switches_own", "switches_forced",
	"block_bytes", "net_bytes", "referenced_bytes",
};

/* The first counts are of tracepoints. */
static struct {
	const char *name, *filter;
	bool everyone;
	int fd;
} events[] = {
	[COUNT_SYSCALLS] = { .name = "raw_syscalls/sys_enter" },
	[COUNT_FAULTS_USER] = { .name = "exceptions/page_fault_user" },
	[COUNT_FAULTS_KERNEL] = { .name = "exceptions/page_fault_kernel" },
	[COUNT_TLB_FLUSHES] = { .name = "tlb/tlb_flush", .filter = "reason != 0" },
	[COUNT_SWITCHES_ALL] = { .name = "sched/sched_switch", .everyone = true },
};

#define EVENTS	(sizeof(events) / sizeof(events[0]))

/*
 * These return the bytes that a socket took by reference: of pages from splice(2) and
 * sendfile(2), before Linux 6.5 and since, and of pages in a message, as MSG_ZEROCOPY
 * and zcopy send them.
 */
static const char *const taken[] = {
	"do_tcp_sendpages", "skb_splice_from_iter", "skb_zerocopy_iter_stream",
};

#define TAKEN	(sizeof(taken) / sizeof(taken[0]))

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool get(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n = 0;

	while (fd >= 0 && have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0)
		have += n;
	text[have] = '\0';
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int event_open(const char *name, const char *filter, bool everyone)
{
	struct perf_event_attr a = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(a) };
	char path[128], id[32];
	int fd;

	snprintf(path, sizeof(path), TRACING "/events/%s/id", name);
	if (!get(path, id, sizeof(id)))
		return -1;
	a.config = strtoul(id, NULL, 10);
	OR_FAIL(fd = syscall(SYS_perf_event_open, &a, everyone ? -1 : 0,
			     everyone ? 0 : -1, -1, PERF_FLAG_FD_CLOEXEC));
	if (filter)
		OR_FAIL(ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter));
	return fd;
}

static void probe_path(char *path, size_t size, unsigned int i, const char *file)
{
	snprintf(path, size, TRACING "/events/kprobes/taken%u/%s", i, file);
}

void counts_on(void)
{
	char path[128], text[128];

	for (unsigned int i = 0; i < EVENTS; i++)
		events[i].fd = event_open(events[i].name, events[i].filter,
					  events[i].everyone);
	for (unsigned int i = 0; i < TAKEN; i++) {
		snprintf(text, sizeof(text), "r:taken%u %s n=$retval:s32\n", i, taken[i]);
		if (!put(TRACING "/kprobe_events", text))
			continue;
		probe_path(path, sizeof(path), i, "trigger");
		if (!put(path, "hist:keys=common_pid:vals=n if n > 0"))
			fail(path);
	}
}

void counts_off(void)
{
	char path[128], text[64];

	for (unsigned int i = 0; i < EVENTS; i++)
		if (events[i].fd >= 0)
			close(events[i].fd);
	for (unsigned int i = 0; i < TAKEN; i++) {
		probe_path(path, sizeof(path), i, "trigger");
		put(path, "!hist:keys=common_pid:vals=n if n > 0");
		snprintf(text, sizeof(text), "-:taken%u\n", i);
		put(TRACING "/kprobe_events", text);
	}
}

static int64_t event_read(unsigned int i)
{
	uint64_t v;

	if (events[i].fd < 0)
		return -1;
	if (read(events[i].fd, &v, sizeof(v)) != sizeof(v))
		fail(events[i].name);
	return v;
}

/* Bytes that the probed functions returned in all */
static int64_t referenced(void)
{
	static char text[65536];
	int64_t sum = 0;
	char path[128];

	for (unsigned int i = 0; i < TAKEN; i++) {
		probe_path(path, sizeof(path), i, "hist");
		if (!get(path, text, sizeof(text)))
			continue;
		for (char *at = text; (at = strstr(at, " n: ")); at++)
			sum += strtoll(at + 4, NULL, 10);
	}
	return sum;
}

static int64_t block_bytes(void)
{
	char text[4096], *line, *save;
	int64_t sum = 0;

	if (!get("/proc/diskstats", text, sizeof(text)))
		fail("/proc/diskstats");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long sectors;

		if (sscanf(line, "%*u %*u vd%*s %*u %*u %lu", &sectors) == 1)
			sum += (int64_t)sectors * SECTOR;
	}
	return sum;
}

static int64_t net_bytes(const struct device *d)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_bytes", d->name);
	if (!get(path, text, sizeof(text)))
		fail(path);
	return strtoll(text, NULL, 10);
}

static void look_around(const struct device *d, struct counts *c)
{
	c->of[COUNT_BLOCK_BYTES] = block_bytes();
	c->of[COUNT_NET_BYTES] = net_bytes(d);
	c->of[COUNT_REFERENCED] = referenced();
}

static void look_at_self(struct counts *c)
{
	struct rusage u;

	OR_FAIL(getrusage(RUSAGE_SELF, &u));
	c->of[COUNT_FAULTS_MINOR] = u.ru_minflt;
	c->of[COUNT_FAULTS_MAJOR] = u.ru_majflt;
	c->of[COUNT_SWITCHES_OWN] = u.ru_nvcsw;
	c->of[COUNT_SWITCHES_FORCED] = u.ru_nivcsw;
	for (unsigned int i = 0; i < EVENTS; i++)
		c->of[i] = event_read(i);
}

static struct counts between(const struct device *over, void (*what)(void *arg),
			     void (*then)(void *arg), void *arg)
{
	struct counts before, after;

	look_around(over, &before);
	look_at_self(&before);
	what(arg);
	look_at_self(&after);
	then(arg);
	look_around(over, &after);
	for (unsigned int i = 0; i < COUNT_NR; i++)
		after.of[i] = before.of[i] < 0 ? -1 : after.of[i] - before.of[i];
	return after;
}

static void nothing(void *arg)
{
	(void)arg;
}

struct counts counts_of(const struct device *over, void (*what)(void *arg),
			void (*then)(void *arg), void *arg)
{
	struct counts without = between(over, nothing, nothing, NULL);
	struct counts with = between(over, what, then, arg);

	for (unsigned int i = 0; i <= COUNT_TLB_FLUSHES; i++)
		if (with.of[i] >= without.of[i])
			with.of[i] -= without.of[i];
	return with;
}
