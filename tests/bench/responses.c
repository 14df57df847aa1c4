// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to send a small response, a header from memory and a file, over a
 * kept-alive connection.  A call of a method sends one response, or as many as its
 * table says.
 */
#define _GNU_SOURCE
#include <linux/zcopy.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "verbs.h"
#include "zcctl/bench_ways.h"

/* Header and file leave in one call, and the file is a piece of memory. */
static void by_writev(const struct job *j, char *file)
{
	struct iovec iov[] = { { j->buffer, HEADER_BYTES }, { file, j->size } };

	if (writev(j->sock, iov, 2) != (ssize_t)(HEADER_BYTES + j->size))
		fail("writev");
}

static void by_pread_writev(const struct job *j)
{
	char *file = j->buffer + HEADER_BYTES;

	if (pread(j->file, file, j->size, 0) != (ssize_t)j->size)
		fail("pread");
	by_writev(j, file);
}

static void by_mmap_writev(const struct job *j)
{
	by_writev(j, j->map);
}

static void send_header(const struct job *j)
{
	if (send(j->sock, j->buffer, HEADER_BYTES, MSG_MORE) != HEADER_BYTES)
		fail("send");
}

static void by_more_sendfile(const struct job *j)
{
	send_header(j);
	by_sendfile(j);
}

static void by_more_interposed(const struct job *j)
{
	send_header(j);
	by_interposed(j);
}

static void by_more_splice(const struct job *j)
{
	send_header(j);
	must(way_splice(j->sock, j->file, j->size, j->pipe, PIPE_BYTES), "splice");
}

static struct zcopy_elem header_elem(const struct job *j)
{
	return (struct zcopy_elem) {
		.kind = ZCOPY_ELEM_MEMORY, .off = (uintptr_t)j->buffer,
		.len = HEADER_BYTES,
	};
}

/* One struct: header, file and answer */
static void by_zcopy(const struct job *j)
{
	struct zcopy_sendfile s = {
		.size = sizeof(s), .sock = j->sock, .file = j->file, .len = j->size,
		.head = (uintptr_t)j->buffer, .head_len = HEADER_BYTES,
	};

	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_SENDFILE, &s));
	if (s.status != ZCOPY_STATUS_DONE || s.bytes != HEADER_BYTES + j->size)
		fail("a response");
}

/* The same by the general call: four structs */
static void by_zcopy_send(const struct job *j)
{
	const struct zcopy_elem elems[] = { header_elem(j), file_elem(j) };

	zcopy_list(j, elems, 2, HEADER_BYTES + j->size);
}

/* Several responses are one transfer, with one list. */
static void by_zcopy_list(const struct job *j)
{
	struct zcopy_elem elems[2 * PER_LIST];

	for (unsigned int i = 0; i < PER_LIST; i++) {
		elems[2 * i] = header_elem(j);
		elems[2 * i + 1] = file_elem(j);
	}
	zcopy_list(j, elems, 2 * PER_LIST, PER_LIST * (HEADER_BYTES + j->size));
}

/* Starts several transfers with one call and collects them with another. */
static void by_zcopy_batch(const struct job *j)
{
	const struct zcopy_elem elems[] = { header_elem(j), file_elem(j) };
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_send s[PER_LIST];
	struct zcopy_batch b = batch_of(s, PER_LIST);

	for (unsigned int n = 0; n < PER_LIST; n++)
		s[n] = send_list(&sink, elems, 2);
	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_BATCH, &b));
	if (b.started != PER_LIST)
		fail("a batch");
	zcopy_collect(j, PER_LIST, HEADER_BYTES + j->size);
}

/* The same by one command of io_uring, which brings the results, too */
static void by_zcopy_ring(const struct job *j)
{
	const struct zcopy_elem elems[] = { header_elem(j), file_elem(j) };
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_result res[PER_LIST];
	struct zcopy_send s[PER_LIST];
	struct zcopy_batch b = batch_of(s, PER_LIST);

	for (unsigned int n = 0; n < PER_LIST; n++) {
		s[n] = send_list(&sink, elems, 2);
		s[n].results = (uintptr_t)&res[n];
		s[n].result_size = sizeof(res[n]);
	}
	uring_batch(j, &b);
	for (unsigned int n = 0; n < PER_LIST; n++)
		if (res[n].status != ZCOPY_STATUS_DONE ||
		    res[n].bytes != HEADER_BYTES + j->size)
			fail("a batch in a ring");
}

/*
 * The least that a separate response can cost: one send(2) of bytes that are ready
 * in memory, without a file.
 */
static void by_floor(const struct job *j)
{
	OR_FAIL(send(j->sock, j->buffer, HEADER_BYTES + j->size, 0));
}

const struct method response_methods[] = {
	{ .name = "pread_writev", .send = by_pread_writev },
	{ .name = "mmap_writev", .send = by_mmap_writev },
	{ .name = "more_sendfile", .send = by_more_sendfile, .guard = true },
	{ .name = "splice", .send = by_more_splice },
	{ .name = "uring_splice", .send = response_by_uring_splice },
	{ .name = "uring_read_send", .send = response_by_uring_read_send },
	{ .name = "zcopy", .send = by_zcopy, .guard = true },
	{ .name = "zcopy_send", .send = by_zcopy_send, .guard = true },
	{ .name = "zcopy_batch", .send = by_zcopy_batch, .files = PER_LIST, .guard = true },
	{ .name = "zcopy_ring", .send = by_zcopy_ring, .files = PER_LIST, .guard = true },
	{ .name = "zcopy_16", .send = by_zcopy_list, .files = PER_LIST, .guard = true },
	{ .name = "interposed", .send = by_more_interposed, .guard = true },
	{ .name = "floor", .send = by_floor, .guard = true },
	{ 0 },
};

const struct method call_methods[] = {
	{ .name = "sendfile", .send = by_sendfile, .guard = true },
	{ .name = "interposed", .send = by_interposed, .guard = true },
	{ 0 },
};
