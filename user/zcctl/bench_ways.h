/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The loops that get a file into a socket, for the verb bench and for tests/bench.
 * All are inline, because both measure them: a call would be measured too.  The
 * methods of zcopy are not here: zcctl sends with the library, as users do, and
 * tests/bench measures the system calls alone.
 */
#ifndef ZCCTL_BENCH_WAYS_H
#define ZCCTL_BENCH_WAYS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/types.h>
#include <unistd.h>

#define WAY_BUFFER	(64U << 10)

/* Like sendfile(2) */
typedef ssize_t (*way_sendfile_fn)(int out, int in, off_t *off, size_t count);

/* All ways return 0 or a negative errno */

static inline int way_write_all(int sock, const char *from, size_t left)
{
	ssize_t n;

	while (left) {
		n = write(sock, from, left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			from += n;
			left -= n;
		}
	}
	return 0;
}

/*
 * @buffer begins with @header bytes to send before the file, and has room for
 * WAY_BUFFER bytes more.  Header and first piece of the file leave in one call.
 */
static inline int way_read_write(int sock, int file, size_t size, char *buffer,
				 size_t header)
{
	size_t at = 0;
	ssize_t n;
	int err;

	while (at < size) {
		n = pread(file, buffer + header,
			  size - at < WAY_BUFFER ? size - at : WAY_BUFFER, at);
		if (n <= 0)
			return n ? -errno : -EIO;
		err = way_write_all(sock, buffer, header + n);
		if (err)
			return err;
		header = 0;
		at += n;
	}
	return 0;
}

static inline int way_sendfile(way_sendfile_fn send_file, int sock, int file, size_t size)
{
	off_t at = 0;
	ssize_t n;

	while ((size_t)at < size) {
		n = send_file(sock, file, &at, size - at);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

/* Move all of @left bytes out of a pipe */
static inline int way_splice_out(int from, int to, size_t left, unsigned int how)
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

/* Move the next bytes of the file to a pipe of @room bytes: how many, or a negative errno */
static inline ssize_t way_splice_in(int file, off_t *at, size_t size, int pipe, size_t room)
{
	size_t left = size - *at;
	ssize_t n = splice(file, at, pipe, NULL, left < room ? left : room,
			   SPLICE_F_MOVE);

	return n > 0 ? n : n ? -errno : -EIO;
}

/* The flags for the bytes that end at @at */
static inline unsigned int way_splice_how(off_t at, size_t size)
{
	return SPLICE_F_MOVE | ((size_t)at < size ? SPLICE_F_MORE : 0);
}

static inline int way_splice(int sock, int file, size_t size, const int pipe[2],
			     size_t room)
{
	off_t at = 0;
	ssize_t n;
	int err;

	while ((size_t)at < size) {
		n = way_splice_in(file, &at, size, pipe[1], room);
		if (n < 0)
			return n;
		err = way_splice_out(pipe[0], sock, n, way_splice_how(at, size));
		if (err)
			return err;
	}
	return 0;
}

#endif /* ZCCTL_BENCH_WAYS_H */
