/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets whose lock a program holds for as long as the test wants: the program
 * calls recv(2) into memory that no page is provided for.  Needs root.
 */
#ifndef ZCOPY_TESTS_HELD_H
#define ZCOPY_TESTS_HELD_H

#include <pthread.h>
#include <stdbool.h>

#include "peers.h"

#define HELD_MOST	64

struct held {
	int uffd;
	char *area;
	unsigned int nr, asleep;
	struct held_one {
		int sock;
		void *page;
		pthread_t thread;
	} one[HELD_MOST];
};

/* False: this kernel has no userfaultfd. */
bool held_begin(struct held *h);
/* Starts a thread that takes the lock of s[0]; held_all() waits until it holds it. */
void held_lock(struct held *h, const struct pair *s);
/* Waits until all the locks are held; false: not within @ms. */
bool held_all(struct held *h, unsigned int ms);
/* Releases all locks. */
void held_end(struct held *h);

#endif /* ZCOPY_TESTS_HELD_H */
