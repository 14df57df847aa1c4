/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slow_peers.c - the measurement: three ways to serve many slow peers
 * crowd.c - the peers, and the processes that read from them
 * memory.c - what the kernel reports of memory and threads
 */
#ifndef ZCOPY_SCALE_H
#define ZCOPY_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOW_BYTES	(256 * 1024)	/* bytes sent to each slow peer */
/* A little more than a submission sends itself, so that workers send it */
#define HOT_BYTES	(64 * 1024 + 1)
#define SLOW_RATE	1024		/* bytes a second that each peer reads */

/* struct crowd - connections whose far ends are read slowly */
struct crowd {
	int *near;
	unsigned int nr;
	int hot;		/* near end of the connection that is read at once */
	uint64_t *hot_ns;	/* shared: time when the hot reader last received bytes */
	uint64_t *hot_bytes;	/* shared: bytes that it had received by then */
	bool *stop;		/* shared: pauses the slow reader */
	int reader;		/* process of the slow reader */
};

void crowd_make(struct crowd *c, unsigned int nr);
void crowd_pause(const struct crowd *c, bool pause);
/* Waits until the hot reader has @bytes since the start; returns the time of that. */
uint64_t crowd_hot_done(const struct crowd *c, uint64_t bytes);
void crowd_end(struct crowd *c);

/* Bytes in live slab objects: of one cache, or of all caches (NULL) */
uint64_t slab_bytes(const char *cache);
/* Bytes of slabs, kernel stacks, page tables and anonymous memory */
uint64_t memory_bytes(void);
/* Threads of workqueues that do zcopy's work this moment */
unsigned int workers_busy(void);
unsigned int kworkers(void);

#endif
