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

#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE		(64 * 1024)
#define SECONDS		(1000 * (int)guest_scale())
#define LATE_MS		(20000 * guest_scale())
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
		die("the module");
	close(fd);
}

static bool module_out_within(int ms)
{
	uint64_t end = now_ms() + ms;
	int ret;

	do {
		ret = module_out();
		if (ret != -EWOULDBLOCK)
			return !ret;
		sleep_ms(20);
	} while (now_ms() < end);
	return false;
}

/* Leaves a range behind, whose pages wait in the queue of @s[1]; its file has no name. */
static void leave_range(struct pair *s)
{
	int dev = dev_open(0), file = file_to_read("disk/file", SIZE);
	struct zcopy_result res;
	struct raw q;

	*s = pair_open(false);
	file_uncache(file);
	raw_fill(&q, s->near, file, 0, SIZE);
	q.s.flags = ZCOPY_F_DROP_BEHIND;
	if (raw_submit(dev, &q) ||
	    dev_wait(dev, q.s.id, &res, 1, 1, 10 * SECONDS) != 1 ||
	    res.status != ZCOPY_STATUS_DONE || res.bytes_by_ref != SIZE)
		die("a transfer by reference");
	unlink("disk/file");
	close(file);
	close(dev);
}

static void leave_pair(const struct pair *s)
{
	close(s->near);
	close(s->far);
}

static void waits(void)
{
	struct pair s;

	leave_range(&s);
	ktap_eq(module_out(), -EWOULDBLOCK, "it stays while a range waits");
	leave_pair(&s);
	ktap_ok(module_out_within((TRIES_LAST + 1) * SECONDS), "it goes when none does");
	module_in();
}

/* A child unloads: on ice, unloading might never return. */
static void on_ice(void)
{
	uint64_t start;
	int status;
	struct pair s;
	pid_t pid;

	leave_range(&s);
	if (ioctl(root, FIFREEZE, 0))
		die("to freeze it");
	/* Until a worker closes the file */
	sleep_ms(TRIES_LAST * 1000);
	start = now_ms();
	pid = fork();
	if (!pid)
		_exit(module_out() != -EWOULDBLOCK);
	/* If it waited, it would wait until the ice thaws. */
	while (waitpid(pid, &status, WNOHANG) != pid && now_ms() < start + LATE_MS)
		sleep_ms(10);
	ktap_ok(now_ms() < start + LATE_MS && !status,
		"it stays while a file is closed on ice, and says so at once");
	note("after %llu ms", (unsigned long long)(now_ms() - start));
	if (ioctl(root, FITHAW, 0))
		die("to thaw it");
	leave_pair(&s);
	ktap_ok(module_out_within((TRIES_LAST + 1) * SECONDS), "it goes after that");
}

int main(void)
{
	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL))
		die("a disk");
	root = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	waits();
	on_ice();
	close(root);
	ktap_ok(!umount("disk"), "the disk is free");
	return ktap_done();
}

