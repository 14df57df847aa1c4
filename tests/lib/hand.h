/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hand.c - descriptors handed from one process to another, and processes of
 * other rights that take them
 */
#ifndef ZCOPY_TESTS_HAND_H
#define ZCOPY_TESTS_HAND_H

#include <sys/types.h>

/* A pair of unix sockets to hand them over; both bail out when that fails. */
void hand_pair(int u[2]);
void hand_over(int u, int fd);
int hand_take(int u);
/*
 * Runs a function in a child, as another user unless that is 0, to its end.
 * Returns what it returned: 0 to 127, so that an errno fits.
 */
int hand_to_child(unsigned int uid, int (*run)(void *arg), void *arg);
/* This process becomes another user, in all its ids, without any right. */
void hand_become(unsigned int uid);

#endif /* ZCOPY_TESTS_HAND_H */
