/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An io_uring ring by system calls alone, without library code that would be measured
 * too.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>

struct ring {
	int fd;
	unsigned int todo;	/* entries filled in but not submitted */
	void *sq, *cq;
	struct io_uring_sqe *sqes;
	size_t sq_bytes, cq_bytes;
	struct io_uring_params p;
};

void ring_open(struct ring *r, unsigned int entries);
void ring_close(struct ring *r);
/* The next entry, zeroed */
struct io_uring_sqe *ring_sqe(struct ring *r);
/* Submits the filled-in entries and waits for @min completions */
void ring_enter(struct ring *r, unsigned int min);
/* Takes a completion without a system call; false: none is there */
bool ring_reap(struct ring *r, struct io_uring_cqe *cqe);

#endif
