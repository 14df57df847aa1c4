/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file system whose server stops answering: it keeps requests of chosen
 * kinds unanswered until it answers again or exits.  Every name is a file of
 * MUTEFS_SIZE bytes of the pattern of seed 0; files whose names begin with "talks" are
 * always answered.
 */
#ifndef ZCOPY_TESTS_MUTEFS_H
#define ZCOPY_TESTS_MUTEFS_H

#include <linux/fuse.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define MUTEFS_SIZE	(1 << 20)
#define MUTEFS_KEPT	8192

struct mutefs_kept {
	uint64_t unique, node, offset;
	uint32_t opcode, size;
};

struct mutefs {
	const char *dir;
	int fuse;
	pthread_t server;
	pthread_mutex_t lock;
	uint64_t mute;			/* a bit for each opcode that gets no answer */
	uint32_t flags;			/* FUSE_*, in the answer to INIT */
	unsigned int nr_kept, unanswered;
	struct mutefs_kept kept[MUTEFS_KEPT];
};

#define MUTE_READ	(1ULL << FUSE_READ)
#define MUTE_WRITE	(1ULL << FUSE_WRITE)
#define MUTE_GETATTR	(1ULL << FUSE_GETATTR)

/*
 * Makes @dir and mounts the file system on it.  @flags is 0 or one of these: with
 * FUSE_AUTO_INVAL_DATA the kernel asks for attributes again and again; with
 * FUSE_WRITEBACK_CACHE it sends writes later, or in the last close.  False: this
 * kernel has no FUSE.
 */
bool mutefs_start(struct mutefs *m, const char *dir, uint32_t flags);
/* Stops answering @kinds of requests; 0: answers all, including those kept so far. */
void mutefs_mute(struct mutefs *m, uint64_t kinds);
/* Waits until @least requests are unanswered. */
bool mutefs_silent(struct mutefs *m, unsigned int least, unsigned int ms);
/* Answers the kept requests, unmounts the file system, and ends the server. */
void mutefs_end(struct mutefs *m);

#endif /* ZCOPY_TESTS_MUTEFS_H */
