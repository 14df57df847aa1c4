// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the methods to send a header and a file, each as a good program would do it:
 * buffer, mapping, pipes and list are prepared before the measurement.
 */
#include "bench.h"
#include "bench_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Size to ask for; the pipe's actual size is in the job */
#define PIPE_WANTED	(1 << 20)

static int open_pipes(struct bench_job *j)
{
	int i, got;

	for (i = 0; i < 2; i++) {
		if (pipe2(j->pipes[i], O_CLOEXEC))
			return -errno;
		fcntl(j->pipes[i][1], F_SETPIPE_SZ, PIPE_WANTED);
		got = fcntl(j->pipes[i][1], F_GETPIPE_SZ);
		if (got <= 0)
			return -errno;
		if (!j->pipe_bytes || (size_t)got < j->pipe_bytes)
			j->pipe_bytes = got;
	}
	return 0;
}

int bench_prepare(struct bench_job *j)
{
	int err;

	memset(j->pipes, -1, sizeof(j->pipes));
	j->map = MAP_FAILED;
	j->sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	j->buffer = malloc(j->header + WAY_BUFFER);
	err = zcopy_list_new(&j->list);
	if (err || !j->buffer)
		return -ENOMEM;
	memset(j->buffer, 'h', j->header + WAY_BUFFER);
	j->map = mmap(NULL, j->size, PROT_READ, MAP_SHARED, j->file, 0);
	if (j->map == MAP_FAILED || j->sink < 0)
		return -errno;
	err = zcopy_list_memory(j->list, j->buffer, j->header);
	if (!err)
		err = zcopy_list_file(j->list, j->file, 0, j->size);
	return err ? err : open_pipes(j);
}

void bench_end(struct bench_job *j)
{
	int i;

	for (i = 0; i < 4; i++)
		if (j->pipes[i / 2][i % 2] >= 0)
			close(j->pipes[i / 2][i % 2]);
	if (j->map != MAP_FAILED)
		munmap(j->map, j->size);
	if (j->sink >= 0)
		close(j->sink);
	free(j->buffer);
	zcopy_list_free(j->list);
}

/* Send the header; MSG_MORE in @flags says that more follows at once */
static int send_header(struct bench_job *j, int flags)
{
	if (j->header &&
	    send(j->sock, j->buffer, j->header, flags) != (ssize_t)j->header)
		return errno ? -errno : -EIO;
	return 0;
}

static int by_read_write(struct bench_job *j)
{
	return way_read_write(j->sock, j->file, j->size, j->buffer, j->header);
}

static int by_mmap_write(struct bench_job *j)
{
	struct iovec iov[2] = {
		{ j->buffer, j->header }, { j->map, j->size },
	};
	size_t sent;
	ssize_t n = writev(j->sock, iov, 2);

	if (n < 0)
		return -errno;
	if ((size_t)n < j->header)
		return -EIO;
	sent = n - j->header;
	return way_write_all(j->sock, j->map + sent, j->size - sent);
}

static int by_sendfile(struct bench_job *j)
{
	int err = send_header(j, 0);

	return err ? err : way_sendfile(sendfile, j->sock, j->file, j->size);
}

static int by_sendfile_gather(struct bench_job *j)
{
	int err = send_header(j, MSG_MORE);

	return err ? err : way_sendfile(sendfile, j->sock, j->file, j->size);
}

/* Copy the first pipe's pages to the second with tee(2), then move them to the sink */
static int tee_over(struct bench_job *j, size_t left)
{
	ssize_t n;

	while (left) {
		n = tee(j->pipes[0][0], j->pipes[1][1], left, 0);
		if (n <= 0)
			return n ? -errno : -EIO;
		if (way_splice_out(j->pipes[0][0], j->sink, n, SPLICE_F_MOVE))
			return -EIO;
		left -= n;
	}
	return 0;
}

static int by_splice(struct bench_job *j)
{
	int err = send_header(j, MSG_MORE);

	return err ? err : way_splice(j->sock, j->file, j->size, j->pipes[0],
				      j->pipe_bytes);
}

/* Like splice, but a copy of the pages leaves */
static int by_tee(struct bench_job *j)
{
	int err = send_header(j, MSG_MORE);
	off_t at = 0;
	ssize_t n;

	while (!err && (size_t)at < j->size) {
		n = way_splice_in(j->file, &at, j->size, j->pipes[0][1], j->pipe_bytes);
		if (n < 0)
			return n;
		err = tee_over(j, n);
		if (!err)
			err = way_splice_out(j->pipes[1][0], j->sock, n,
					     way_splice_how(at, j->size));
	}
	return err;
}

static int by_zcopy(struct bench_job *j)
{
	struct zcopy_result res = { 0 };
	struct zcopy_sink sink;
	struct zcopy_send req;
	int err;

	zcopy_sink_init(&sink, j->sock);
	zcopy_send_init(&req, j->list, &sink, 1);
	err = zcopy_send(j->dev, &req, &res);
	if (err)
		return err;
	if (res.status != ZCOPY_STATUS_DONE || res.bytes != j->header + j->size)
		return res.error ? -(int)res.error : -EIO;
	return 0;
}

const struct bench_method bench_methods[] = {
	{ "read_write", by_read_write, false, false },
	{ "mmap_write", by_mmap_write, false, false },
	{ "sendfile", by_sendfile, false, false },
	{ "sendfile_gather", by_sendfile_gather, true, false },
	{ "splice", by_splice, false, false },
	{ "tee", by_tee, false, false },
	{ "zcopy", by_zcopy, false, true },
	{ NULL, NULL, false, false }
};
