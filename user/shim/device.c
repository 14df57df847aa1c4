// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the library's descriptor of /dev/zcopy.  The device is opened when the library
 * is loaded, because the program may change its root or its user later.  The
 * descriptor has a high number, away from those that programs use.  Children of fork
 * share it; exec and dlclose close it.
 *
 * A program that closes all descriptors it does not know may close this one, and
 * another file may get its number.  A check before each use would cost a system call.
 * No other file answers to the device's ioctl numbers, so a descriptor is checked
 * only if it did not answer as the device does.  For the check the open file has a
 * mark: the signal number of F_SETSIG, which is never sent, as signal-driven I/O is
 * off.  A descriptor without the mark is never closed here.  Another open zcopy
 * device under the same number is not noticed, but serves as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

/* Programs that use select(2) or tables of descriptors use numbers below this */
#define HIGH		1000
/* Seconds from a failed attempt to open the device to the next one */
#define RETRY		1
/* For F_SETSIG; only files with signal-driven I/O set a number, and rarely this one */
#define MARK		61

static atomic_int device = -1;
static atomic_int problem;		/* errno of the last attempt */
static _Atomic int64_t next_try;	/* second of the next one */

static int64_t second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec;
}

/* sendfile(2) is no cancellation point; open(3) and close(3) are, so avoid them. */
static int open_device(void)
{
	return syscall(SYS_openat, AT_FDCWD, ZCOPY_DEVICE,
		       O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
}

static void put_back(int fd)
{
	int error = errno;

	syscall(SYS_close, fd);
	errno = error;
}

static bool is_ours(int fd)
{
	return fd >= 0 && syscall(SYS_fcntl, fd, F_GETSIG) == MARK;
}

/* Move @fd to HIGH, or below the limit if that is lower; -1 and errno on failure */
static int move_up(int fd)
{
	struct rlimit limit;
	int high = HIGH;
	int up;

	if (!getrlimit(RLIMIT_NOFILE, &limit) &&
	    limit.rlim_cur - limit.rlim_cur / 16 <= HIGH)
		high = limit.rlim_cur - limit.rlim_cur / 16 - 1;
	up = fcntl(fd, F_DUPFD_CLOEXEC, high);
	if (up < 0)
		up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	put_back(fd);
	return up;
}

/* True if @fd answers as the device does; then marks it */
static bool is_zcopy(int fd)
{
	struct zcopy_query query = { .size = sizeof(query) };
	struct stat st;

	if (fstat(fd, &st))
		return false;
	if (!S_ISCHR(st.st_mode)) {
		errno = ENODEV;
		return false;
	}
	if (ioctl(fd, ZCOPY_IOC_QUERY, &query)) {
		/* Landlock may allow open(2), but forbid ioctl(2). */
		if (errno != EACCES)
			errno = ENODEV;
		return false;
	}
	/* A module of an older release */
	if (!(query.verbs & 1ULL << _IOC_NR(ZCOPY_IOC_SENDFILE))) {
		errno = EOPNOTSUPP;
		return false;
	}
	return !fcntl(fd, F_SETSIG, MARK);
}

/*
 * Replaces the descriptor @old by a new one; returns the descriptor in use then, or
 * a negative errno.  In another root the name may be a symbolic link to anything, so
 * links are not followed.
 */
static int reopen(int old)
{
	int error, fd = open_device();

	if (fd >= 0)
		fd = move_up(fd);
	if (fd >= 0 && !is_zcopy(fd)) {
		put_back(fd);
		fd = -1;
	}
	error = errno;
	/*
	 * RACE: another thread may have reopened the device first; then its
	 * descriptor stays, even if that has the number that was lost.
	 */
	if (fd != old && is_ours(old)) {
		if (fd >= 0)
			put_back(fd);
		return old;
	}
	if (fd < 0) {
		next_try = second() + RETRY;
		problem = error;
		atomic_compare_exchange_strong(&device, &old, -1);
		return -error;
	}
	problem = 0;
	if (atomic_compare_exchange_strong(&device, &old, fd))
		return fd;
	put_back(fd);
	return old >= 0 ? old : -ENODEV;
}

void shim_device_init(void)
{
	if (device < 0)
		reopen(-1);
}

int shim_device(void)
{
	int fd = device, error = problem;

	if (fd >= 0)
		return fd;
	if (error && second() < next_try)
		return -error;
	return reopen(-1);
}

int shim_device_problem(void)
{
	return problem;
}

void shim_device_end(void)
{
	int fd;

	/* Calls in other threads must not open the device again. */
	problem = ENODEV;
	next_try = INT64_MAX;
	fd = atomic_exchange(&device, -1);
	/*
	 * RACE: another thread may close the descriptor between the check and the
	 * close; no system call does both at once.
	 */
	if (is_ours(fd))
		put_back(fd);
}

bool shim_device_lost(int fd)
{
	if (is_ours(fd))
		return false;
	reopen(fd);
	return true;
}
