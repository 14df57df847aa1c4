// SPDX-License-Identifier: GPL-2.0
/*
 * The setting "references" decides of which files a socket holds pages: of all, of those
 * that the submitter may also write, or of none.  All others are copied, and counted for
 * that reason.  So it is: each file is overwritten while its bytes wait in the receiver,
 * and what was copied arrives old.  Every door, as a user and as root.
 *
 * needs: zcopy
 * guest: timeout=150 takes=25
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/zcopy_netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "overwritten.h"
#include "quota.h"
#include "users.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define LEN	OVERWRITTEN_LEN
#define USER	1000

static const char *const policies[] = { "all", "own", "never" };

enum kind { OWN, READABLE, FOREIGN, READ_ONLY, IMMUTABLE, APPENDED, MEMFD, SEALED, OVERLAY, NR };

/* Of which of them "own" allows references */
static const struct {
	const char *what;
	unsigned int uid;		/* of the submitter */
	bool own;
} kinds[NR] = {
	[OWN]		= { "the user's file", USER, true },
	[READABLE]	= { "a file that the user may only read", USER, false },
	[FOREIGN]	= { "the same, sent by root", 0, true },
	[READ_ONLY]	= { "the user's file, on a mount to read only", USER, false },
	[IMMUTABLE]	= { "an immutable file of root's, sent by root", 0, false },
	[APPENDED]	= { "root's, to be appended to only, sent by root", 0, false },
	[MEMFD]		= { "a memfd of root's, sent by a user", USER, true },
	[SEALED]	= { "a memfd with a seal, sent by a user", USER, false },
	[OVERLAY]	= { "the user's file, on overlayfs", USER, false },
};

struct file {
	enum kind kind;
	int fd;			/* what is sent */
	char path[100];		/* by which it is overwritten */
	void *map;		/* likewise */
};

static struct file files[NR];

static void flag(const struct file *f, int flags)
{
	if (ioctl(f->fd, FS_IOC_SETFLAGS, &flags))
		die("flags of %s: %s", f->path, strerror(errno));
}

static int flags_of(enum kind kind)
{
	return kind == IMMUTABLE ? FS_IMMUTABLE_FL : kind == APPENDED ? FS_APPEND_FL : 0;
}

/* With content @seed; keeps its flags. */
static void content(void *arg, uint64_t seed)
{
	struct file *f = arg;
	int flags = flags_of(f->kind), fd;

	if (f->map) {
		pattern_fill(f->map, seed, 0, LEN);
		return;
	}
	if (flags)
		flag(f, 0);
	fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s", f->path);
	file_write(fd, seed, 0, LEN);
	close(fd);
	if (flags)
		flag(f, flags);
}

static void overwrite(void *arg)
{
	content(arg, OVERWRITTEN_NEW);
}

/* All users may write it; a seal leaves only the mapping that was there before. */
static void make_memfd(struct file *f, enum kind kind)
{
	f->fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (f->fd < 0 || ftruncate(f->fd, LEN))
		die("memfd");
	f->map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (f->map == MAP_FAILED ||
	    (kind == SEALED && fcntl(f->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE)))
		die("a seal");
}

static bool make(struct file *f, enum kind kind)
{
	const char *dir = fs_mount(kind == OVERLAY ? FS_OVERLAY : FS_EXT4);
	char path[120];

	if (!dir)
		return false;
	f->kind = kind;
	if (kind == MEMFD || kind == SEALED) {
		make_memfd(f, kind);
		return true;
	}
	snprintf(f->path, sizeof(f->path), "%s/file%d", dir, kind);
	close(file_make(f->path, 0, OVERWRITTEN_OLD, LEN));
	if (kinds[kind].uid && kind != READABLE && chown(f->path, USER, USER))
		die("chown");
	if (chmod(f->path, 0644))
		die("chmod");
	snprintf(path, sizeof(path), "%s", f->path);
	if (kind == READ_ONLY) {
		if ((mkdir("/tmp/ro", 0755) && errno != EEXIST) ||
		    mount(dir, "/tmp/ro", NULL, MS_BIND, NULL) ||
		    mount(NULL, "/tmp/ro", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
			die("a mount to read only");
		snprintf(path, sizeof(path), "/tmp/ro/file%d", kind);
	}
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		die("%s", path);
	if (flags_of(kind))
		flag(f, flags_of(kind));
	return true;
}

static void one(struct file *f, enum door_kind door, unsigned int policy)
{
	bool copied = policy == ZCOPY_REFERENCES_NEVER ||
		      (policy == ZCOPY_REFERENCES_OWN && !kinds[f->kind].own);
	struct pair p = pair_loopback(door % 2 ? AF_INET6 : AF_INET);
	const struct zcopy_result *r;
	struct overwritten o;

	content(f, OVERWRITTEN_OLD);
	file_settle();
	overwritten_send(&o, &p, door, kinds[f->kind].uid, f->fd, overwrite, f);
	r = &o.res;
	/* What a stacked file system reads is not known to have been cached. */
	if (!ktap_ok(!r->status && r->bytes == LEN && result_adds_up(r) &&
		     r->copied_policy == (copied ? LEN : 0) &&
		     r->bytes_by_ref == (copied ? 0 : LEN) &&
		     r->cache_hit_bytes == (f->kind == OVERLAY ? 0 : LEN) &&
		     (copied ? o.old : o.new) > (copied ? LEN - 1 : LEN / 2),
		     "%s, %s, door %d: %s", policies[policy], kinds[f->kind].what, door,
		     copied ? "copied" : "by reference")) {
		result_note(r);
		note("%llu bytes old, %llu new", (unsigned long long)o.old,
		     (unsigned long long)o.new);
	}
	pair_close(&p);
}

static void by_every_door(struct file *f)
{
	for (unsigned int policy = 0; policy < 3; policy++) {
		if (quota_set("references", policy, NULL, 0))
			die("references %u", policy);
		for (enum door_kind door = DOOR_SEND; door <= DOOR_URING; door++) {
			if (door == DOOR_URING && !dev_has(ZCOPY_FEAT_URING))
				ktap_skip("door %d: not in this kernel", door);
			else
				one(f, door, policy);
		}
	}
}

int main(void)
{
	users_allow();
	ktap_eq(quota_value("references"), ZCOPY_REFERENCES_ALL, "all by itself");
	ktap_eq(quota_value("references_userns"), ZCOPY_REFERENCES_ALL,
		"all by itself in other user namespaces");
	ktap_eq(quota_set("references", ZCOPY_REFERENCES_NEVER + 1, NULL, 0), -EINVAL,
		"there is nothing beyond never");
	for (enum kind kind = 0; kind < NR; kind++) {
		if (!make(&files[kind], kind))
			ktap_skip("%s: %s", kinds[kind].what, fs_why());
		else
			by_every_door(&files[kind]);
	}
	for (enum kind kind = 0; kind < NR; kind++) {
		if (flags_of(kind))
			flag(&files[kind], 0);
		close(files[kind].fd);
	}
	umount("/tmp/ro");
	return ktap_done();
}
