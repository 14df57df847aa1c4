// SPDX-License-Identifier: GPL-2.0
/*
 * With DROP_BEHIND, a range whose pages the network still holds waits to be dropped
 * after the end of its transfer, and keeps its file open.  It pins the module:
 * unloading is refused until the range is gone, and closes no file.  A close that waits
 * for a frozen file system holds up the worker that closes, and not rmmod.
 * guest: timeout=90
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "life.h"

#define SIZE		(64 * 1024)
#define SECONDS		(1000 * (int)guest_scale())
#define TRIES_LAST	3	/* seconds until a range is given up, at most */

static int root;

static int module_out(void)
{
	return syscall(SYS_delete_module, "zcopy", O_NONBLOCK) ? -errno : 0;
}

static void module_in(void)
{
	int fd = open("/zcopy.ko", O_RDONLY | O_CLOEXEC);

	if (syscall(SYS_finit_module, fd, "", 0))
		ktap_bail("the module");
	close(fd);
}

static bool module_out_within(int ms)
{
	uint64_t end = life_ms() + ms;
	int ret;

	do {
		ret = module_out();
		if (ret != -EWOULDBLOCK)
			return !ret;
		life_nap(20);
	} while (life_ms() < end);
	return false;
}

/* Leaves a range behind, whose pages wait in the queue of @s[1]; its file has no name. */
static void leave_range(int s[2])
{
	int dev = life_open(), file = life_file("disk/file", SIZE);
	struct zcopy_result res;
	struct life_req q;

	life_pair(s, false);
	file_uncache(file);
	life_req(&q, s[0], file, 0, SIZE);
	q.s.flags = ZCOPY_F_DROP_BEHIND;
	if (life_submit(dev, &q) ||
	    life_wait(dev, q.s.id, &res, 1, 1, 10 * SECONDS) != 1 ||
	    res.status != ZCOPY_STATUS_DONE || res.bytes_by_ref != SIZE)
		ktap_bail("a transfer by reference");
	unlink("disk/file");
	close(file);
	close(dev);
}

static void leave_pair(const int s[2])
{
	close(s[0]);
	close(s[1]);
}

static void waits(void)
{
	int s[2];

	leave_range(s);
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a range waits");
	leave_pair(s);
	ktap_ok(module_out_within((TRIES_LAST + 1) * SECONDS), "it goes when none does");
	module_in();
}

/* A child unloads: on ice, unloading might never return. */
static void on_ice(void)
{
	uint64_t start;
	int s[2], status;
	pid_t pid;

	leave_range(s);
	if (ioctl(root, FIFREEZE, 0))
		ktap_bail("to freeze it");
	/* Until a worker closes the file */
	life_nap(TRIES_LAST * 1000);
	start = life_ms();
	pid = fork();
	if (!pid)
		_exit(module_out() != -EWOULDBLOCK);
	while (waitpid(pid, &status, WNOHANG) != pid && life_ms() < start + 2 * SECONDS)
		life_nap(10);
	ktap_ok(life_ms() < start + (uint64_t)SECONDS && !status,
		"it stays while a file is closed on ice, and says so at once");
	ktap_note("after %llu ms", (unsigned long long)(life_ms() - start));
	if (ioctl(root, FITHAW, 0))
		ktap_bail("to thaw it");
	leave_pair(s);
	ktap_ok(module_out_within((TRIES_LAST + 1) * SECONDS), "it goes after that");
}

int main(void)
{
	mkdir("disk", 0755);
	if (shell("mkfs.ext4 -qF /dev/vda 65536 >/dev/null 2>&1") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL))
		ktap_bail("a disk");
	root = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	waits();
	on_ice();
	close(root);
	ktap_ok(!umount("disk"), "the disk is free");
	return ktap_done();
}
