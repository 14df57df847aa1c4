/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file system whose server stops answering: it keeps requests of chosen
 * kinds unanswered until it answers again or exits.  Every name is a file of
 * MUTEFS_SIZE bytes of the pattern of seed 0; files whose names begin with "talks" are
 * always answered.
 */
#ifndef ZCOPY_TESTS_MUTEFS_H
#define ZCOPY_TESTS_MUTEFS_H

#include "fusefs.h"

#define MUTEFS_SIZE	(1 << 20)
#define MUTEFS_KEPT	8192

/* A request, with as much of its argument as an answer needs */
struct mutefs_kept {
	struct fuse_in_header in;
	union {
		struct fuse_read_in read;
		struct fuse_write_in write;
	} arg;
};

struct mutefs {
	struct fusefs fs;		/* first */
	pthread_mutex_t lock;
	uint64_t mute;			/* a bit for each opcode that gets no answer */
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
/* Opens @dir/file@nr for reading; @dir may be an overlay. */
int mutefs_file(const char *dir, unsigned int nr);
/* Stops answering @kinds of requests; 0: answers all, including those kept so far. */
void mutefs_mute(struct mutefs *m, uint64_t kinds);
/* Waits until @least requests are unanswered. */
bool mutefs_silent(struct mutefs *m, unsigned int least, unsigned int ms);
/* Answers the kept requests, unmounts the file system, and ends the server. */
void mutefs_end(struct mutefs *m);

#endif /* ZCOPY_TESTS_MUTEFS_H */
