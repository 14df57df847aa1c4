// SPDX-License-Identifier: GPL-2.0
/*
 * "To the end" of a file that has a server is where reading ends: though its server
 * made it longer since it was opened, rounds its size up, or tells none.  A length
 * that was given and is not there is TRUNCATED, and so is a file that was cut.  A file
 * that is rewritten between submission and turn is CHANGED, though its server is not
 * asked before its turn.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "fusefs.h"
#include "ktap.h"
#include "peers.h"

#define MOST	(64 * KIB)

static struct fusefs fs;
static size_t has, says_next;		/* says_next: its size after the next read, if not 0 */
static bool silent;			/* no word of attributes */
static char content[MOST];

static bool keep(struct fusefs *f, const struct fuse_in_header *in, const void *arg)
{
	(void)f;
	(void)arg;
	return silent && in->opcode == FUSE_GETATTR;
}

static uint64_t node_of(struct fusefs *f, const char *name)
{
	(void)f;
	return FUSEFS_NODE + atoi(name);
}

static void serve_read(struct fusefs *f, uint64_t unique, uint64_t off, uint32_t size)
{
	size_t n = off < has ? has - off : 0;

	fusefs_reply(f, unique, 0, content + (n ? off : 0), n < size ? n : size);
	if (says_next)
		f->size = says_next;
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
	{ "rounded up, what is there", 4096, 4096, 18, 0, 0, 0,
	  0, 18, 18, ZCOPY_STATUS_DONE },
	{ "rounded up, less than is there", 4096, 4096, 18, 0, 0, 0,
	  3, 10, 10, ZCOPY_STATUS_DONE },
	{ "no size, direct, a length", 0, 0, 20000, 0, FOPEN_DIRECT_IO, 0,
	  0, 100, 100, ZCOPY_STATUS_DONE },
	{ "longer meanwhile", 1000, 1000, 1000, 2000, 0, 0,
	  0, ZCOPY_LEN_EOF, 1000, ZCOPY_STATUS_DONE },
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

	fs.size = t->opened;
	says_next = 0;
	has = t->has;
	fs.open_flags = t->how;
	snprintf(path, sizeof(path), "asked/%u", nr++);
	fd = open(path, O_RDONLY | O_CLOEXEC | t->oflags);
	if (fd < 0)
		die("%s", path);
	fs.size = t->says;
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

static int open_as(size_t size, const char *path)
{
	int fd;

	fs.open_flags = 0;
	fs.size = has = size;
	says_next = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

static void ends(const char *what, int fd, uint64_t len, uint32_t flags, uid_t uid,
		 unsigned int status, uint64_t gets)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem elem = elem_file(fd, 0, len);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near, .flags = flags };
	struct zcopy_result res = { .status = ZCOPY_STATUS_RUNNING };
	int dev = dev_open(0), err;

	if (seteuid(uid))
		die("another user");
	err = dev_send(dev, &q, &res);
	if (seteuid(0))
		die("root again");
	if (!ktap_ok(!err && res.status == status && res.bytes == gets, "%s (error %d)",
		     what, err))
		result_note(&res);
	close(dev);
	pair_close(&p);
}

/* The server is not asked: a read of its file might wait for it. */
static void without_waiting(void)
{
	int fd = open_as(5000, "asked/1001");

	silent = true;
	ends("without waiting, a length", fd, 5000, ZCOPY_F_NOWAIT, 0,
	     ZCOPY_STATUS_AGAIN, 0);
	ends("without waiting, to the end", fd, ZCOPY_LEN_EOF, ZCOPY_F_NOWAIT, 0,
	     ZCOPY_STATUS_AGAIN, 0);
	silent = false;
	close(fd);
}

/* Device and file are root's; a task that was handed them need not be root's. */
static void by_another_user(void)
{
	int fd = open_as(5000, "asked/1002");

	ends("a descriptor of another user, a length", fd, 3000, 0, 1234,
	     ZCOPY_STATUS_DONE, 3000);
	ends("a descriptor of another user, to the end", fd, ZCOPY_LEN_EOF, 0, 1234,
	     ZCOPY_STATUS_DONE, 5000);
	close(fd);
}

/* A write through this kernel moves nothing of the inode until the server is asked. */
static void open_for_writing(void)
{
	int fd = open_as(5000, "asked/1005"), writer = open("asked/1005", O_RDWR);

	ends("open for writing", fd, 5000, 0, 0, ZCOPY_STATUS_CHANGED, 5000);
	close(writer);
	ends("not any more", fd, 5000, 0, 0, ZCOPY_STATUS_DONE, 5000);
	close(fd);
}

/* What its server would say by then makes no end wait. */
static void silent_at_the_end(enum door_kind kind)
{
	struct pair p = pair_tight(AF_INET);
	struct reader r = { .fd = p.far, .enough = MOST };
	int fd = open_as(MOST, kind == DOOR_WAIT ? "asked/1003" : "asked/1004");
	struct zcopy_elem elem = elem_file(fd, 0, MOST);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct stream want = { 0 };
	struct zcopy_result res;
	struct door d;
	char buf[MOST];
	uint64_t id;

	if (pread(fd, buf, sizeof(buf), 0) != sizeof(buf))
		die("a file of a server");
	stream_bytes(&want, content, MOST);
	r.want = &want;
	door_open(&d, kind);
	if (door_start(&d, &q, &id))
		die("a transfer");
	while (recv(p.far, buf, 1, MSG_PEEK) != 1)
		;
	silent = true;
	reader_start(&r);
	ktap_ok(!door_finish(&d, id, &res) && res.status == ZCOPY_STATUS_DONE &&
		res.bytes == MOST, "silent at the end, door %d", kind);
	silent = false;
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	door_close(&d);
	close(fd);
	stream_free(&want);
	pair_close(&p);
}

struct waiting {
	const char *what;
	uint64_t valid;			/* s, of its attributes */
	int later;			/* s, of its new time than now; 0: none */
	size_t cut;			/* its new size */
	uint64_t len;
	unsigned int status;
};

static const struct waiting waiting[] = {
	{ "untouched", 0, 0, 5000, 5000, ZCOPY_STATUS_DONE },
	{ "untouched, to the end", 0, 0, 5000, ZCOPY_LEN_EOF, ZCOPY_STATUS_DONE },
	{ "rewritten", 0, 1, 5000, 5000, ZCOPY_STATUS_CHANGED },
	{ "rewritten, to the end", 0, 1, 5000, ZCOPY_LEN_EOF, ZCOPY_STATUS_CHANGED },
	{ "rewritten, to the end, cached attributes", 1000, 1, 5000, ZCOPY_LEN_EOF,
	  ZCOPY_STATUS_CHANGED },
	{ "rewritten before it was submitted", 0, -100, 5000, 5000, ZCOPY_STATUS_DONE },
	{ "longer, a length", 0, 0, 6000, 5000, ZCOPY_STATUS_DONE },
};

static void before_its_turn(const struct waiting *w, enum door_kind kind)
{
	static unsigned int nr = 2000;
	struct pair p = pair_tight(AF_INET);
	struct stream want = { 0 };
	struct reader r = { .fd = p.far, .want = &want };
	int first = file_make("first", O_RDONLY, 72, MIB), fd;
	struct zcopy_elem elem = elem_file(first, 0, MIB);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct zcopy_result res = { 0 }, unused;
	uint64_t id[2] = { 0 };
	struct door d;
	char path[64];
	int err;

	fs.valid = w->valid;
	snprintf(path, sizeof(path), "asked/%u", nr++);
	fd = open_as(5000, path);
	door_open(&d, kind);
	err = door_start(&d, &q, &id[0]);
	elem = elem_file(fd, 0, w->len);
	q.cookie = 1;
	err = err ?: door_start(&d, &q, &id[1]);
	fs.mtime = w->later ? time(NULL) + w->later : 0;
	fs.size = w->cut;
	stream_pattern(&want, 72, 0, MIB);
	stream_bytes(&want, content, 5000);
	reader_start(&r);
	err = err ?: door_finish(&d, id[0], &unused);
	err = err ?: door_finish(&d, id[1], &res);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	if (!ktap_ok(!err && res.status == w->status && res.bytes == 5000 && reader_happy(&r),
		     "%s before its turn, door %d (error %d)", w->what, kind, err))
		result_note(&res);
	fs.mtime = 0;
	fs.valid = 1000;
	door_close(&d);
	pair_close(&p);
	close(fd);
	close(first);
	stream_free(&want);
}

int main(void)
{
	pattern_fill(content, 71, 0, sizeof(content));
	fs = (struct fusefs) { .valid = 1000, .node_of = node_of, .keep = keep,
			       .read = serve_read };
	if (!fusefs_start(&fs, "asked")) {
		ktap_skip("this kernel has no FUSE");
		return ktap_done();
	}
	without_waiting();
	by_another_user();
	open_for_writing();
	silent_at_the_end(DOOR_WAIT);
	silent_at_the_end(DOOR_NETLINK);
	/* The ring last: what it leaves to this task to do would end a send early. */
	for (enum door_kind kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		if (kind == DOOR_READ || (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)))
			continue;
		for (unsigned int i = 0; i < sizeof(trials) / sizeof(*trials); i++)
			run(&trials[i], kind);
		for (unsigned int i = 0; kind != DOOR_SEND && i < sizeof(waiting) /
		     sizeof(*waiting); i++)
			before_its_turn(&waiting[i], kind);
	}
	fusefs_end(&fs);
	return ktap_done();
}
