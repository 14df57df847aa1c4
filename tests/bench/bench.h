/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.c - loopback connections and the process that empties them
 * methods.c - the ways to get a file into a socket
 * uring.c, ring.c - those through io_uring
 * verbs.h - the verbs of the device that these share
 * parked.c - transfers that wait while others are measured
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEADER_BYTES	200
#define PER_LIST	16	/* responses of one submission */

/* struct job - what every method sends, and where to */
struct job {
	int sock;
	const int *socks;	/* io_uring: all of them */
	int file;
	size_t size;		/* of the file */
	bool huge;		/* it lies in huge folios */
	unsigned int responses;	/* 0: the file once; else header and file, often */
	unsigned int ranges;	/* the file so often in a list */

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
	bool slow;		/* dearer by a factor: fewer rounds do */
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

/* struct wire - connections whose other ends throw away what comes */
struct wire {
	int sock;		/* the first */
	int *socks;
	unsigned int nr;
	int order;		/* bytes to expect go there */
	int report;		/* when they were all there comes back */
	pid_t receiver;
};

/* How the receiver takes what comes */
enum drink {
	DRINK_AT_ONCE,		/* woken for whatever there is */
	DRINK_GULPS,		/* woken for 64 KiB, and the end */
	DRINK_POLLED,		/* many connections, by epoll */
};

void wire_open(struct wire *w, unsigned int nr, bool nodelay, enum drink how);
void wire_close(struct wire *w);
void wire_expect(const struct wire *w, uint64_t bytes);
uint64_t wire_done(const struct wire *w);
uint64_t wire_receiver_ns(const struct wire *w);
uint64_t now_ns(int clock);

#define BUFFER_BYTES	(64 * 1024)
#define PIPE_BYTES	(1024 * 1024)

_Noreturn void fail(const char *what);

#define OR_FAIL(call)	do { if ((call) < 0) fail(#call); } while (0)

#endif
