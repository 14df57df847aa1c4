// SPDX-License-Identifier: GPL-2.0
/* The server thread of a FUSE file system; see fusefs.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "fixture.h"
#include "fusefs.h"

#define MOST_WRITE	4096

void fusefs_reply(struct fusefs *f, uint64_t unique, int error, const void *body,
		  size_t len)
{
	char out[sizeof(struct fuse_out_header) + FUSEFS_MOST];
	struct fuse_out_header h = {
		.len = sizeof(h) + len, .error = error, .unique = unique,
	};

	memcpy(out, &h, sizeof(h));
	if (len)
		memcpy(out + sizeof(h), body, len);
	/* ENOENT: the request was aborted meanwhile. */
	if (write(f->fuse, out, h.len) != (ssize_t)h.len && errno != ENOENT &&
	    errno != ENODEV && errno != EPERM)
		note("the server's answer: %s", strerror(errno));
}

static struct fuse_attr attr_of(const struct fusefs *f, uint64_t node)
{
	bool root = node == FUSE_ROOT_ID;

	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096, .size = root ? 0 : f->size,
		.mtime = f->mtime, .mode = root ? S_IFDIR | 0755 : S_IFREG | 0666,
	};
}

static void answer_init(struct fusefs *f, uint64_t unique)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = MOST_WRITE, .max_background = 1000,
		.congestion_threshold = 1000, .flags = f->flags,
	};

	fusefs_reply(f, unique, 0, &init, sizeof(init));
}

static void answer_lookup(struct fusefs *f, uint64_t unique, const char *name)
{
	struct fuse_entry_out entry = { .attr_valid = f->valid, .entry_valid = 1000 };

	entry.nodeid = f->node_of ? f->node_of(f, name) : FUSEFS_NODE;
	entry.attr = attr_of(f, entry.nodeid);
	if (entry.nodeid)
		fusefs_reply(f, unique, 0, &entry, sizeof(entry));
	else
		fusefs_reply(f, unique, -ENOENT, NULL, 0);
}

static void answer_attr(struct fusefs *f, uint64_t unique, uint64_t node)
{
	struct fuse_attr_out attr = {
		.attr_valid = f->valid, .attr = attr_of(f, node),
	};

	fusefs_reply(f, unique, 0, &attr, sizeof(attr));
}

/* Accepts the bytes and drops them. */
static void answer_write(struct fusefs *f, uint64_t unique, uint32_t size)
{
	struct fuse_write_out written = { .size = size };

	fusefs_reply(f, unique, 0, &written, sizeof(written));
}

void fusefs_answer(struct fusefs *f, const struct fuse_in_header *in, const void *arg)
{
	struct fuse_statfs_out statfs = { .st = { .bsize = 4096, .namelen = 255 } };
	struct fuse_open_out opened = { .open_flags = f->open_flags };
	const struct fuse_write_in *w = arg;
	const struct fuse_read_in *r = arg;

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(f, in->unique);
		break;
	case FUSE_LOOKUP:
		answer_lookup(f, in->unique, arg);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attr(f, in->unique, in->nodeid);
		break;
	case FUSE_READ:
		f->read(f, in->unique, r->offset, r->size);
		break;
	case FUSE_WRITE:
		answer_write(f, in->unique, w->size);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		fusefs_reply(f, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_STATFS:
		fusefs_reply(f, in->unique, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_DESTROY:
		fusefs_reply(f, in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		fusefs_reply(f, in->unique, -ENOSYS, NULL, 0);
	}
}

/* Serves until the file system is gone. */
static void *serve(void *arg)
{
	size_t size = FUSE_MIN_READ_BUFFER + MOST_WRITE;
	struct fusefs *f = arg;
	char *buf = malloc(size);
	const struct fuse_in_header *in = (void *)buf;

	if (!buf)
		die("a buffer");
	for (;;) {
		if (read(f->fuse, buf, size) <= 0) {
			if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
				break;
		} else if (!f->keep || !f->keep(f, in, in + 1)) {
			fusefs_answer(f, in, in + 1);
		}
	}
	free(buf);
	return NULL;
}

bool fusefs_start(struct fusefs *f, const char *dir)
{
	char options[120];

	request_flags |= ZCOPY_F_ANY_PID;
	shell("modprobe -q fuse 2>/dev/null");
	f->dir = dir;
	f->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	mkdir(dir, 0755);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40755,user_id=0,group_id=0,max_read=%d%s", f->fuse,
		 FUSEFS_MOST, f->for_all ? ",allow_other" : "");
	if (f->fuse < 0 || mount("test", dir, "fuse", MS_NOSUID | MS_NODEV, options))
		return false;
	if (pthread_create(&f->server, NULL, serve, f))
		die("a thread");
	return true;
}

void fusefs_end(struct fusefs *f)
{
	umount2(f->dir, MNT_FORCE | MNT_DETACH);
	pthread_join(f->server, NULL);
	close(f->fuse);
}
