// SPDX-License-Identifier: GPL-2.0
/*
 * A listing, in /proc and by netlink, has the process that submitted a transfer under
 * the number that it has for the reader, and 0 if it has none in the reader's pid
 * namespace.  Otherwise an administrator could kill another process by that number.
 * guest: timeout=60
 */
#include "ktap.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(1 << 20)

/* What the processes tell each other */
static struct {
	_Atomic uint64_t id;
	_Atomic long number;		/* of the submitter, outside */
	_Atomic long by_proc, by_netlink;
	_Atomic bool look, looked;
} *told;

static int file;
static struct pair pair;

static long in_proc(uint64_t id)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "re");
	long pid = -1, p;
	char line[256];
	uint64_t got;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNu64 " %*u %ld", &got, &p) == 2 && got == id)
			pid = p;
	if (f)
		fclose(f);
	return pid;
}

static long by_netlink(uint64_t id)
{
	struct nlraw nl;
	long pid;

	nlraw_open(&nl);
	pid = nlraw_about(&nl, ZCOPY_CMD_GET, id, 0) ? -1 : (long)nl.pid;
	close(nl.fd);
	return pid;
}

static void look(void)
{
	told->by_proc = in_proc(told->id);
	told->by_netlink = by_netlink(told->id);
	told->looked = true;
}

/* /proc is that of the outermost namespace here. */
static long outer_number(void)
{
	char link[32] = "";

	return readlink("/proc/self", link, sizeof(link) - 1) > 0 ? atol(link) : -1;
}

static void parked(void)
{
	struct raw q;
	int err;

	raw_fill(&q, pair.near, file, 0, SIZE);
	err = raw_submit(dev_open(0), &q);
	if (err)
		die("submit: %d", err);
	told->number = outer_number();
	told->id = q.s.id;
}

/* Each level has a pid namespace of its own. */
static pid_t child_below(void (*run)(unsigned int), unsigned int left)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		die("a pid namespace");
	if (!pid) {
		run(left);
		_exit(0);
	}
	return pid;
}

static void submits_below(unsigned int left)
{
	if (left) {
		waitpid(child_below(submits_below, left - 1), NULL, 0);
		return;
	}
	parked();
	while (!told->look)
		sleep_ms(5);
	look();
}

static void looks_below(unsigned int left)
{
	if (left)
		waitpid(child_below(looks_below, left - 1), NULL, 0);
	else
		look();
}

static void row(const char *reader, long want)
{
	ktap_eq(told->by_proc, want, "%s: in /proc", reader);
	ktap_eq(told->by_netlink, want, "%s: by netlink", reader);
}

static void container(unsigned int depth)
{
	pid_t child;

	told->id = 0;
	told->look = told->looked = false;
	pair = pair_open(true);
	child = child_below(submits_below, depth - 1);
	while (!told->id)
		sleep_ms(5);
	look();
	note("%u below", depth);
	row("a reader outside", told->number);
	told->looked = false;
	told->look = true;
	while (!told->looked)
		sleep_ms(5);
	row("the submitter", 1);
	waitpid(child, NULL, 0);
	if (!live_becomes(0, 10000))
		note("it still lives");
	pair_close(&pair);
}

static void outside(unsigned int depth)
{
	pid_t pid;

	told->id = 0;
	told->look = false;
	pair = pair_open(true);
	pid = fork();
	if (!pid) {
		parked();
		while (!told->look)
			sleep_ms(5);
		_exit(0);
	}
	while (!told->id)
		sleep_ms(5);
	waitpid(child_below(looks_below, depth - 1), NULL, 0);
	note("%u above", depth);
	row("a reader in a container", 0);
	look();
	row("a reader beside it", pid);
	told->look = true;
	waitpid(pid, NULL, 0);
	if (!live_becomes(0, 10000))
		note("it still lives");
	pair_close(&pair);
}

int main(void)
{
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		die("shared memory");
	file = file_make("source", 0, 3, SIZE);
	container(1);
	container(2);
	outside(1);
	outside(2);
	return ktap_done();
}
