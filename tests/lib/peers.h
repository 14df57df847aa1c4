/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP connections for tests, and readers at their far ends, which compare what
 * arrives with what should arrive.  A reader is a thread; it records what it finds
 * and gives no verdict.
 */
#ifndef ZCOPY_TESTS_PEERS_H
#define ZCOPY_TESTS_PEERS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fixture.h"

struct pair {
	int near;		/* the end that zcopy sends to */
	int far;
};

/* In a network namespace of its own */
void loopback_up(void);
/* Both ends in this process, over loopback. */
struct pair pair_loopback(int family);
/* Over IPv4, with no option set; small: buffers of a few pages */
struct pair pair_open(bool small);
/* The same with small buffers at both ends, so that a stopped reader blocks it. */
struct pair pair_tight(int family);
void pair_close(struct pair *p);
/* Makes each CPU handle a packet, so that buffers that were read get freed. */
void pair_stir(const struct pair *p);
void sock_reset(int sock);
/* Reads up to @want bytes and compares with seed 0 from @pos: byte count, -1 if wrong. */
long sock_check(int sock, uint64_t pos, size_t want);
/* Some files have no read function that sendfile(2) or zcopy could use. */
bool sendfile_reads(int fd);
void set_nonblock(int fd, bool on);
uint64_t tcp_written(int fd);	/* all bytes ever queued to TCP for sending */
unsigned int tcp_segments(int fd);	/* segments with data ever sent */

/* Two ends of a veth: "near0" here, "far0" in its own network namespace. */
struct veth {
	pid_t keeper;		/* holds the far namespace */
};

#define VETH_NEAR	"near0"
#define VETH_FAR	"far0"

bool veth_up(struct veth *v);			/* false: this kernel has no veth */
/* The same with two devices of @driver, which a cable of the guest joins. */
bool veth_up_devices(struct veth *v, const char *driver);
int veth_near(const char *what);		/* ethtool -K near0 WHAT */
struct pair pair_veth(const struct veth *v, int family);
void veth_down(struct veth *v);

enum reader_kind {
	READER_FAST,		/* 256 KiB at a time */
	READER_SMALL,		/* 1 KiB at a time */
	READER_PAUSE,		/* stops near the start until TCP has probed */
	READER_GATED,		/* stops after stop_at bytes until reader_go() */
};

/* Index of the first wrong byte, or -1; @at is the position of @buf in the stream. */
typedef long (*reader_check_fn)(void *arg, uint64_t at, const char *buf,
				size_t len);

struct reader {
	/* Set by the test before reader_start() */
	int fd;
	enum reader_kind kind;
	uint64_t stop_at;
	const struct stream *want;	/* what should arrive, */
	reader_check_fn check;		/* or if set, the function that compares, */
	void *arg;			/* and its argument */
	uint64_t enough;		/* the reader ends after this many bytes; 0: at the end */
	bool exact;			/* and takes no byte more */

	/* Set by the reader, for the test after reader_join() */
	bool eof;			/* the stream ended in order */
	unsigned int told;		/* alerts of TLS that it ends */
	int err;			/* errno of recv(2); ETIMEDOUT: no byte came */
	long long bad_at;		/* first wrong byte, -1: none */
	uint64_t last_ns;		/* when the last byte came */

	/* Shared while the reader runs */
	uint64_t bytes;
	sem_t go;
	pthread_t thread;
};

void reader_start(struct reader *r);
void reader_go(struct reader *r);
void reader_join(struct reader *r);
/* Waits until @bytes came; false: not within @ms. */
bool reader_has(struct reader *r, uint64_t bytes, unsigned int ms);
/* True if everything came, in order, and nothing else; prints what did not hold. */
bool reader_happy(const struct reader *r);
/* Sets up and starts a reader of up to @want bytes, which should be of seed 0. */
void reader_expect(struct reader *r, int fd, uint64_t want);
/* Joins it; returns how many bytes came, -1: wrong ones. */
long reader_got(struct reader *r);

#endif
