/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What situations of sendfile(2) are made of (interposed.h): a file and a
 * connection, calls that print their outcome, and what came at the far end.  The
 * names are short, as the situations are rows of them.
 */
#ifndef ZCOPY_TESTS_SENDFILES_H
#define ZCOPY_TESTS_SENDFILES_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "peers.h"

#define SIZE	100000		/* of the file */
#define BIG	(4 << 20)

/* Each situation finds these, and counts its signals. */
extern int file;		/* "file": SIZE bytes of the pattern */
extern struct pair tcp;
extern volatile sig_atomic_t pipes, alarms;
extern siginfo_t pipe_info;	/* of the last SIGPIPE */
void sendfiles_prepare(void);

/* ---- calls ---- */
/* Prints the count, or that it fell short where @exact is not asked for. */
ssize_t call(int out, int in, off_t *off, size_t count, bool exact);
/* With an offset: prints it and the position too. */
ssize_t at(int out, int in, off_t off, size_t count);
/* Without one */
ssize_t here(int out, int in, size_t count);
/* From the file, both ways, and how often SIGPIPE came */
void to(int out);

/* ---- the connection ---- */
/* Buffers of a few pages instead */
void tight(void);
/* The socket takes no byte more. */
void fill(int fd);
/* Prints what came, once the near end is closed. */
void arrived(void);

/* A thread that hashes all that comes */
struct hash {
	int fd;
	uint64_t bytes, value;
	unsigned int pause_ms;	/* after each read, near the start */
	int err;
	pthread_t thread;
};

void hash_start(struct hash *h, int fd);
void hash_end(struct hash *h, bool tell);

/* ---- others ---- */
void alarm_in(unsigned int ms, bool restart);
/* A file that has bytes near its end only */
int sparse(off_t size);

#endif
