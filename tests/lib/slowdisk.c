// SPDX-License-Identifier: GPL-2.0
/* null_blk, set up through configfs; see slowdisk.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "slowdisk.h"

#define NULLB	"/sys/kernel/config/nullb/slow"
#define DISK	"d=/dev/slow; test -b $d || d=/dev/nullb$(cat " NULLB "/index); "
#define BLOCK	65536

static const char *mounted;

/* The disk keeps its data. */
static bool answers_after(uint64_t ns)
{
	return !shell("cd " NULLB " && echo 0 >power && echo %llu >completion_nsec && "
		      "echo 1 >power", (unsigned long long)ns);
}

/* Zeros need not be written: the disk has nothing else yet. */
static bool copy_blocks(int from, int to)
{
	static char block[BLOCK], zeros[BLOCK];
	ssize_t n;

	for (off_t at = 0; (n = pread(from, block, BLOCK, at)) > 0; at += n)
		if (memcmp(block, zeros, n) && pwrite(to, block, n, at) != n)
			return false;
	return !n && !fsync(to);
}

static bool image_to_disk(void)
{
	int from = open("image", O_RDONLY | O_CLOEXEC);
	int to = open("slow-node", O_WRONLY | O_CLOEXEC);
	bool good = from >= 0 && to >= 0 && copy_blocks(from, to);

	close(from);
	close(to);
	return good;
}

bool slowdisk_start(const char *dir, uint64_t len, unsigned int ms)
{
	shell("modprobe -q configfs; modprobe -q null_blk nr_devices=0");
	mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	if (access("/sys/kernel/config/nullb", F_OK) ||
	    (mkdir(NULLB, 0755) && errno != EEXIST) ||
	    shell("cd " NULLB " && echo 64 >size && echo 1 >memory_backed && "
		  "echo 2 >irqmode") || !answers_after(1000))
		return false;
	mkdir("content", 0755);
	mkdir(dir, 0755);
	close(file_to_read("content/file", len));
	if (shell("truncate -s 64M image && "
		  "mkfs.ext4 -q -F -O ^has_journal -d content image") ||
	    shell(DISK "ln -sf $d slow-node") || !image_to_disk() ||
	    !answers_after(ms * MS) || shell(DISK "mount -t ext4 -o ro $d %s", dir))
		die("a file system on the slow disk");
	mounted = dir;
	return true;
}

bool slowdisk_end(void)
{
	umount2(mounted, MNT_DETACH);
	shell("rm -rf image slow-node content");
	if (shell("echo 0 >" NULLB "/power && rmdir " NULLB))
		return false;
	shell("modprobe -qr null_blk");
	return true;
}
