// SPDX-License-Identifier: GPL-2.0
/*
 * "To the end" of a file that has a server is where reading ends: though its server
 * made it longer since it was opened, rounds its size up, or tells none.  A length
 * that was given and is not there is TRUNCATED, and so is a file that was cut.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define MOST	(64 * KIB)

/* What the server says; changed while it has nothing to do */
static int fuse;
static size_t says, has, says_next;	/* says_next: after the next read, if not 0 */
static uint32_t how;			/* FOPEN_* */
static char content[MOST];

static void reply(uint64_t unique, int error, const void *body, size_t len)
{
	static char out[sizeof(struct fuse_out_header) + MOST];
	struct fuse_out_header h = {
		.len = sizeof(h) + len, .error = error, .unique = unique,
	};

	memcpy(out, &h, sizeof(h));
	if (len)
		memcpy(out + sizeof(h), body, len);
	if (write(fuse, out, h.len) != (ssize_t)h.len && errno != ENOENT)
		note("an answer of the file server is not taken");
}

static struct fuse_attr attr_of(uint64_t node)
{
	bool root = node == FUSE_ROOT_ID;

	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096, .size = root ? 0 : says,
		.mode = root ? S_IFDIR | 0755 : S_IFREG | 0444,
	};
}

static void serve_read(uint64_t unique, const struct fuse_read_in *r)
{
	size_t n = r->offset < has ? has - r->offset : 0;

	reply(unique, 0, content + (n ? r->offset : 0), n < r->size ? n : r->size);
	if (says_next)
		says = says_next;
}

static void serve_one(const struct fuse_in_header *in, const void *arg)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096, .max_background = 100, .congestion_threshold = 100,
	};
	struct fuse_entry_out entry = { .attr_valid = 1000 };
	struct fuse_attr_out attr = { .attr_valid = 1000, .attr = attr_of(in->nodeid) };
	struct fuse_open_out opened = { .open_flags = how };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		entry.nodeid = 2 + atoi(arg);
		entry.attr = attr_of(entry.nodeid);
		reply(in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		reply(in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		reply(in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		serve_read(in->unique, arg);
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
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
	static char in[FUSE_MIN_READ_BUFFER + 4096]
		__attribute__((aligned(__alignof__(struct fuse_in_header))));

	while (read(fuse, in, sizeof(in)) > 0)
		serve_one((void *)in, in + sizeof(struct fuse_in_header));
	return unused;
}

struct trial {
	const char *what;
	size_t opened, says, has, cut;	/* size when opened, later, and when read */
	uint32_t how;
	int oflags;
	uint64_t off, len, gets;
	unsigned int status;
};

static const struct trial trials[] = {
	{ "longer since it was opened", 100, 5000, 5000, 0, 0, 0,
	  0, ZCOPY_LEN_EOF, 5000, ZCOPY_STATUS_DONE },
	{ "longer since it was opened, direct", 100, 5000, 5000, 0, FOPEN_DIRECT_IO, 0,
	  0, ZCOPY_LEN_EOF, 5000, ZCOPY_STATUS_DONE },
	{ "rounded up", 4096, 4096, 18, 0, 0, 0,
	  0, ZCOPY_LEN_EOF, 18, ZCOPY_STATUS_DONE },
	{ "rounded up, direct", 4096, 4096, 18, 0, FOPEN_DIRECT_IO, 0,
	  0, ZCOPY_LEN_EOF, 18, ZCOPY_STATUS_DONE },
	{ "rounded up, O_DIRECT, from its middle", 4096, 4096, 18, 0, FOPEN_DIRECT_IO,
	  O_DIRECT, 7, ZCOPY_LEN_EOF, 11, ZCOPY_STATUS_DONE },
	{ "rounded up, a length", 4096, 4096, 18, 0, 0, 0,
	  0, 100, 18, ZCOPY_STATUS_TRUNCATED },
	{ "no size, direct", 0, 0, 20000, 0, FOPEN_DIRECT_IO, 0,
	  0, ZCOPY_LEN_EOF, 20000, ZCOPY_STATUS_DONE },
	{ "no size, direct, from its middle", 0, 0, 20000, 0, FOPEN_DIRECT_IO, 0,
	  5001, ZCOPY_LEN_EOF, 14999, ZCOPY_STATUS_DONE },
	{ "cut meanwhile", 4096, 4096, 18, 18, 0, 0,
	  0, ZCOPY_LEN_EOF, 18, ZCOPY_STATUS_TRUNCATED },
	{ "longer meanwhile", 1000, 1000, 1000, 2000, 0, 0,
	  0, ZCOPY_LEN_EOF, 1000, ZCOPY_STATUS_CHANGED },
	{ "as it is", 1000, 1000, 1000, 0, 0, 0,
	  0, 1000, 1000, ZCOPY_STATUS_DONE },
};

static void run(const struct trial *t, enum door_kind kind)
{
	static unsigned int nr;
	struct pair p = pair_loopback(AF_INET);
	struct stream want = { 0 };
	struct reader r = { .fd = p.far, .want = &want };
	struct zcopy_result res = { 0 };
	struct zcopy_elem elem;
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct door d;
	char path[64];
	int fd, err;

	says = t->opened;
	says_next = 0;
	has = t->has;
	how = t->how;
	snprintf(path, sizeof(path), "asked/%u", nr++);
	fd = open(path, O_RDONLY | O_CLOEXEC | t->oflags);
	if (fd < 0)
		die("%s", path);
	says = t->says;
	says_next = t->cut;
	stream_bytes(&want, content + t->off, t->gets);
	reader_start(&r);
	door_open(&d, kind);
	elem = elem_file(fd, t->off, t->len);
	err = door_run(&d, &q, &res);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	if (!ktap_ok(!err && res.status == t->status && res.bytes == t->gets &&
		     (res.status != ZCOPY_STATUS_DONE || res.bytes_asked == t->gets) &&
		     reader_happy(&r), "%s, door %d (error %d)", t->what, kind, err))
		result_note(&res);
	door_close(&d);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

int main(void)
{
	char options[80];
	pthread_t thread;

	shell("modprobe -q fuse 2>/dev/null");
	pattern_fill(content, 71, 0, sizeof(content));
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	mkdir("asked", 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || mount("asked", "asked", "fuse", 0, options)) {
		ktap_skip("this kernel has no FUSE");
		return ktap_done();
	}
	if (pthread_create(&thread, NULL, serve, NULL))
		die("a thread");
	/* The ring last: what it leaves to this task to do would end a send early. */
	for (enum door_kind kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		if (kind == DOOR_READ || (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)))
			continue;
		for (unsigned int i = 0; i < sizeof(trials) / sizeof(*trials); i++)
			run(&trials[i], kind);
	}
	umount2("asked", MNT_DETACH);
	close(fuse);
	pthread_join(thread, NULL);
	return ktap_done();
}
