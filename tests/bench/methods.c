// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to get a file into a socket, each as a good program would do it.  All that
 * can be set up in advance (buffer, mapping, pipe, descriptors) is.  The loops over a
 * file are those of zcctl bench.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/zcopy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "floor/floor.h"
#include "verbs.h"
#include "zcctl/bench_ways.h"

#define MOST_RANGES	64

/*
 * Finds the sendfile() that a program with the interposer calls.  The interposer is
 * loaded with dlopen(), because preloaded it would replace sendfile(2) for all methods.
 */
static void load_interposer(struct job *j)
{
	void *library;
	void *symbol;

	setenv("ZCOPY_SENDFILE_LEAST", "0", 1);
	library = dlopen("/libzcopy-sendfile.so", RTLD_NOW | RTLD_LOCAL);
	symbol = library ? dlsym(library, "sendfile") : NULL;

	if (!symbol) {
		fprintf(stderr, "bench: %s\n", dlerror());
		exit(1);
	}
	*(void **)&j->interposed = symbol;
}

void job_prepare(struct job *j)
{
	load_interposer(j);
	OR_FAIL(j->zcopy = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC));
	OR_FAIL(j->floor = open(FLOOR_DEVICE, O_RDWR | O_CLOEXEC));
	OR_FAIL(pipe(j->pipe));
	OR_FAIL(fcntl(j->pipe[0], F_SETPIPE_SZ, PIPE_BYTES));
	j->map = mmap(NULL, j->size, PROT_READ, MAP_SHARED, j->file, 0);
	if (j->map == MAP_FAILED)
		fail("mmap");
	/* The largest file that is sent with a header fits, together with it. */
	j->buffer = aligned_alloc(4096, WAY_BUFFER + 4096);
	if (!j->buffer)
		fail("memory");
	memset(j->buffer, 'h', WAY_BUFFER + 4096);
}

void job_end(struct job *j)
{
	uring_end(j);
	munmap(j->map, j->size);
	free(j->buffer);
	close(j->pipe[0]);
	close(j->pipe[1]);
	close(j->floor);
	close(j->zcopy);
}

void must(int err, const char *way)
{
	if (!err)
		return;
	errno = -err;
	fail(way);
}

static void by_read_write(const struct job *j)
{
	must(way_read_write(j->sock, j->file, j->size, j->buffer, 0), "read and write");
}

static void by_mmap_write(const struct job *j)
{
	must(way_write_all(j->sock, j->map, j->size), "write");
}

void by_sendfile(const struct job *j)
{
	must(way_sendfile(sendfile, j->sock, j->file, j->size), "sendfile");
}

void by_interposed(const struct job *j)
{
	must(way_sendfile(j->interposed, j->sock, j->file, j->size),
	     "sendfile of the interposer");
}

static void by_splice(const struct job *j)
{
	must(way_splice(j->sock, j->file, j->size, j->pipe, PIPE_BYTES), "splice");
}

void zcopy_list(const struct job *j, const struct zcopy_elem *elems, unsigned int nr,
		size_t bytes)
{
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_send s = send_list(&sink, elems, nr);
	struct zcopy_result res;

	s.results = (uintptr_t)&res;
	s.result_size = sizeof(res);
	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_SEND, &s));
	if (res.status != ZCOPY_STATUS_DONE || res.bytes != bytes) {
		fprintf(stderr, "bench: zcopy: status %u, error %u, %llu bytes\n",
			res.status, res.error, (unsigned long long)res.bytes);
		exit(1);
	}
}

void zcopy_collect(const struct job *j, unsigned int nr, size_t bytes)
{
	struct zcopy_result res[PER_LIST];
	unsigned int got = collect(j, 0, res, nr, nr);

	for (unsigned int i = 0; i < nr; i++) {
		if (i < got && res[i].status == ZCOPY_STATUS_DONE &&
		    res[i].bytes == bytes)
			continue;
		fprintf(stderr, "bench: zcopy: one of a batch failed\n");
		exit(1);
	}
}

static void by_zcopy(const struct job *j)
{
	struct zcopy_elem elem = file_elem(j);

	zcopy_list(j, &elem, 1, j->size);
}

static void by_zcopy_ranges(const struct job *j)
{
	struct zcopy_elem elems[MOST_RANGES];

	for (unsigned int i = 0; i < j->ranges; i++)
		elems[i] = file_elem(j);
	zcopy_list(j, elems, j->ranges, j->ranges * j->size);
}

/* Submits the file and waits for the transfer by its number. */
static void by_zcopy_wait(const struct job *j)
{
	uint64_t id = submit_file(j, j->sock);
	struct zcopy_result res;

	if (collect(j, id, &res, 1, 1) != 1 || res.status != ZCOPY_STATUS_DONE ||
	    res.bytes != j->size) {
		fprintf(stderr, "bench: zcopy: one that was waited for failed\n");
		exit(1);
	}
}

static void by_floor(const struct job *j)
{
	struct floor_send s = {
		.fd = j->sock, .huge = j->huge, .bytes = j->size,
	};

	OR_FAIL(ioctl(j->floor, FLOOR_IOC_SEND, &s));
}

const struct method bulk_methods[] = {
	{ .name = "read_write", .send = by_read_write, .slow = true },
	{ .name = "mmap_write", .send = by_mmap_write, .slow = true },
	{ .name = "sendfile", .send = by_sendfile, .guard = true },
	{ .name = "splice", .send = by_splice },
	{ .name = "uring_splice", .send = by_uring_splice },
	{ .name = "uring_read_send", .send = by_uring_read_send, .slow = true },
	{ .name = "zcopy", .send = by_zcopy, .guard = true },
	{ .name = "floor", .send = by_floor, .guard = true },
	{ 0 },
};

const struct method interposed_methods[] = {
	{ .name = "sendfile", .send = by_sendfile, .guard = true },
	{ .name = "interposed", .send = by_interposed, .guard = true },
	{ 0 },
};

const struct method flat_methods[] = {
	{ .name = "zcopy", .send = by_zcopy_ranges, .slow = true, .guard = true },
	{ 0 },
};

const struct method live_methods[] = {
	{ .name = "zcopy", .send = by_zcopy, .guard = true },
	{ .name = "zcopy_wait", .send = by_zcopy_wait, .guard = true },
	{ 0 },
};
