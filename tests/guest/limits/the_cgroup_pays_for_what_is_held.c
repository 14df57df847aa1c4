// SPDX-License-Identifier: GPL-2.0
/*
 * A program's memory cgroup pays for what the program's transfers, completions and
 * open devices hold in the kernel, and has it all back when the program ends.
 *
 * guest: timeout=200
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crowd.h"
#include "dev.h"
#include "users.h"

#define TOP	"/sys/fs/cgroup"
#define GROUP	TOP "/pays"
#define CROWD	12000		/* transfers or completions */
#define DEVICES	10000
#define LISTS	40
#define LIST	1024		/* elements */
#define COPIES	300		/* memory elements, of COPY bytes each */
#define COPY	65536
#define STUCK	(8 * MIB)	/* more than a connection takes */
#define REST	(512LL << 10)	/* that the kernel may keep for the cgroup */
/* The kernel adds up the charges of its CPUs late. */
#define LATE	(30000 * guest_scale())		/* ms */
#define ALL_DONE (60000 * guest_scale())	/* ms */

/* ---- files ---- */

static bool put(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what);

	if (fd >= 0)
		close(fd);
	return done;
}

/* The number after a word at the start of a line; -1: there is none */
static long long number(const char *path, const char *word)
{
	long long found = -1, n;
	char line[256], name[64];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", name, &n) == 2 && !strcmp(name, word))
			found = n;
	}
	if (f)
		fclose(f);
	return found;
}

/* Bytes of kernel memory that the cgroup pays for */
static long long charged(void)
{
	return number(GROUP "/memory.stat", "kernel");
}

/* Bytes of kernel memory of the whole machine, without pages that are no slab's */
static long long used(void)
{
	return (number("/proc/meminfo", "SUnreclaim:") +
		number("/proc/meminfo", "VmallocUsed:")) * (long long)KIB;
}

/* ---- what is held; each function returns how many ---- */

static long hold_completions(void)
{
	static struct crowd c;

	crowd_open(&c, false);
	crowd_add(&c, CROWD);
	return CROWD;
}

static long hold_transfers(void)
{
	static struct crowd c;

	crowd_open(&c, true);
	crowd_add(&c, CROWD);
	return CROWD;
}

static long hold_devices(void)
{
	struct rlimit most = { 2 * DEVICES, 2 * DEVICES };
	long n = 0;

	if (setrlimit(RLIMIT_NOFILE, &most))
		die("RLIMIT_NOFILE");
	while (n < DEVICES && open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC) >= 0)
		n++;
	return n;
}

/* A socket with a transfer that cannot end: what is submitted to it stays. */
static int full_socket(int dev)
{
	struct pair p = pair_open(true);
	struct raw q;

	raw_fill(&q, p.near, file_to_read("stuck", STUCK), 0, STUCK);
	if (raw_submit(dev, &q))
		die("a transfer that stays");
	return p.near;
}

/* Submits the same list up to @most times. */
static long hold_lists(const struct zcopy_elem *e, unsigned int nr, long most)
{
	int dev = dev_open(0), sock = full_socket(dev);
	struct raw q;
	long n = 0;

	raw_fill(&q, sock, -1, 0, 0);
	q.s.elems = (uintptr_t)e;
	q.s.nr_elems = nr;
	while (n < most && !raw_submit(dev, &q))
		n++;
	return n;
}

static long hold_elements(void)
{
	static struct zcopy_elem e[LIST];
	int file = file_to_read("file", 4096);

	for (unsigned int i = 0; i < LIST; i++)
		e[i] = elem_file(file, 0, 1);
	return hold_lists(e, LIST, LISTS);
}

static long hold_memory(void)
{
	static char bytes[COPY];
	struct zcopy_elem e = elem_memory(bytes, sizeof(bytes));

	return hold_lists(&e, 1, COPIES);
}

static const struct row {
	const char *name;
	long (*hold)(void);
	long long least;		/* bytes that each takes, on any kernel */
} rows[] = {
	{ "completions", hold_completions, 512 },
	{ "live transfers", hold_transfers, 512 },
	{ "open devices", hold_devices, 128 },
	{ "lists of elements", hold_elements, LIST * sizeof(struct zcopy_elem) },
	{ "memory elements", hold_memory, COPY },
};

/* ---- the verdict ---- */

/* In a process of its own, which the test ends */
static void holder(struct user *me, void *arg)
{
	const struct row *row = arg;
	long unused;

	if (!put(GROUP "/cgroup.procs", "0"))
		die("joining the cgroup");
	user_say(me, 0);
	user_hear(me, &unused, -1);
	user_say(me, row->hold());
	user_hear(me, &unused, -1);
}

static long heard(struct user *u)
{
	long number = -1;

	if (!user_hear(u, &number, ALL_DONE))
		note("its process says nothing");
	return number;
}

/*
 * The cgroup pays for four fifths, at least, of what the machine has less.  In a debug
 * kernel that includes the kernel's own notes, which are not charged.
 */
static void is_charged(const struct row *row, long nr, long long charged_before,
		       long long used_before)
{
	uint64_t end = now_ms() + LATE;
	long long least, less, pays;

	do {
		sleep_ms(20);
		less = used() - used_before;
		pays = charged() - charged_before;
		least = nr * row->least;
		if (!guest_is_debug() && least < less)
			least = less;
	} while (pays < least * 4 / 5 && now_ms() < end);
	ktap_ok(pays >= least * 4 / 5,
		"%s: it pays for %lld KiB, the machine has %lld KiB less", row->name,
		pays / (long long)KIB, less / (long long)KIB);
}

static void is_given_back(const struct row *row, long long before)
{
	uint64_t end = now_ms() + LATE;
	long long now;

	while ((now = charged()) > before + REST && now_ms() < end)
		sleep_ms(20);
	ktap_ok(now <= before + REST, "%s: given back but for %lld KiB", row->name,
		(now - before) / (long long)KIB);
}

static void run(const struct row *row)
{
	long long charged_before, used_before;
	struct user u;
	long nr;

	user_start(&u, 0, holder, (void *)row);
	if (heard(&u))
		die("a process in the cgroup");
	charged_before = charged();
	used_before = used();
	user_say(&u, 0);
	nr = heard(&u);
	ktap_ok(nr > 0, "%s: %ld of them", row->name, nr);
	is_charged(row, nr, charged_before, used_before);
	user_kill(&u);
	if (!user_ends(&u, ALL_DONE))
		note("its process stays");
	is_given_back(row, charged_before);
}

static bool removed(const char *path)
{
	uint64_t end = now_ms() + LATE;

	while (rmdir(path)) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

int main(void)
{
	mount("none", TOP, "cgroup2", 0, NULL);
	if (!put(TOP "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755))
		ktap_skip_all("no memory cgroups: %s", strerror(errno));
	if (charged() < 0)
		ktap_skip_all("memory.stat does not tell of kernel memory");
	crowd_limits();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	ktap_ok(removed(GROUP), "the cgroup can be removed");
	return ktap_done();
}
