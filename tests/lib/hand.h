/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hand.c - passes descriptors from one process to another, and runs processes with
 * other rights that receive them.
 */
#ifndef ZCOPY_TESTS_HAND_H
#define ZCOPY_TESTS_HAND_H

#include <sys/types.h>

/* A pair of unix sockets to pass descriptors over; all three bail out on failure. */
void hand_pair(int u[2]);
void hand_over(int u, int fd);
int hand_take(int u);
/*
 * Runs @run in a child, as user @uid unless that is 0, and waits for its end.
 * Returns what @run returned, 0 to 127, so that an errno fits.
 */
int hand_to_child(unsigned int uid, int (*run)(void *arg), void *arg);
/* This process becomes user @uid in all its ids and loses all rights. */
void hand_become(unsigned int uid);

#endif /* ZCOPY_TESTS_HAND_H */
