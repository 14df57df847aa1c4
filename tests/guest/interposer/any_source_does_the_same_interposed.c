// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) reads from every kind of descriptor, from closed ones to pipes and
 * files in /proc.  Return value, errno, offset, position and bytes are the same
 * with the interposer as without it.
 *
 * guest: skip-on=debug
 */
#include "ktap.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

static void from(int fd)
{
	at(tcp.near, fd, 0, 1000);
	here(tcp.near, fd, 1000);
	arrived();
}

static void s_in_closed(void) { close(file); from(file); }
static void s_in_negative(void) { from(-1); }
static void s_in_huge(void) { from(INT_MAX); }
static void s_in_wronly(void) { from(open("file", O_WRONLY)); }
static void s_in_path(void) { from(open("file", O_PATH)); }
static void s_in_rdwr(void) { from(open("file", O_RDWR | O_APPEND)); }
static void s_in_nonblock(void) { from(open("file", O_RDONLY | O_NONBLOCK)); }
static void s_in_dir(void) { from(open(".", O_RDONLY)); }
static void s_in_zero(void) { from(open("/dev/zero", O_RDONLY)); }
static void s_in_null(void) { from(open("/dev/null", O_RDONLY)); }
static void s_in_block(void) { from(open("/dev/vda", O_RDONLY)); }
static void s_in_event(void) { from(eventfd(1, EFD_NONBLOCK)); }
static void s_in_epoll(void) { from(epoll_create1(0)); }
static void s_in_self(void) { from(tcp.near); }
static void s_in_version(void) { from(open("/proc/version", O_RDONLY)); }
static void s_in_sysctl(void) { from(open("/proc/sys/kernel/ostype", O_RDONLY)); }
static void s_in_mem(void) { from(open("/proc/self/mem", O_RDONLY)); }
static void s_in_sysfs(void) { from(open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY)); }
static void s_in_cgroup(void) { from(open("/sys/fs/cgroup/cgroup.controllers", O_RDONLY)); }

static void s_in_empty(void)
{
	from(open("empty", O_RDONLY | O_CREAT, 0600));
}

static void s_in_direct(void)
{
	from(open("file", O_RDONLY | O_DIRECT));
}

static void s_in_gone(void)
{
	unlink("file");
	from(file);
}

static void s_in_memfd(void)
{
	int fd = memfd_create("m", 0);

	file_write(fd, 3, 0, 5000);
	lseek(fd, 0, SEEK_SET);
	from(fd);
}

static void s_in_pipe(void)
{
	int fd[2];

	if (pipe(fd) || write(fd[1], "hello", 5) != 5)
		die("pipe");
	close(fd[1]);
	from(fd[0]);
}

static void s_in_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	from(fd[0]);
}

static const struct situation situations[] = {
	S(in_closed), S(in_negative), S(in_huge), S(in_wronly), S(in_path),
	S(in_rdwr), S(in_nonblock), S(in_dir), S(in_zero), S(in_null), S(in_block),
	S(in_event), S(in_epoll), S(in_self), S(in_version), S(in_sysctl),
	S(in_mem), S(in_sysfs), S(in_cgroup), S(in_empty), S(in_direct), S(in_gone),
	S(in_memfd), S(in_pipe), S(in_unix),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken > 5, "calls were taken");
	ktap_ok(did.taken < did.calls, "and some were not");
	return ktap_done();
}
