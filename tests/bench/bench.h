/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cases.c - what is sent: the table of cases, and their files
 * methods.c - the ways to get a file into a socket
 * responses.c - the ways to send a small response: a header and a file
 * uring.c, uring_copy.c, ring.c - the ways that use io_uring
 * verbs.h - the verbs of the device that all of them share
 * rounds.c - measures a method on a case
 * rows.c - prints what was measured
 * wire.c - loopback connections and the process that empties them
 * parked.c - transfers that wait while other transfers are measured
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct method;
struct ring;
struct zcopy_elem;

#define HEADER_BYTES	200
#define PER_LIST	16	/* responses in one submission */

/* How the receiver reads */
enum drink {
	DRINK_AT_ONCE,		/* wakes up for any number of bytes */
	DRINK_GULPS,		/* wakes up for 64 KiB, and for the end */
	DRINK_POLLED,		/* reads from many connections with epoll */
	DRINK_LOCKSTEP,		/* wakes up for each call of the sender, and answers it */
};

/* struct bench_case - what is sent; the number of rounds is not part of it */
struct bench_case {
	const char *name;
	const struct method *methods;
	enum drink how;
	bool huge;		/* the file is in huge folios */
	size_t size;		/* of the file */
	unsigned int times;	/* sends of the file over one kept-alive connection; 0: one */
	size_t header;		/* bytes of memory before each file */
	unsigned int ring;	/* io_uring: number of connections, one file to each */
	unsigned int ranges;	/* times that the file is in one list */
	unsigned int live;	/* transfers, with the measured one; the rest is parked */
	bool no_caches;		/* so large that caches would take minutes to simulate */
	bool no_guard;		/* too large, or too unsteady, for the baseline */
};

extern const struct bench_case cases[];

/* How often the file of a case is sent in a round, and the bytes of a round */
unsigned int case_passes(const struct bench_case *c);
size_t case_bytes(const struct bench_case *c);
int case_file(const struct bench_case *c);
void case_file_remove(const struct bench_case *c);

/* struct job - what every method sends, and to which socket */
struct job {
	int sock;
	const int *socks;	/* io_uring: all sockets */
	int file;
	size_t size;		/* of the file */
	bool huge;		/* the file is in huge folios */
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
	unsigned int files;	/* that one call sends; 0: one */
	bool guard;		/* compared with the stored baseline */
};

extern const struct method bulk_methods[];
extern const struct method response_methods[];
extern const struct method call_methods[];
extern const struct method interposed_methods[];
extern const struct method uring_methods[];
extern const struct method flat_methods[];
extern const struct method live_methods[];

/* The methods that several tables have */
void by_sendfile(const struct job *j);
void by_interposed(const struct job *j);
void by_uring_splice(const struct job *j);
void by_uring_read_send(const struct job *j);
void response_by_uring_splice(const struct job *j);
void response_by_uring_read_send(const struct job *j);

/* Ends the program if a way failed; @err is its return value. */
void must(int err, const char *way);
/* Sends a list to the job's socket, all @bytes of it. */
void zcopy_list(const struct job *j, const struct zcopy_elem *elems, unsigned int nr,
		size_t bytes);
/* Waits until all @nr transfers are done; each must have sent @bytes. */
void zcopy_collect(const struct job *j, unsigned int nr, size_t bytes);

void job_prepare(struct job *j);
void job_end(struct job *j);
void uring_prepare(struct job *j, unsigned int nr);
void uring_end(struct job *j);
size_t uring_least_pipe(const struct job *j);
struct zcopy_batch;
void uring_batch(const struct job *j, const struct zcopy_batch *b);
struct ring *uring_ring(const struct job *j);
const int *uring_pipe(const struct job *j);
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

void wire_open(struct wire *w, unsigned int nr, bool nodelay, enum drink how);
void wire_close(struct wire *w);
/* @step: DRINK_LOCKSTEP: the receiver answers after each so many bytes */
void wire_expect(const struct wire *w, uint64_t bytes, uint64_t step);
/* DRINK_LOCKSTEP: waits for the receiver's answer. */
void wire_answered(const struct wire *w);
uint64_t wire_done(const struct wire *w);
uint64_t wire_receiver_ns(const struct wire *w);
uint64_t now_ns(int clock);

#define MOST_ROUNDS	100

/* struct figures - what the rounds of a row measured, in ns, each array sorted */
struct figures {
	unsigned int nr;
	uint64_t total[MOST_ROUNDS];
	uint64_t sender[MOST_ROUNDS];	/* the process, with the workers of its ring */
	uint64_t receiver[MOST_ROUNDS];
	uint32_t mark;			/* the number that marked the row */
};

struct settings {
	unsigned int rounds;
	bool nodelay;
	bool each;			/* show every round */
};

void measure(const struct bench_case *c, struct job *j, const struct method *m,
	     const struct settings *with, struct figures *f);

void rows_open(const char *path);
void rows_add(const struct bench_case *c, const struct job *j, const struct method *m,
	      const struct figures *f);
void rows_close(void);

#define PIPE_BYTES	(1024 * 1024)

_Noreturn void fail(const char *what);

#define OR_FAIL(call)	do { if ((call) < 0) fail(#call); } while (0)

#endif
