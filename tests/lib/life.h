/* SPDX-License-Identifier: GPL-2.0 */
/*
 * life.c - the device's verbs without the library, TCP pairs, files and streams of
 * a pattern, and the counters.  Tests of refusals, lifetimes and failures share
 * them.  Functions named "life_" bail out when the setup fails; verbs return 0 or a
 * negative errno.
 */
#ifndef ZCOPY_TESTS_LIFE_H
#define ZCOPY_TESTS_LIFE_H

#include <linux/zcopy.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIFE_ELEMS	8

/* A request with its lists, ready for either verb */
struct life_req {
	struct zcopy_send s;
	struct zcopy_elem e[LIFE_ELEMS];
	struct zcopy_sink k;
	struct zcopy_result r;
};

/* ---- device ---- */
int life_open(void);
void life_req(struct life_req *q, int sock, int file, uint64_t off,
	      uint64_t len);
int life_submit(int dev, struct life_req *q);
int life_send(int dev, struct life_req *q);
/* Returns the count of completions, or a negative errno; ms < 0 waits for ever. */
int life_wait(int dev, uint64_t id, struct zcopy_result *res, unsigned int nr,
	      unsigned int min, int ms);
/*
 * Collects the completions of n submissions: each once, no more.  Returns NULL, or
 * a sentence that says what is wrong.  Results are in the order of completion.
 */
const char *life_collect(int dev, struct zcopy_result *res, unsigned int n);
/* Cancels transfer @id, or all if it is 0; returns how many were told, or -errno. */
int life_cancel(int dev, uint64_t id);

/* ---- sockets ---- */
/* A connection on the loopback; small: buffers of a few pages */
void life_pair(int s[2], bool small);
/* Makes each CPU handle a packet, so that buffers that were read get freed. */
void life_stir(const int s[2]);
void life_reset(int sock);

/* ---- bytes ---- */
/* The pattern from offset off on */
void life_pattern(void *buf, uint64_t off, size_t len);
/* Compares with the pattern. */
bool life_same(const void *buf, uint64_t off, size_t len);
/* Makes a file of the pattern; returns a descriptor opened for reading. */
int life_file(const char *path, size_t len);
/* Reads up to @want bytes and compares from offset @off: byte count, -1 if wrong. */
long life_check(int sock, uint64_t off, size_t want);

/* A thread that reads to the end of the stream and compares */
struct life_reader {
	pthread_t thread;
	int sock;
	size_t want;
	long got;		/* -1: bytes differ */
};

void life_reader_start(struct life_reader *r, int sock, size_t want);
long life_reader_join(struct life_reader *r);

/* ---- counters ---- */
uint64_t life_counter(const char *name);
/* Waits for the counters to be at rest; false: they were not within about 20 seconds */
bool life_rest(void);
unsigned int life_fds(void);
/* Milliseconds, monotonic */
uint64_t life_ms(void);
void life_nap(unsigned int ms);

#endif /* ZCOPY_TESTS_LIFE_H */
