/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations of the verb bench: methods to send, and a peer that receives.
 */
#ifndef ZCCTL_BENCH_H
#define ZCCTL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zcopy.h"

/**
 * struct bench_job - the response that a method sends again and again
 * @file: the file, open for reading, in the page cache
 * @size: bytes of the file in a response
 * @header: bytes of memory sent before the file
 * @sock: socket to send to
 * @dev: the device, NULL if there is none
 * @list: header and file, for zcopy
 * @map: the file, mapped
 * @buffer: WAY_BUFFER bytes, plus room for the header before them
 * @pipes: two pipes of @pipe_bytes each, for splice and tee
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
 * @name: its name on the command line
 * @run: sends one response; 0 or a negative errno
 * @needs_header: only useful for responses with a header
 * @needs_zcopy: needs the device
 */
struct bench_method {
	const char	*name;
	int		(*run)(struct bench_job *j);
	bool		needs_header;
	bool		needs_zcopy;
};

/* bench_methods.c; an entry without name ends the table */
extern const struct bench_method bench_methods[];

/** bench_prepare() - prepare all but the socket; 0 or a negative errno */
int bench_prepare(struct bench_job *j);

/** bench_end() - undo bench_prepare(), also after it failed */
void bench_end(struct bench_job *j);

/* bench_peer.c */

/**
 * struct bench_peer - a process that discards what it receives over loopback
 * @sock: our end of the connection
 * @report: pipe to which it writes a struct bench_report at the end of the stream
 * @pid: its process id
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

/** bench_peer_open() - start a peer; 0 or a negative errno */
int bench_peer_open(struct bench_peer *p);

/**
 * bench_peer_close() - end the stream and wait for the peer
 * @p: the peer
 * @report: filled in
 *
 * Return: 0 or a negative errno (the peer is gone).
 */
int bench_peer_close(struct bench_peer *p, struct bench_report *report);

#endif /* ZCCTL_BENCH_H */
