/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slow_peers.c - the measurement: three ways to serve many slow peers
 * crowd.c - the peers, and who reads from them
 * memory.c - what the kernel says of memory and threads
 */
#ifndef ZCOPY_SCALE_H
#define ZCOPY_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOW_BYTES	(256 * 1024)	/* asked for by each slow peer */
/* A little more than a submission sends itself: by the workers */
#define HOT_BYTES	(64 * 1024 + 1)
#define SLOW_RATE	1024		/* bytes a second that each peer reads */

/* struct crowd - connections whose far ends are read slowly */
struct crowd {
	int *near;
	unsigned int nr;
	int hot;		/* near end of one that is read at once */
	uint64_t *hot_ns;	/* shared: when the reader had the last byte asked */
	uint64_t *hot_bytes;	/* shared: so many bytes came by then */
	bool *stop;		/* shared: nobody reads slowly */
	int reader;		/* process of the readers */
};

void crowd_make(struct crowd *c, unsigned int nr);
void crowd_pause(const struct crowd *c, bool pause);
/* When the reader had @bytes in all since the start */
uint64_t crowd_hot_done(const struct crowd *c, uint64_t bytes);
void crowd_end(struct crowd *c);

/* Bytes in live objects: of the cache of that name, or of all (NULL) */
uint64_t slab_bytes(const char *cache);
/* Bytes of slabs, kernel stacks, page tables and anonymous memory */
uint64_t memory_bytes(void);
/* Threads of workqueues that do zcopy's work this moment */
unsigned int workers_busy(void);
unsigned int kworkers(void);

#endif
