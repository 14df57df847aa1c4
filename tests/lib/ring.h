/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An io_uring ring by system calls alone, so that every setup flag of the kernel
 * can be tried, and zcopy's command for it.
 */
#ifndef ZCOPY_TESTS_RING_H
#define ZCOPY_TESTS_RING_H

#include <linux/io_uring.h>
#include <linux/zcopy.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Newer than the headers of some machines */
#define RING_SINGLE_ISSUER	(1U << 12)
#define RING_DEFER_TASKRUN	(1U << 13)

struct ring {
	int fd;
	unsigned int setup;		/* IORING_SETUP_* */
	unsigned int entries;
	unsigned int todo;		/* entries filled in but not submitted */
	void *sq, *cq, *sqes;
	size_t sq_bytes, cq_bytes, sqe_bytes;
	struct io_uring_params p;
};

/* The ways to run a command, for tests that try each of them */
#define RING_KINDS	4

extern const struct ring_kind {
	const char *name;
	unsigned int setup;		/* of the ring */
	unsigned int flags;		/* IOSQE_*, of each command */
} ring_kinds[RING_KINDS];

/* 0 or a negative errno */
int ring_open(struct ring *r, unsigned int entries, unsigned int setup);
void ring_close(struct ring *r);
/* The next entry, zeroed; 128 bytes with IORING_SETUP_SQE128 */
struct io_uring_sqe *ring_sqe(struct ring *r);
/* Fills in zcopy's command; the kernel reads the request when it issues the command. */
void ring_send(struct io_uring_sqe *sqe, int dev, const struct zcopy_send *s,
	       uint64_t data);
/* The same for many requests in one command */
void ring_batch(struct io_uring_sqe *sqe, int dev, const struct zcopy_batch *b,
		uint64_t data);
/* 0 or an errno, positive */
int ring_register_buffer(struct ring *r, const struct iovec *iov);
/* How many entries the kernel took, or a negative errno */
int ring_submit(struct ring *r);
/* Takes a completion from the ring without a system call; false: none is there. */
bool ring_peek(struct ring *r, struct io_uring_cqe *cqe);
/* Takes a completion; false: none came within @ms. */
bool ring_wait(struct ring *r, struct io_uring_cqe *cqe, unsigned int ms);
/* Threads that io_uring made in this process for work that blocks */
unsigned int ring_workers(void);

#endif /* ZCOPY_TESTS_RING_H */
