/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file system whose server is a thread of the test.  All its files have the
 * same size and attributes, which the test may change while the server has nothing to
 * do.  The test answers the reads, and chooses which requests get no answer.
 */
#ifndef ZCOPY_TESTS_FUSEFS_H
#define ZCOPY_TESTS_FUSEFS_H

#include <linux/fuse.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUSEFS_MOST	65536		/* bytes of a read */
#define FUSEFS_NODE	2		/* the first that is not the root */

struct fusefs {
	/* Set before fusefs_start() */
	uint32_t flags;			/* FUSE_*, in the answer to INIT */
	bool for_all;			/* other users may ask the server, too */
	/* The node of a file; 0: there is none.  NULL: each name is FUSEFS_NODE. */
	uint64_t (*node_of)(struct fusefs *f, const char *name);
	/* True: the request gets no answer now.  NULL: all get one. */
	bool (*keep)(struct fusefs *f, const struct fuse_in_header *in, const void *arg);
	/* Answers a read with fusefs_reply(). */
	void (*read)(struct fusefs *f, uint64_t unique, uint64_t off, uint32_t size);

	/* What the server says of each file */
	uint64_t size, mtime;
	uint64_t valid;			/* s, that the kernel may believe it */
	uint32_t open_flags;		/* FOPEN_* */

	const char *dir;
	int fuse;
	pthread_t server;
};

/* Makes @dir and mounts the file system on it.  False: this kernel has no FUSE. */
bool fusefs_start(struct fusefs *f, const char *dir);
/* Answers a request: @error is 0 or a negative errno. */
void fusefs_reply(struct fusefs *f, uint64_t unique, int error, const void *body,
		  size_t len);
/* Answers a request as the server answers when it keeps none. */
void fusefs_answer(struct fusefs *f, const struct fuse_in_header *in, const void *arg);
/* Unmounts the file system, at once although it is used, and ends the server. */
void fusefs_end(struct fusefs *f);

#endif /* ZCOPY_TESTS_FUSEFS_H */
