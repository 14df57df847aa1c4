// SPDX-License-Identifier: GPL-2.0
/*
 * A FUSE server with one file; see slowfile.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "slowfile.h"

#define NODE	2
#define WRITES	4096
#define ASKED	16		/* reads that can wait; more are answered at once */

static int fuse;
static size_t size;
static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t asked[ASKED];
static unsigned int nr_asked;
static bool ends;
static int how;			/* 0, or a negative errno */

static void reply(uint64_t unique, int error, const void *body, size_t len)
{
	char out[sizeof(struct fuse_out_header) + 256];
	struct fuse_out_header h = {
		.len = sizeof(h) + len, .error = error, .unique = unique,
	};

	memcpy(out, &h, sizeof(h));
	if (len)
		memcpy(out + sizeof(h), body, len);
	if (write(fuse, out, h.len) != (ssize_t)h.len)
		note("an answer of the file server is not taken");
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096,
		.size = node == NODE ? size : 0,
		.mode = node == NODE ? S_IFREG | 0444 : S_IFDIR | 0755,
	};
}

static void serve_read(uint64_t unique)
{
	bool now;

	pthread_mutex_lock(&lock);
	now = ends || nr_asked == ASKED;
	if (!now)
		asked[nr_asked++] = unique;
	pthread_mutex_unlock(&lock);
	if (now)
		reply(unique, how, NULL, 0);
}

static void serve_one(const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = WRITES, .max_background = 100, .congestion_threshold = 100,
	};
	struct fuse_entry_out entry = {
		.nodeid = NODE, .attr_valid = 1000, .entry_valid = 1000,
		.attr = attr_of(NODE),
	};
	struct fuse_attr_out attr = { .attr_valid = 1000, .attr = attr_of(in->nodeid) };
	struct fuse_open_out opened = { .open_flags = 0 };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		reply(in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		reply(in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		reply(in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		serve_read(in->unique);
		break;
	case FUSE_RELEASE:
		reply(in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(in->unique, -ENOSYS, NULL, 0);
	}
}

static void *serve(void *unused)
{
	static char in[FUSE_MIN_READ_BUFFER + WRITES]
		__attribute__((aligned(__alignof__(struct fuse_in_header))));

	while (read(fuse, in, sizeof(in)) > 0)
		serve_one((void *)in);
	return unused;
}

int slowfile_open(size_t says)
{
	char options[80];
	int fd;

	size = says;
	ends = false;
	how = 0;
	nr_asked = 0;
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	mkdir("slow", 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || mount("slow", "slow", "fuse", 0, options))
		return -1;
	if (pthread_create(&thread, NULL, serve, NULL))
		die("a thread");
	fd = open("slow/file", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("a file of the server");
	return fd;
}

bool slowfile_asked(void)
{
	bool any;

	pthread_mutex_lock(&lock);
	any = nr_asked;
	pthread_mutex_unlock(&lock);
	return any;
}

static void end_with(int error)
{
	pthread_mutex_lock(&lock);
	ends = true;
	how = error;
	for (unsigned int i = 0; i < nr_asked; i++)
		reply(asked[i], how, NULL, 0);
	nr_asked = 0;
	pthread_mutex_unlock(&lock);
}

void slowfile_ends(void)
{
	end_with(0);
}

void slowfile_fails(void)
{
	end_with(-EIO);
}

void slowfile_close(int fd)
{
	close(fd);
	umount2("slow", MNT_DETACH);
	close(fuse);
	pthread_join(thread, NULL);
}
