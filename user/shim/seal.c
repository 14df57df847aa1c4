// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Knows of seccomp filters, so that no call of ours meets one: it may allow
 * sendfile(2) and end the program for ioctl(2).
 *
 * No call that asks for filters is safe under one.  So those that were there
 * before are looked for while the library is loaded, by the calls that loading it
 * took, and those that come later are seen coming: prctl(2) and syscall(2) are
 * exported, and libraries such as libseccomp use them.  What is not seen: system
 * calls by instructions of the program's own, and symbols that it looks up in
 * libc itself.
 *
 * Filters never go away.  One of a single thread counts for all.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define EXPORT	__attribute__((visibility("default")))
#define STATUS	"/proc/self/status"
/* For calls that looked before the filter was announced, to reach the kernel */
#define SETTLE	{ .tv_nsec = 5000000 }

/* Those there, and those on their way */
static atomic_int filters;
/* /proc did not tell */
static bool unknown;
static int (*next_prctl)(int, ...);

enum shim_why shim_sealed(void)
{
	if (!atomic_load_explicit(&filters, memory_order_relaxed))
		return SHIM_WHY_NR;
	return unknown ? SHIM_WHY_no_proc : SHIM_WHY_seccomp;
}

/* ---- those that were there before ---- */

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

/* Lines that do not fit (the groups) are not among those wanted. */
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

void shim_seal_init(struct shim_status *st)
{
	const char *known = getenv(SHIM_FILTERS_ENV);
	enum shim_why why;
	int fd;

	*st = (struct shim_status) { .mode = -1, .filters = -1 };
	next_prctl = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
	shim_next_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	/* Another library's constructor was first: not even this may be asked. */
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
}

/* ---- those that come ---- */

/* Announces a filter; the report asks what it must before. */
static void seal(bool all_threads)
{
	struct timespec settle = SETTLE;
	int error = errno;
	bool first;

	shim_report_seal();
	first = !filters++;
	/*
	 * RACE: another thread may have looked and not called yet.  To have each
	 * call say so would cost each; one that does not run all this time is
	 * not met.  An earlier filter may not let us sleep, and there is no need to
	 * then; nor must a thread that is being cancelled end here.
	 */
	if (all_threads && first)
		shim_call(SYS_nanosleep, (long)&settle, 0, 0, 0, 0, 0);
	errno = error;
}

/* It was refused, as those are that libseccomp tries to see what there is. */
static void unseal(void)
{
	filters--;
}

EXPORT int prctl(int option, ...)
{
	bool filter = option == PR_SET_SECCOMP;
	unsigned long a, b, c, d;
	va_list list;
	int ret;

	va_start(list, option);
	a = va_arg(list, unsigned long);
	b = va_arg(list, unsigned long);
	c = va_arg(list, unsigned long);
	d = va_arg(list, unsigned long);
	va_end(list);
	if (filter)
		seal(false);
	/* Called before our constructor ran: by another one. */
	ret = next_prctl ? next_prctl(option, a, b, c, d) :
			   shim_call(SYS_prctl, option, a, b, c, d, 0);
	if (filter && ret < 0)
		unseal();
	return ret;
}

/* What syscall(2) is asked for that may be a filter: syscall.c */
long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	bool filter = false, all = false;
	long ret;

	if ((int)nr == SYS_prctl) {
		filter = (int)a == PR_SET_SECCOMP;
	} else if ((int)nr == SYS_seccomp) {
		filter = (unsigned int)a == SECCOMP_SET_MODE_STRICT ||
			 (unsigned int)a == SECCOMP_SET_MODE_FILTER;
		all = c && (b & SECCOMP_FILTER_FLAG_TSYNC);
	}
	if (filter)
		seal(all);
	ret = shim_next_syscall ? shim_next_syscall(nr, a, b, c, d, e, f) :
				  shim_call(nr, a, b, c, d, e, f);
	if (filter && ret < 0)
		unseal();
	return ret;
}
