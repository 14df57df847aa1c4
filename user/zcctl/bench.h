/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the verb bench share: ways to send, and a peer to send to.
 */
#ifndef ZCCTL_BENCH_H
#define ZCCTL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zcopy.h"

#define BENCH_BUFFER	(64U << 10)

/**
 * struct bench_job - what is sent again and again
 * @file: open for reading, in the page cache
 * @size: bytes of it in a response
 * @header: bytes of memory before it
 * @sock: where to
 * @dev: the device, NULL if there is none
 * @list: header and file, for zcopy
 * @map: the file
 * @buffer: BENCH_BUFFER bytes and room for a header before them
 * @pipes: two pipes of @pipe_bytes, for splice and tee
 * @sink: /dev/null
 */
struct bench_job {
	int			file;
	size_t			size;
	size_t			header;
	int			sock;
	struct zcopy		*dev;
	struct zcopy_list	*list;
	char			*map;
	char			*buffer;
	int			pipes[2][2];
	size_t			pipe_bytes;
	int			sink;
};

/**
 * struct bench_method - a way to send a response
 * @name: the word
 * @run: sends one; 0 or a negative errno
 * @needs_header: makes a difference only where there is one
 * @needs_zcopy: takes the device
 */
struct bench_method {
	const char	*name;
	int		(*run)(struct bench_job *j);
	bool		needs_header;
	bool		needs_zcopy;
};

/* bench_methods.c; ends with one without name */
extern const struct bench_method bench_methods[];

/** bench_prepare() - make ready all but the socket; 0 or a negative errno */
int bench_prepare(struct bench_job *j);

/** bench_end() - give back what bench_prepare() took, also after it failed */
void bench_end(struct bench_job *j);

/* bench_peer.c */

/**
 * struct bench_peer - a process that throws away what comes over loopback
 * @sock: our end
 * @report: where it writes a struct bench_report at the end of the stream
 * @pid: its number
 */
struct bench_peer {
	int	sock;
	int	report;
	int	pid;
};

struct bench_report {
	uint64_t	bytes;
	uint64_t	end_ns;		/* CLOCK_MONOTONIC at the last byte */
	uint64_t	cpu_ns;
};

/** bench_peer_open() - start one; 0 or a negative errno */
int bench_peer_open(struct bench_peer *p);

/**
 * bench_peer_close() - end the stream, wait for the peer
 * @p: the peer
 * @report: filled in
 *
 * Return: 0 or a negative errno (the peer is gone).
 */
int bench_peer_close(struct bench_peer *p, struct bench_report *report);

#endif /* ZCCTL_BENCH_H */
