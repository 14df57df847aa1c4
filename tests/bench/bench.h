/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.c - loopback connections and the process that empties them
 * methods.c - the ways to get a file into a socket
 * uring.c, ring.c - the ways that use io_uring
 * verbs.h - the verbs of the device that all of them share
 * parked.c - transfers that wait while other transfers are measured
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEADER_BYTES	200
#define PER_LIST	16	/* responses in one submission */

/* struct job - what every method sends, and to which socket */
struct job {
	int sock;
	const int *socks;	/* io_uring: all sockets */
	int file;
	size_t size;		/* of the file */
	bool huge;		/* the file is in huge folios */
	unsigned int responses;	/* 0: the file once; else times header and file are sent */
	unsigned int ranges;	/* times that the file is in one list */

	/* Made ready before the clock runs */
	int zcopy;
	int floor;
	int pipe[2];
	char *map;
	char *buffer;
	struct uring *uring;
	struct parked *parked;
	ssize_t (*interposed)(int out, int in, off_t *off, size_t count);
};

struct method {
	const char *name;
	void (*send)(const struct job *j);
	bool slow;		/* costs several times more; fewer rounds are enough */
};

extern const struct method bulk_methods[];
extern const struct method header_methods[];
extern const struct method interposed_methods[];
extern const struct method interposed_header_methods[];
extern const struct method uring_methods[];
extern const struct method flat_methods[];
extern const struct method live_methods[];

void job_prepare(struct job *j);
void job_end(struct job *j);
void uring_prepare(struct job *j, unsigned int nr);
void uring_end(struct job *j);
size_t uring_least_pipe(const struct job *j);
void park(struct job *j, unsigned int nr);
void unpark(struct job *j);

/* struct wire - connections whose other ends discard all bytes */
struct wire {
	int sock;		/* the first */
	int *socks;
	unsigned int nr;
	int order;		/* tells the receiver how many bytes to expect */
	int report;		/* returns the time when all of them had arrived */
	pid_t receiver;
};

/* How the receiver reads */
enum drink {
	DRINK_AT_ONCE,		/* wakes up for any number of bytes */
	DRINK_GULPS,		/* wakes up for 64 KiB, and for the end */
	DRINK_POLLED,		/* reads from many connections with epoll */
};

void wire_open(struct wire *w, unsigned int nr, bool nodelay, enum drink how);
void wire_close(struct wire *w);
void wire_expect(const struct wire *w, uint64_t bytes);
uint64_t wire_done(const struct wire *w);
uint64_t wire_receiver_ns(const struct wire *w);
uint64_t now_ns(int clock);

#define PIPE_BYTES	(1024 * 1024)

_Noreturn void fail(const char *what);

#define OR_FAIL(call)	do { if ((call) < 0) fail(#call); } while (0)

#endif
