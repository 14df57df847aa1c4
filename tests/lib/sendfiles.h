/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks for situations of sendfile(2) (interposed.h): a file and a
 * connection, calls that print their outcome, and what arrived at the far end.  The
 * names are short because a situation is a row of such calls.
 */
#ifndef ZCOPY_TESTS_SENDFILES_H
#define ZCOPY_TESTS_SENDFILES_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "peers.h"
#include "wordhash.h"

#define SIZE	100000		/* bytes of "file" */
#define BIG	(4 << 20)

/* Each situation finds these set up, and signal handlers that count. */
extern int file;		/* "file": SIZE bytes of the pattern */
extern struct pair tcp;
extern volatile sig_atomic_t pipes, alarms;
extern siginfo_t pipe_info;	/* of the last SIGPIPE */
void sendfiles_prepare(void);

/* ---- calls ---- */
/* Prints the count; unless @exact, prints of a short count only that it is short. */
ssize_t call(int out, int in, off_t *off, size_t count, bool exact);
/* Calls with an offset; prints the offset and the position too. */
ssize_t at(int out, int in, off_t off, size_t count);
/* Calls without an offset; prints the position. */
ssize_t here(int out, int in, size_t count);
/* Sends from the file, with and without an offset; prints the count of SIGPIPEs. */
void to(int out);

/* ---- the connection ---- */
/* Replaces the connection with one that has small buffers. */
void tight(void);
/* Fills the socket until it takes no more bytes. */
void fill(int fd);
/* Closes the near end and prints what arrived. */
void arrived(void);

/* A thread that hashes all bytes it receives */
struct hash {
	int fd;
	uint64_t bytes;
	struct wordhash hash;
	unsigned int pause_ms;	/* after each read, near the start */
	int err;
	pthread_t thread;
};

void hash_start(struct hash *h, int fd);
void hash_end(struct hash *h, bool tell);

/* ---- others ---- */
/*
 * Alarms again and again: the guest may be paused between the first one and the call
 * that it should interrupt.
 */
void alarms_every(unsigned int ms, bool restart);
/* Ends them; prints whether there was one. */
void alarms_end(void);
/* A sparse file that has data only near its end */
int sparse(off_t size);

#endif
