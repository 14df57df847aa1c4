// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the one descriptor of /dev/zcopy.  It is opened when the library is
 * loaded, as later the program may have changed its root or its user, and kept
 * away from the numbers that programs use; children of fork share it, exec and
 * dlclose close it.
 *
 * A program that closes what it does not know may close it, and its number may
 * be somebody else's file by now.  A look before each use would be a system call
 * more; the device's verbs have numbers that no other file answers to, and what
 * does not answer as the device does is looked at: is it ours?  The open file
 * bears a mark for that, the signal that it would send if it were told to send
 * signals, which it is not.  What is not ours is never closed from here; only
 * another open device of zcopy would serve as well and not be told from it.
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

/* Programs that use select(2) and tables of descriptors stay below. */
#define HIGH		1000
/* Seconds after which what could not be opened is tried again */
#define RETRY		1
/* For F_SETSIG: no file has a mark, but those that send signals, and rarely this */
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

/* sendfile(2) is no place where a thread may be cancelled; open(3), close(3) are. */
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

/* As high as the limit allows, but not at its very end: -1 and errno. */
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

/* Is it the device, by what it answers?  Then it is marked. */
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
		/* Landlock may let it be opened, and forbid the rest. */
		if (errno != EACCES)
			errno = ENODEV;
		return false;
	}
	return !fcntl(fd, F_SETSIG, MARK);
}

/*
 * Puts a new descriptor in the place of @old; returns what is there then, or a
 * negative errno.  In another root the name may be a link to anything: it is not
 * followed.
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
	 * RACE: another thread may have been quicker: then its descriptor stays,
	 * also if it got the number that was lost.
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

	/* Whoever is in a call still gets none. */
	problem = ENODEV;
	next_try = INT64_MAX;
	fd = atomic_exchange(&device, -1);
	/*
	 * RACE: a thread that closes what it does not know may do so between the
	 * look and this; there is no call that does both.
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
