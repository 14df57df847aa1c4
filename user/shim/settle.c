// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Waits until all other threads have seen that a filter is announced.  A thread may have
 * looked for filters just before, and have been preempted before its system call, which
 * the filter would punish.  Tracking each call would slow down every call.  Instead, as a
 * filter for all threads is installed once: a thread that has got processor time since
 * the announcement has made that call, and one that sleeps is in the kernel already.
 *
 * All system calls are made directly: this may run in any thread, in a constructor, or
 * where cancellation must not happen.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define TASKS		"/proc/self/task"
/* More threads than these are given a moment and not watched. */
#define MOST		256
/* Processor time after which a thread is past its call; an emulator may be slow */
#define ENOUGH_NS	2000000
/* Between two looks; of those that are not watched; and at most, as for a stopped thread */
#define NAP_NS		1000000
#define MOMENT_NS	50000000
#define LIMIT_NS	2000000000

/* struct settling - another thread that may be about to make a system call */
struct settling {
	pid_t	tid;		/* 0: no longer */
	int64_t	ran_ns;		/* until the announcement */
};

static void nap(long ns)
{
	struct timespec t = { .tv_nsec = ns };

	shim_call(SYS_nanosleep, (long)&t, 0, 0, 0, 0, 0);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (shim_call(SYS_clock_gettime, clock, (long)&t, 0, 0, 0, 0))
		return -1;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Processor time of a thread of this process; negative: it has ended.  See getcpuclockid. */
static int64_t ran_ns(pid_t tid)
{
	return clock_ns(~(clockid_t)tid << 3 | 6);
}

/* The letter of its state behind the name, which may have any character */
static bool sleeps(pid_t tid)
{
	char path[64], text[256], *state;
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), TASKS "/%d/stat", (int)tid);
	fd = shim_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return false;
	n = shim_call(SYS_read, fd, (long)text, sizeof(text) - 1, 0, 0, 0);
	shim_call(SYS_close, fd, 0, 0, 0, 0, 0);
	text[n > 0 ? n : 0] = '\0';
	state = strrchr(text, ')');
	return state && strlen(state) > 2 && strchr("SDI", state[2]);
}

/* All other threads; negative: they cannot be known, or are too many. */
static int list(struct settling *list)
{
	pid_t self = shim_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	char buf[2048];
	int fd, nr = 0;
	long n, at;

	fd = shim_call(SYS_openat, AT_FDCWD, (long)TASKS,
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return -1;
	while ((n = shim_call(SYS_getdents64, fd, (long)buf, sizeof(buf), 0, 0, 0)) > 0) {
		for (at = 0; at < n && nr >= 0;) {
			const struct dirent64 *d = (const void *)(buf + at);
			pid_t tid = atoi(d->d_name);

			at += d->d_reclen;
			if (tid <= 0 || tid == self)
				continue;
			if (nr == MOST)
				nr = -1;
			else
				list[nr++] = (struct settling){ tid, ran_ns(tid) };
		}
		if (nr < 0)
			break;
	}
	shim_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return n < 0 ? -1 : nr;
}

static bool settled(const struct settling *s)
{
	int64_t ran = ran_ns(s->tid);

	return ran < 0 || ran - s->ran_ns >= ENOUGH_NS || sleeps(s->tid);
}

void shim_settle(void)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + LIMIT_NS;
	struct settling others[MOST];
	int nr = list(others), left = nr;

	if (nr < 0)
		nap(MOMENT_NS);
	while (left > 0) {
		left = 0;
		for (int i = 0; i < nr; i++) {
			if (others[i].tid && settled(&others[i]))
				others[i].tid = 0;
			left += others[i].tid != 0;
		}
		if (!left || clock_ns(CLOCK_MONOTONIC) > end)
			break;
		nap(NAP_NS);
	}
}
