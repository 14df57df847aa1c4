// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of io_uring; see ring.h.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

static void *ring_map(const struct ring *r, size_t bytes, off_t what)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, what);

	if (p == MAP_FAILED)
		fail("mapping a ring");
	return p;
}

void ring_open(struct ring *r, unsigned int entries)
{
	memset(r, 0, sizeof(*r));
	OR_FAIL(r->fd = syscall(SYS_io_uring_setup, entries, &r->p));
	r->sq_bytes = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
	r->cq_bytes = r->p.cq_off.cqes +
		      r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->sq = ring_map(r, r->sq_bytes, IORING_OFF_SQ_RING);
	r->cq = ring_map(r, r->cq_bytes, IORING_OFF_CQ_RING);
	r->sqes = ring_map(r, r->p.sq_entries * sizeof(*r->sqes),
			   IORING_OFF_SQES);
}

void ring_close(struct ring *r)
{
	munmap(r->sq, r->sq_bytes);
	munmap(r->cq, r->cq_bytes);
	munmap(r->sqes, r->p.sq_entries * sizeof(*r->sqes));
	close(r->fd);
}

static uint32_t *word(void *ring, uint32_t off)
{
	return (uint32_t *)((char *)ring + off);
}

struct io_uring_sqe *ring_sqe(struct ring *r)
{
	uint32_t tail = *word(r->sq, r->p.sq_off.tail) + r->todo++;
	uint32_t at = tail & (r->p.sq_entries - 1);

	word(r->sq, r->p.sq_off.array)[at] = at;
	memset(&r->sqes[at], 0, sizeof(r->sqes[at]));
	return &r->sqes[at];
}

void ring_enter(struct ring *r, unsigned int min)
{
	uint32_t *tail = word(r->sq, r->p.sq_off.tail);
	unsigned int nr = r->todo;

	r->todo = 0;
	__atomic_store_n(tail, *tail + nr, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, nr, min, IORING_ENTER_GETEVENTS,
		    NULL, 0) != (long)nr)
		fail("io_uring_enter");
}

bool ring_reap(struct ring *r, struct io_uring_cqe *cqe)
{
	uint32_t *head = word(r->cq, r->p.cq_off.head);
	uint32_t at = *head & (r->p.cq_entries - 1);

	if (*head == __atomic_load_n(word(r->cq, r->p.cq_off.tail),
				     __ATOMIC_ACQUIRE))
		return false;
	memcpy(cqe, (char *)r->cq + r->p.cq_off.cqes + at * sizeof(*cqe),
	       sizeof(*cqe));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}
