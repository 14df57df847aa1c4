// SPDX-License-Identifier: GPL-2.0
/*
 * File systems for tests, each made when a test first asks for it: on the guest's
 * scratch disks, on a loop device, or in memory.  They live in the mount namespace
 * of the test; fs_umount_all() runs at its end so that the disks are free.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#define BTRFS_IMAGE "/tmp/btrfs.img"

static struct {
	const char *name;
	char dir[64];
	bool mounted;
} fs_table[FS_NR] = {
	[FS_EXT4]	= { .name = "ext4" },
	[FS_XFS]	= { .name = "xfs" },
	[FS_BTRFS]	= { .name = "btrfs" },
	[FS_TMPFS]	= { .name = "tmpfs" },
	[FS_HUGE]	= { .name = "tmpfs-huge" },
	[FS_OVERLAY]	= { .name = "overlay" },
};

static char fs_loop[64];
static char fs_reason[160];
static pid_t fs_owner;

const char *fs_name(enum fs_kind kind)
{
	return fs_table[kind].name;
}

const char *fs_why(void)
{
	return fs_reason;
}

static bool fs_listed(const char *type)
{
	FILE *f = fopen("/proc/filesystems", "re");
	bool found = false;
	char line[80];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		found |= !strcmp(strrchr(line, '\t') + 1, type);
	}
	if (f)
		fclose(f);
	return found;
}

/* A guest loads a file system once, for the first test that asks for it. */
static bool fs_known(const char *type)
{
	if (fs_listed(type))
		return true;
	shell("modprobe -q %s 2>/dev/null", type);
	return fs_listed(type);
}

/* The last test's file system may keep a disk busy for a moment. */
static bool fs_mkfs(const char *mkfs, const char *disk)
{
	for (int i = 0; i < 300; i++) {
		if (!shell("%s %s >/tmp/mkfs.out 2>&1", mkfs, disk))
			return true;
		sleep_ms(100);
	}
	return false;
}

bool fs_ext4(const char *disk)
{
	return fs_mkfs("mkfs.ext4 -q -F", disk);
}

bool fs_umount_soon(const char *dir)
{
	uint64_t then = now_ms();

	while (umount(dir)) {
		if (errno != EBUSY || now_ms() - then >= 20000ULL * guest_scale()) {
			note("umount %s: %s", dir, strerror(errno));
			umount2(dir, MNT_DETACH);
			return false;
		}
		sleep_ms(20);
	}
	return true;
}

static bool fs_on_disk(const char *type, const char *mkfs, const char *disk,
		       const char *dir)
{
	if (!fs_known(type)) {
		snprintf(fs_reason, sizeof(fs_reason), "this kernel has no %s", type);
		return false;
	}
	if (fs_mkfs(mkfs, disk) && !mount(disk, dir, type, 0, NULL))
		return true;
	shell("sed 's/^/# /' /tmp/mkfs.out");
	die("%s on %s", type, disk);
}

static bool fs_btrfs(const char *dir)
{
	FILE *f;

	if (!fs_known("btrfs")) {
		snprintf(fs_reason, sizeof(fs_reason), "this kernel has no btrfs");
		return false;
	}
	f = popen("[ -e /dev/loop-control ] || modprobe -q loop; "
		  "truncate -s 512M " BTRFS_IMAGE "; "
		  "d=$(losetup -f) && losetup $d " BTRFS_IMAGE " && echo $d", "re");
	if (!f || fscanf(f, "%63s", fs_loop) != 1)
		die("a loop device");
	pclose(f);
	return fs_on_disk("btrfs", "mkfs.btrfs -q -f", fs_loop, dir);
}

static bool fs_overlay(const char *dir)
{
	const char *under = fs_mount(FS_TMPFS);
	char opts[512];

	if (!fs_known("overlay")) {
		snprintf(fs_reason, sizeof(fs_reason), "this kernel has no overlay");
		return false;
	}
	shell("mkdir -p %s/lower %s/upper %s/work", under, under, under);
	snprintf(opts, sizeof(opts), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		 under, under, under);
	if (mount("overlay", dir, "overlay", 0, opts))
		die("overlay");
	return true;
}

static bool fs_make(enum fs_kind kind, const char *dir)
{
	switch (kind) {
	case FS_EXT4:
		return fs_on_disk("ext4", "mkfs.ext4 -q -F", "/dev/vda", dir);
	case FS_XFS:
		return fs_on_disk("xfs", "mkfs.xfs -q -f", "/dev/vdb", dir);
	case FS_BTRFS:
		return fs_btrfs(dir);
	case FS_TMPFS:
		return !mount("tmpfs", dir, "tmpfs", 0, "size=6g");
	case FS_HUGE:
		if (!mount("tmpfs", dir, "tmpfs", 0, "size=1g,huge=always"))
			return true;
		snprintf(fs_reason, sizeof(fs_reason), "this kernel has no huge tmpfs");
		return false;
	case FS_OVERLAY:
		return fs_overlay(dir);
	default:
		return false;
	}
}

const char *fs_mount(enum fs_kind kind)
{
	char *dir = fs_table[kind].dir;

	if (fs_table[kind].mounted)
		return dir;
	if (!fs_owner) {
		fs_owner = getpid();
		atexit(fs_umount_all);
	}
	snprintf(dir, sizeof(fs_table[kind].dir), "/tmp/fs-%s", fs_table[kind].name);
	mkdir(dir, 0755);
	if (!fs_make(kind, dir))
		return NULL;
	fs_table[kind].mounted = true;
	return dir;
}

void fs_umount_all(void)
{
	if (getpid() != fs_owner)
		return;
	for (int i = FS_NR - 1; i >= 0; i--) {
		if (!fs_table[i].mounted)
			continue;
		if (umount(fs_table[i].dir))
			umount2(fs_table[i].dir, MNT_DETACH);
		fs_table[i].mounted = false;
	}
	if (fs_loop[0])
		shell("losetup -d %s; rm -f " BTRFS_IMAGE, fs_loop);
}
