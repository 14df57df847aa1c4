/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes of several users, who may all open the device, and what the kernel
 * has at work for them.  A process runs one function and talks with the test in
 * numbers.  Setting up that fails ends the test.
 */
#ifndef ZCOPY_TESTS_USERS_H
#define ZCOPY_TESTS_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user {
	uid_t uid;
	pid_t pid;
	int in, out;
	bool ended;
};

/* The device and the directory of the test for every user */
void users_allow(void);
/* @run is called in a new process of that user's, which ends with it. */
void user_start(struct user *u, uid_t uid, void (*run)(struct user *me, void *arg),
		void *arg);
/* Of both sides */
void user_say(struct user *u, long number);
/* False: nothing was said for so long, or the other side is gone. */
bool user_hear(struct user *u, long *number, int ms);
/* False: it is there after so long. */
bool user_ends(struct user *u, int ms);
void user_kill(struct user *u);

/* Threads of the kernel that work for the module now */
unsigned int users_workers(void);
/* The same, once they are so many at most, or after so long */
unsigned int users_workers_rest(unsigned int most, unsigned int ms);
/* Those of the module's own, from now on, on the first CPU; how many they are */
unsigned int users_pin_workers(void);
/* All threads of the kernel */
unsigned int users_kernel_threads(void);
/* KiB that the kernel has for itself: stacks, and what it cannot reclaim */
uint64_t users_kernel_memory(void);

#endif /* ZCOPY_TESTS_USERS_H */
