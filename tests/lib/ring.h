/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring of io_uring by its system calls alone, so that every setup flag of the
 * kernel can be tried, and zcopy's command for it.
 */
#ifndef ZCOPY_TESTS_RING_H
#define ZCOPY_TESTS_RING_H

#include <linux/io_uring.h>
#include <linux/zcopy.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Younger than the headers of some machines */
#define RING_SINGLE_ISSUER	(1U << 12)
#define RING_DEFER_TASKRUN	(1U << 13)

struct ring {
	int fd;
	unsigned int setup;		/* IORING_SETUP_* */
	unsigned int entries;
	unsigned int todo;		/* filled in, not submitted */
	void *sq, *cq, *sqes;
	size_t sq_bytes, cq_bytes, sqe_bytes;
	struct io_uring_params p;
};

/* 0 or a negative errno */
int ring_open(struct ring *r, unsigned int entries, unsigned int setup);
void ring_close(struct ring *r);
/* The next entry, zeroed; 128 bytes with IORING_SETUP_SQE128 */
struct io_uring_sqe *ring_sqe(struct ring *r);
/* zcopy's command; the request is read when it is issued */
void ring_send(struct io_uring_sqe *sqe, int dev, const struct zcopy_send *s,
	       uint64_t data);
/* 0 or an errno, positive */
int ring_register_buffer(struct ring *r, const struct iovec *iov);
/* How many were taken, or a negative errno */
int ring_submit(struct ring *r);
/* A completion that is there; asks the kernel nothing. */
bool ring_peek(struct ring *r, struct io_uring_cqe *cqe);
/* A completion, or false after so many milliseconds */
bool ring_wait(struct ring *r, struct io_uring_cqe *cqe, unsigned int ms);
/* Threads of this process that io_uring made for work that blocks */
unsigned int ring_workers(void);

#endif /* ZCOPY_TESTS_RING_H */
