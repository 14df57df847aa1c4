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
#define TRIES_LAST	3	/* seconds until a range is given up, in a quick guest */
#define WAITS_MS	2000	/* so long a range waits at least; it is 2540 ms */
#define ROUNDS		10

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

/*
 * Leaves a range of an unnamed file behind; its pages wait in the queue of the peer.
 * Returns until when it waits for certain.
 */
static uint64_t leave_range(struct pair *s)
{
	int dev = dev_open(0), file = file_to_read("disk/file", SIZE);
	struct zcopy_result res;
	struct raw q;
	uint64_t until;

	*s = pair_open(false);
	file_uncache(file);
	until = now_ms() + WAITS_MS;
	raw_fill(&q, s->near, file, 0, SIZE);
	q.s.flags = ZCOPY_F_DROP_BEHIND;
	if (raw_submit(dev, &q) ||
	    dev_wait(dev, q.s.id, &res, 1, 1, 10 * SECONDS) != 1 ||
	    res.status != ZCOPY_STATUS_DONE || res.bytes_by_ref != SIZE)
		die("a transfer by reference");
	unlink("disk/file");
	close(file);
	close(dev);
	return until;
}

/* If this thread is stopped for long, the range may be gone before it tries to unload. */
static void waits(void)
{
	struct pair s;
	int ret = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t until = leave_range(&s);

		ret = module_out();
		if (ret == -EWOULDBLOCK || now_ms() < until)
			break;
		note("too late");
		pair_close(&s);
		module_in();
	}
	ktap_eq(ret, -EWOULDBLOCK, "it stays while a range waits");
	pair_close(&s);
	ktap_ok(module_out_within(20 * SECONDS), "it goes when none does");
	module_in();
}

/* Leaves a range behind and freezes the file system while it surely waits. */
static bool freeze_range(struct pair *s)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t until = leave_range(s);

		if (ioctl(root, FIFREEZE, 0))
			die("to freeze it");
		if (now_ms() < until)
			return true;
		note("too late");
		pair_close(s);
		if (ioctl(root, FITHAW, 0))
			die("to thaw it");
	}
	return false;
}

/* A child unloads: on ice, unloading might never return. */
static void on_ice(void)
{
	bool over = false;
	int status = -1;
	struct pair s;
	uint64_t start;
	pid_t pid;

	if (!ktap_ok(freeze_range(&s), "a range waits on ice"))
		return;
	/* Until a worker closes the file */
	sleep_ms(TRIES_LAST * 1000);
	start = now_ms();
	pid = fork();
	if (!pid)
		_exit(module_out() != -EWOULDBLOCK);
	/* If it waited, it would wait until the ice thaws. */
	while (!over && now_ms() < start + 20 * SECONDS) {
		over = waitpid(pid, &status, WNOHANG) == pid;
		sleep_ms(10);
	}
	ktap_ok(over && !status, "it stays while a file is closed on ice, and says so at once");
	note("after %llu ms", (unsigned long long)(now_ms() - start));
	if (ioctl(root, FITHAW, 0))
		die("to thaw it");
	pair_close(&s);
	ktap_ok(module_out_within(20 * SECONDS), "it goes after that");
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

