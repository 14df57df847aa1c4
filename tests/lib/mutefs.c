// SPDX-License-Identifier: GPL-2.0
/*
 * The server thread of a FUSE file system that stops answering; see mutefs.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "mutefs.h"

#define MOST_READ (64 * KIB)

enum { ROOT = FUSE_ROOT_ID, TALKS, FIRST_MUTE };

static void reply(struct mutefs *m, uint64_t unique, int error, const void *body,
		  size_t len)
{
	char out[sizeof(struct fuse_out_header) + MOST_READ];
	struct fuse_out_header h = {
		.len = sizeof(h) + len, .error = error, .unique = unique,
	};

	memcpy(out, &h, sizeof(h));
	if (len)
		memcpy(out + sizeof(h), body, len);
	/* ENOENT: the request was aborted meanwhile. */
	if (write(m->fuse, out, h.len) != (ssize_t)h.len && errno != ENOENT &&
	    errno != ENODEV && errno != EPERM)
		note("the server's answer: %s", strerror(errno));
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096,
		.size = node == ROOT ? 0 : MUTEFS_SIZE,
		.mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0666,
	};
}

static void answer_read(struct mutefs *m, uint64_t unique, uint64_t offset,
			uint32_t size)
{
	char content[MOST_READ];

	if (offset >= MUTEFS_SIZE)
		size = 0;
	else if (size > MUTEFS_SIZE - offset)
		size = MUTEFS_SIZE - offset;
	pattern_fill(content, 0, offset, size);
	reply(m, unique, 0, content, size);
}

static void answer_attr(struct mutefs *m, uint64_t unique, uint64_t node)
{
	struct fuse_attr_out attr = { .attr_valid = m->flags & FUSE_AUTO_INVAL_DATA ? 0 : 1000, .attr = attr_of(node) };

	reply(m, unique, 0, &attr, sizeof(attr));
}

/* Accepts the bytes and drops them. */
static void answer_write(struct mutefs *m, uint64_t unique, uint32_t size)
{
	struct fuse_write_out written = { .size = size };

	reply(m, unique, 0, &written, sizeof(written));
}

static void answer_kept(struct mutefs *m, const struct mutefs_kept *k)
{
	if (k->opcode == FUSE_READ)
		answer_read(m, k->unique, k->offset, k->size);
	else if (k->opcode == FUSE_GETATTR)
		answer_attr(m, k->unique, k->node);
	else if (k->opcode == FUSE_WRITE)
		answer_write(m, k->unique, k->size);
	else
		reply(m, k->unique, 0, NULL, 0);
}

/* True if the request is kept unanswered. */
static bool keep(struct mutefs *m, const struct fuse_in_header *in, const void *arg)
{
	const struct fuse_write_in *w = arg;
	const struct fuse_read_in *r = arg;
	struct mutefs_kept k = {
		.unique = in->unique, .node = in->nodeid, .opcode = in->opcode,
	};
	bool kept;

	if (in->opcode == FUSE_READ) {
		k.offset = r->offset;
		k.size = r->size;
	} else if (in->opcode == FUSE_WRITE) {
		k.size = w->size;
	}
	pthread_mutex_lock(&m->lock);
	kept = in->opcode < 64 && (m->mute >> in->opcode & 1) &&
	       in->nodeid >= FIRST_MUTE && m->nr_kept < MUTEFS_KEPT;
	if (kept) {
		m->kept[m->nr_kept++] = k;
		m->unanswered++;
	}
	pthread_mutex_unlock(&m->lock);
	return kept;
}

static void answer_lookup(struct mutefs *m, uint64_t unique, const char *name)
{
	struct fuse_entry_out entry = { .attr_valid = m->flags & FUSE_AUTO_INVAL_DATA ? 0 : 1000, .entry_valid = 1000 };
	const char *number = name + strcspn(name, "0123456789");

	/* overlayfs looks up hidden names, which do not exist. */
	if (name[0] == '.') {
		reply(m, unique, -ENOENT, NULL, 0);
		return;
	}
	entry.nodeid = strncmp(name, "talks", 5) ? FIRST_MUTE + atoi(number) : TALKS;
	entry.attr = attr_of(entry.nodeid);
	reply(m, unique, 0, &entry, sizeof(entry));
}

static void serve_one(struct mutefs *m, const struct fuse_in_header *in,
		      const void *arg)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096, .max_background = 1000, .congestion_threshold = 1000,
		.flags = m->flags,
	};
	struct fuse_statfs_out statfs = { .st = { .bsize = 4096, .namelen = 255 } };
	struct fuse_open_out opened = { .open_flags = 0 };

	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
	    in->opcode == FUSE_INTERRUPT || keep(m, in, arg))
		return;
	if (in->opcode == FUSE_INIT)
		reply(m, in->unique, 0, &init, sizeof(init));
	else if (in->opcode == FUSE_LOOKUP)
		answer_lookup(m, in->unique, arg);
	else if (in->opcode == FUSE_GETATTR)
		answer_attr(m, in->unique, in->nodeid);
	else if (in->opcode == FUSE_READ)
		answer_read(m, in->unique, ((const struct fuse_read_in *)arg)->offset,
			    ((const struct fuse_read_in *)arg)->size);
	else if (in->opcode == FUSE_WRITE)
		answer_write(m, in->unique, ((const struct fuse_write_in *)arg)->size);
	else if (in->opcode == FUSE_SETATTR)
		answer_attr(m, in->unique, in->nodeid);
	else if (in->opcode == FUSE_OPEN || in->opcode == FUSE_OPENDIR)
		reply(m, in->unique, 0, &opened, sizeof(opened));
	else if (in->opcode == FUSE_STATFS)
		reply(m, in->unique, 0, &statfs, sizeof(statfs));
	else if (in->opcode == FUSE_RELEASE || in->opcode == FUSE_FLUSH ||
		 in->opcode == FUSE_RELEASEDIR || in->opcode == FUSE_DESTROY)
		reply(m, in->unique, 0, NULL, 0);
	else
		reply(m, in->unique, -ENOSYS, NULL, 0);
}

/* Serves until the file system is gone. */
static void *serve(void *arg)
{
	size_t size = FUSE_MIN_READ_BUFFER + MUTEFS_SIZE;
	struct mutefs *m = arg;
	char *in = malloc(size);

	if (!in)
		die("a buffer");
	for (;;) {
		if (read(m->fuse, in, size) > 0)
			serve_one(m, (void *)in, in + sizeof(struct fuse_in_header));
		else if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			break;
	}
	free(in);
	return NULL;
}

bool mutefs_start(struct mutefs *m, const char *dir, uint32_t flags)
{
	char options[120];

	shell("modprobe -q fuse 2>/dev/null");
	memset(m, 0, sizeof(*m));
	pthread_mutex_init(&m->lock, NULL);
	m->dir = dir;
	m->flags = flags;
	m->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	mkdir(dir, 0755);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", m->fuse);
	if (m->fuse < 0 || mount("mute", dir, "fuse", MS_NOSUID | MS_NODEV, options))
		return false;
	if (pthread_create(&m->server, NULL, serve, m))
		die("a thread");
	return true;
}

void mutefs_mute(struct mutefs *m, uint64_t kinds)
{
	pthread_mutex_lock(&m->lock);
	m->mute = kinds;
	for (unsigned int i = 0; !kinds && i < m->nr_kept; i++)
		answer_kept(m, &m->kept[i]);
	if (!kinds)
		m->nr_kept = 0;
	pthread_mutex_unlock(&m->lock);
}

bool mutefs_silent(struct mutefs *m, unsigned int least, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (__atomic_load_n(&m->unanswered, __ATOMIC_ACQUIRE) < least) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

void mutefs_end(struct mutefs *m)
{
	mutefs_mute(m, 0);
	umount2(m->dir, MNT_FORCE | MNT_DETACH);
	pthread_join(m->server, NULL);
	close(m->fuse);
}
