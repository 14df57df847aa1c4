// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of io_uring; see ring.h.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "ring.h"

const struct ring_kind ring_kinds[RING_KINDS] = {
	{ "plain", 0, 0 },
	{ "deferred task work", RING_SINGLE_ISSUER | RING_DEFER_TASKRUN, 0 },
	{ "IOSQE_ASYNC", 0, IOSQE_ASYNC },
	{ "polling thread", IORING_SETUP_SQPOLL, 0 },
};

static void *ring_map(struct ring *r, size_t bytes, off_t what)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       r->fd, what);

	if (p == MAP_FAILED)
		die("mapping a ring");
	return p;
}

int ring_open(struct ring *r, unsigned int entries, unsigned int setup)
{
	memset(r, 0, sizeof(*r));
	r->setup = setup;
	r->p.flags = setup;
	r->p.sq_thread_idle = 100;
	r->fd = syscall(SYS_io_uring_setup, entries, &r->p);
	if (r->fd < 0)
		return -errno;
	r->entries = r->p.sq_entries;
	r->sq_bytes = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
	r->cq_bytes = r->p.cq_off.cqes + r->p.cq_entries *
		      (sizeof(struct io_uring_cqe) << !!(setup & IORING_SETUP_CQE32));
	r->sqe_bytes = r->p.sq_entries *
		       (sizeof(struct io_uring_sqe) << !!(setup & IORING_SETUP_SQE128));
	r->sq = ring_map(r, r->sq_bytes, IORING_OFF_SQ_RING);
	r->cq = ring_map(r, r->cq_bytes, IORING_OFF_CQ_RING);
	r->sqes = ring_map(r, r->sqe_bytes, IORING_OFF_SQES);
	return 0;
}

void ring_close(struct ring *r)
{
	munmap(r->sq, r->sq_bytes);
	munmap(r->cq, r->cq_bytes);
	munmap(r->sqes, r->sqe_bytes);
	close(r->fd);
}

static uint32_t *sq_word(struct ring *r, uint32_t off)
{
	return (uint32_t *)((char *)r->sq + off);
}

static uint32_t *cq_word(struct ring *r, uint32_t off)
{
	return (uint32_t *)((char *)r->cq + off);
}

struct io_uring_sqe *ring_sqe(struct ring *r)
{
	size_t bytes = sizeof(struct io_uring_sqe) << !!(r->setup & IORING_SETUP_SQE128);
	uint32_t tail = *sq_word(r, r->p.sq_off.tail) + r->todo++;
	uint32_t at = tail & (r->entries - 1);
	struct io_uring_sqe *sqe = (void *)((char *)r->sqes + at * bytes);

	sq_word(r, r->p.sq_off.array)[at] = at;
	memset(sqe, 0, bytes);
	return sqe;
}

static void ring_command(struct io_uring_sqe *sqe, int dev, uint32_t verb,
			 const void *arg, uint64_t data)
{
	struct zcopy_uring u = { .addr = (uintptr_t)arg };

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = dev;
	sqe->user_data = data;
	/* cmd_op and cmd[]: older headers do not name these fields. */
	sqe->off = verb;
	memcpy((char *)sqe + 48, &u, sizeof(u));
}

void ring_send(struct io_uring_sqe *sqe, int dev, const struct zcopy_send *s,
	       uint64_t data)
{
	ring_command(sqe, dev, ZCOPY_IOC_SEND, s, data);
}

void ring_batch(struct io_uring_sqe *sqe, int dev, const struct zcopy_batch *b,
		uint64_t data)
{
	ring_command(sqe, dev, ZCOPY_IOC_BATCH, b, data);
}

int ring_register_buffer(struct ring *r, const struct iovec *iov)
{
	return syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_BUFFERS,
		       iov, 1) ? errno : 0;
}

static int ring_enter(struct ring *r, unsigned int submit, unsigned int flags)
{
	int n = syscall(SYS_io_uring_enter, r->fd, submit, 0, flags, NULL, 0);

	return n < 0 ? -errno : n;
}

int ring_submit(struct ring *r)
{
	uint32_t *tail = sq_word(r, r->p.sq_off.tail);
	unsigned int nr = r->todo;

	r->todo = 0;
	__atomic_store_n(tail, *tail + nr, __ATOMIC_SEQ_CST);
	if (!(r->setup & IORING_SETUP_SQPOLL))
		return ring_enter(r, nr, 0);
	if (__atomic_load_n(sq_word(r, r->p.sq_off.flags), __ATOMIC_SEQ_CST) &
	    IORING_SQ_NEED_WAKEUP)
		ring_enter(r, nr, IORING_ENTER_SQ_WAKEUP);
	return nr;
}

bool ring_peek(struct ring *r, struct io_uring_cqe *cqe)
{
	uint32_t *head = cq_word(r, r->p.cq_off.head);
	uint32_t at = *head & (r->p.cq_entries - 1);
	unsigned int shift = !!(r->setup & IORING_SETUP_CQE32);

	if (*head == __atomic_load_n(cq_word(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE))
		return false;
	memcpy(cqe, (char *)r->cq + r->p.cq_off.cqes + (at << shift) * sizeof(*cqe),
	       sizeof(*cqe));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}

bool ring_wait(struct ring *r, struct io_uring_cqe *cqe, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	for (;;) {
		if (ring_peek(r, cqe))
			return true;
		ring_enter(r, 0, IORING_ENTER_GETEVENTS);
		if (ring_peek(r, cqe))
			return true;
		if (now_ms() > end)
			return false;
		poll(&p, 1, 5);
	}
}

unsigned int ring_workers(void)
{
	unsigned int nr = 0;
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");

	if (!d)
		die("/proc/self/task");
	while ((e = readdir(d))) {
		char path[300], comm[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f) && !strncmp(comm, "iou-wrk", 7))
			nr++;
		fclose(f);
	}
	closedir(d);
	return nr;
}
