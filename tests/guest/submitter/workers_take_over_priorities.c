// SPDX-License-Identifier: GPL-2.0
/*
 * A worker runs a transfer with the nice value and the disk priority that the
 * submitter had at submission, and the next transfer with that of its own submitter.
 * guest: timeout=60
 */
#include "ktap.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/ioprio.h>
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

/* It has SCHED_IDLE, not a nice value. */
static const char idle_class[] = "of the idle class";

struct row {
	const char *what;
	int nice, set;		/* NONE: as the nice value says */
	int gets;
};

static const struct row rows[] = {
	{ "as a program starts", 0, NONE, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4) },
	{ "nice", 10, NONE, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6) },
	{ "the least", 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0),
	  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0) },
	{ "low, nice", 19, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7),
	  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7) },
	{ "high, not nice", -5, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 0),
	  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 0) },
	{ "real time", 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 3),
	  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 3) },
	{ idle_class, 19, NONE, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 4) },
	{ "as a program starts, after these", 0, NONE,
	  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4) },
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

/* How many of them have both priorities */
static unsigned int workers_with(int nice_value, int ioprio)
{
	unsigned int nr = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d))) {
		int pid = atoi(e->d_name);

		nr += pid > 0 && is_waiting(e->d_name) &&
		      getpriority(PRIO_PROCESS, pid) == nice_value &&
		      syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid) == ioprio;
	}
	if (d)
		closedir(d);
	return nr;
}

/* In a process of its own: submits, and stays until the pipe is closed. */
static void submitter(const struct row *r, const char *name, int until)
{
	int file = open(name, O_RDONLY);
	struct pair s;
	struct raw q;
	struct sched_param none = { 0 };
	char c;

	if (r->what == idle_class ? sched_setscheduler(0, SCHED_IDLE, &none) :
		      setpriority(PRIO_PROCESS, SELF, r->nice))
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
	unsigned int have = 0;
	int p[2], status;
	char name[40];
	pid_t pid;

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
	ktap_ok(mutefs_silent(&m, 1, 20000), "%s: a worker waits for the server", r->what);
	for (int i = 0; i < 100 && !have; i++) {
		have = workers_with(r->nice, r->gets);
		sleep_ms(20);
	}
	ktap_eq(have, 1, "%s: it has nice %d and disk priority %x", r->what, r->nice,
		r->gets);
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

