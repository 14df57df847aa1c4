// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the methods to send a header and a file, each as a good program would do it:
 * buffer, mapping, pipes and list are prepared before the measurement.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
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
	j->buffer = malloc(j->header + BENCH_BUFFER);
	err = zcopy_list_new(&j->list);
	if (err || !j->buffer)
		return -ENOMEM;
	memset(j->buffer, 'h', j->header + BENCH_BUFFER);
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

static int write_all(int fd, const char *from, size_t left)
{
	ssize_t n;

	while (left) {
		n = write(fd, from, left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			from += n;
			left -= n;
		}
	}
	return 0;
}

/* Send the header; MSG_MORE in @flags says that more follows at once */
static int send_header(struct bench_job *j, int flags)
{
	if (j->header &&
	    send(j->sock, j->buffer, j->header, flags) != (ssize_t)j->header)
		return errno ? -errno : -EIO;
	return 0;
}

/* Header and first piece of the file leave in one call */
static int by_read_write(struct bench_job *j)
{
	size_t before = j->header;
	size_t at = 0;
	ssize_t n;
	int err;

	while (at < j->size) {
		n = pread(j->file, j->buffer + before,
			  j->size - at < BENCH_BUFFER ? j->size - at : BENCH_BUFFER,
			  at);
		if (n <= 0)
			return n ? -errno : -EIO;
		err = write_all(j->sock, j->buffer, before + n);
		if (err)
			return err;
		before = 0;
		at += n;
	}
	return 0;
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
	return write_all(j->sock, j->map + sent, j->size - sent);
}

static int send_file(struct bench_job *j)
{
	off_t at = 0;
	ssize_t n;

	while ((size_t)at < j->size) {
		n = sendfile(j->sock, j->file, &at, j->size - at);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

static int by_sendfile(struct bench_job *j)
{
	int err = send_header(j, 0);

	return err ? err : send_file(j);
}

static int by_sendfile_gather(struct bench_job *j)
{
	int err = send_header(j, MSG_MORE);

	return err ? err : send_file(j);
}

/* Move all of @left bytes out of a pipe */
static int splice_out(int from, int to, size_t left, unsigned int how)
{
	ssize_t n;

	while (left) {
		n = splice(from, NULL, to, NULL, left, how);
		if (n <= 0)
			return n ? -errno : -EIO;
		left -= n;
	}
	return 0;
}

/* Copy the first pipe's pages to the second with tee(2), then move them to the sink */
static int tee_over(struct bench_job *j, size_t left)
{
	ssize_t n;

	while (left) {
		n = tee(j->pipes[0][0], j->pipes[1][1], left, 0);
		if (n <= 0)
			return n ? -errno : -EIO;
		if (splice_out(j->pipes[0][0], j->sink, n, SPLICE_F_MOVE))
			return -EIO;
		left -= n;
	}
	return 0;
}

static int splice_file(struct bench_job *j, bool twice)
{
	unsigned int more;
	int err = send_header(j, MSG_MORE);
	off_t at = 0;
	ssize_t n;

	while (!err && (size_t)at < j->size) {
		n = splice(j->file, &at, j->pipes[0][1], NULL,
			   j->size - at < j->pipe_bytes ? j->size - at :
			   j->pipe_bytes, SPLICE_F_MOVE);
		if (n <= 0)
			return n ? -errno : -EIO;
		more = (size_t)at < j->size ? SPLICE_F_MORE : 0;
		if (twice)
			err = tee_over(j, n);
		if (!err)
			err = splice_out(j->pipes[twice][0], j->sock, n,
					 SPLICE_F_MOVE | more);
	}
	return err;
}

static int by_splice(struct bench_job *j)
{
	return splice_file(j, false);
}

static int by_tee(struct bench_job *j)
{
	return splice_file(j, true);
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
