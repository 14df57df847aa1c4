/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file system in user space whose server falls silent: requests of chosen
 * kinds are kept, not answered, until it speaks again or is gone.  All names are
 * files of MUTEFS_SIZE bytes of life_pattern(); those that begin with "talks" are
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
	uint64_t mute;			/* a bit for each opcode */
	uint32_t flags;			/* FUSE_*, of its answer to INIT */
	unsigned int nr_kept, unanswered;
	struct mutefs_kept kept[MUTEFS_KEPT];
};

#define MUTE_READ	(1ULL << FUSE_READ)
#define MUTE_WRITE	(1ULL << FUSE_WRITE)
#define MUTE_GETATTR	(1ULL << FUSE_GETATTR)

/*
 * Mounts it on @dir, which is made.  @flags: 0; FUSE_AUTO_INVAL_DATA, attributes
 * are asked for again and again; FUSE_WRITEBACK_CACHE, what is written is told
 * later, or in a last close.  False: there is none here.
 */
bool mutefs_start(struct mutefs *m, const char *dir, uint32_t flags);
/* What is not answered from now on; 0: all is, and what was kept too */
void mutefs_mute(struct mutefs *m, uint64_t kinds);
/* Waits until that many are not answered. */
bool mutefs_silent(struct mutefs *m, unsigned int least, unsigned int ms);
/* The server goes; what waits for it fails. */
void mutefs_end(struct mutefs *m);

#endif /* ZCOPY_TESTS_MUTEFS_H */
