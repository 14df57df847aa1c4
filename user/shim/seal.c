// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Detects seccomp filters, so that the library makes no system call under one: a
 * filter may allow sendfile(2) but kill the program for ioctl(2).
 *
 * A filter may also forbid the calls that ask for filters.  So the library looks for
 * existing filters while it is loaded, and only with system calls that the loader has
 * just made itself: a filter that forbade them would not have let the library load.
 * Later filters are noticed when they are installed: this library exports prctl(2) and
 * syscall(2), which libraries such as libseccomp use.  It does not notice a filter that
 * a program installs with its own system call instruction, or with functions that it
 * looks up in libc itself.
 *
 * Filters never go away.  A filter of one thread counts for all threads.  A child of
 * vfork(2) shares this library's memory, but its filter is its own: it counts until the
 * child executes a program or ends.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

#define EXPORT	__attribute__((visibility("default")))
#define STATUS	"/proc/self/status"

/* Filters that exist or are being installed */
static atomic_int filters;
/* 1: a child that shares our memory has a filter; the kernel writes 0 when it has gone */
static atomic_int guest;
/* The process that the memory belongs to; 0: not known */
static pid_t owner;
/* /proc could not be read */
static bool unknown;
static int (*next_prctl)(int, ...);

enum shim_why shim_sealed(void)
{
	if (!atomic_load_explicit(&filters, memory_order_relaxed) &&
	    !atomic_load_explicit(&guest, memory_order_relaxed))
		return SHIM_WHY_NR;
	return unknown ? SHIM_WHY_no_proc : SHIM_WHY_seccomp;
}

/* ---- filters that exist when the library is loaded ---- */

static void take_line(struct shim_status *st, const char *line)
{
	static const char name[] = "Name:\t", pid[] = "Pid:\t", mode[] = "Seccomp:\t",
			  count[] = "Seccomp_filters:\t";

	if (!strncmp(line, name, sizeof(name) - 1))
		strncpy(st->comm, line + sizeof(name) - 1, sizeof(st->comm) - 1);
	else if (!strncmp(line, pid, sizeof(pid) - 1))
		st->pid = atoi(line + sizeof(pid) - 1);
	else if (!strncmp(line, mode, sizeof(mode) - 1))
		st->mode = atoi(line + sizeof(mode) - 1);
	else if (!strncmp(line, count, sizeof(count) - 1))
		st->filters = atoi(line + sizeof(count) - 1);
}

/* Drops lines longer than the buffer, such as Groups; none of them is needed. */
static void read_status(struct shim_status *st, int fd)
{
	char text[1024], *line, *end;
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, text + have, sizeof(text) - 1 - have)) > 0) {
		text[have + n] = '\0';
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			take_line(st, line);
		}
		have = strlen(line);
		if (have == sizeof(text) - 1)
			have = 0;
		memmove(text, line, have);
	}
}

static void in_child(void)
{
	if (shim_sealed() == SHIM_WHY_NR)
		owner = getpid();
}

void shim_seal_init(struct shim_status *st)
{
	const char *known = getenv(SHIM_FILTERS_ENV);
	enum shim_why why;
	int fd;

	*st = (struct shim_status) { .mode = -1, .filters = -1 };
	next_prctl = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
	shim_next_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	/* Another constructor has installed a filter: even open(2) may be forbidden. */
	if (filters)
		return;
	fd = open(STATUS, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		read_status(st, fd);
		close(fd);
	}
	why = shim_decide_filters(st, known);
	unknown = why == SHIM_WHY_no_proc;
	filters += why != SHIM_WHY_NR;
	if (shim_sealed() == SHIM_WHY_NR && !pthread_atfork(NULL, NULL, in_child))
		owner = getpid();
}

/* ---- filters that are installed later ---- */

/*
 * Is the caller a child that shares our memory?  Then the kernel is asked to clear @guest
 * when the child executes a program or ends, as it does for the ID of a thread that is
 * joined.  Only one child at a time can have that, and none whose address for this is in
 * use; the filter of another one counts as our own, which harms nobody.
 */
static bool is_guest(void)
{
	int *used = NULL, none = 0;

	if (!owner || getpid() == owner ||
	    shim_call(SYS_prctl, PR_GET_TID_ADDRESS, (long)&used, 0, 0, 0, 0) || used ||
	    !atomic_compare_exchange_strong(&guest, &none, 1))
		return false;
	shim_call(SYS_set_tid_address, (long)&guest, 0, 0, 0, 0, 0);
	return true;
}

/*
 * Announces a filter; before it, the report reads what it will need.  Returns where it
 * was counted.
 */
static atomic_int *seal(bool all_threads)
{
	int error = errno;
	bool first;

	if (shim_sealed() == SHIM_WHY_NR && is_guest()) {
		errno = error;
		return &guest;
	}
	shim_report_seal();
	first = !filters++;
	/*
	 * RACE: another thread may have checked for filters, but not made its system
	 * call yet.  With an earlier filter no wait is needed, and its system calls
	 * may be forbidden.
	 */
	if (all_threads && first)
		shim_settle();
	errno = error;
	return &filters;
}

/* The kernel refused the filter; libseccomp probes for features in this way. */
static void unseal(atomic_int *counted)
{
	if (counted == &guest)
		shim_call(SYS_set_tid_address, 0, 0, 0, 0, 0, 0);
	--*counted;
}

EXPORT int prctl(int option, ...)
{
	atomic_int *counted = NULL;
	unsigned long a, b, c, d;
	va_list list;
	int ret;

	va_start(list, option);
	a = va_arg(list, unsigned long);
	b = va_arg(list, unsigned long);
	c = va_arg(list, unsigned long);
	d = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		counted = seal(false);
	/* Another library's constructor may call before ours has run. */
	ret = next_prctl ? next_prctl(option, a, b, c, d) :
			   shim_call(SYS_prctl, option, a, b, c, d, 0);
	if (counted && ret < 0)
		unseal(counted);
	return ret;
}

/* Calls of syscall(2) that may install a filter; syscall.c jumps here */
long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	bool filter = false, all = false;
	atomic_int *counted = NULL;
	long ret;

	if ((int)nr == SYS_prctl) {
		filter = (int)a == PR_SET_SECCOMP;
	} else if ((int)nr == SYS_seccomp) {
		filter = (unsigned int)a == SECCOMP_SET_MODE_STRICT ||
			 (unsigned int)a == SECCOMP_SET_MODE_FILTER;
		all = c && (b & SECCOMP_FILTER_FLAG_TSYNC);
	}
	if (filter)
		counted = seal(all);
	ret = shim_next_syscall ? shim_next_syscall(nr, a, b, c, d, e, f) :
				  shim_call(nr, a, b, c, d, e, f);
	if (counted && ret < 0)
		unseal(counted);
	return ret;
}
