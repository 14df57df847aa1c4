/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets whose lock a program holds for as long as the test wants: it receives
 * into memory that nobody fills.  As root.
 */
#ifndef ZCOPY_TESTS_HELD_H
#define ZCOPY_TESTS_HELD_H

#include <pthread.h>
#include <stdbool.h>

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

/* False: there is no userfaultfd here. */
bool held_begin(struct held *h);
/* The lock of the near end, s[0]; that it is held is to be waited for. */
void held_lock(struct held *h, const int s[2]);
/* All are; false: not after so long. */
bool held_all(struct held *h, unsigned int ms);
/* All locks are let go. */
void held_end(struct held *h);

#endif /* ZCOPY_TESTS_HELD_H */
