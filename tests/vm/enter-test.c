// SPDX-License-Identifier: GPL-2.0
/*
 * enter-test CGROUP PROGRAM: becomes a test, in that cgroup, in a mount namespace of its
 * own and in an empty directory. One program, because each start of a program takes a
 * sixth of a second in the debug guest.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/tmp/work"

static int fails(const char *what)
{
	perror(what);
	return 1;
}

static int erase(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static int join(const char *cgroup)
{
	char path[4096];
	int fd, ok;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (join(argv[1]))
		return fails(argv[1]);
	/* A test may have been killed at any point of its work there. */
	nftw(DIRECTORY, erase, 16, FTW_DEPTH | FTW_PHYS);
	if (mkdir(DIRECTORY, 0755) || chdir(DIRECTORY))
		return fails(DIRECTORY);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return fails("a mount namespace");
	execv(argv[2], argv + 2);
	return fails(argv[2]);
}
