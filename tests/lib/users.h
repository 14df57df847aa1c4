/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes of several users, all allowed to open the device, and what the kernel
 * runs for them.  A process runs one function and exchanges numbers with the test.
 * A failed setup ends the test.
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

/* Gives every user access to the device and to the directory of the test. */
void users_allow(void);
/* Calls @run in a new process of user @uid, which ends when @run returns. */
void user_start(struct user *u, uid_t uid, void (*run)(struct user *me, void *arg),
		void *arg);
/* Sends a number to the other side; the test and the process both use it. */
void user_say(struct user *u, long number);
/* False: no number came within @ms, or the other side is gone. */
bool user_hear(struct user *u, long *number, int ms);
/* Waits for the end of the process; false: it still runs after @ms. */
bool user_ends(struct user *u, int ms);
void user_kill(struct user *u);

/* Count of kernel threads that work for the module now */
unsigned int users_workers(void);
/* The same, once the count is at most @most, or after @ms */
unsigned int users_workers_rest(unsigned int most, unsigned int ms);
/* Pins the module's own threads to the first CPU; returns how many there are. */
unsigned int users_pin_workers(void);
/*
 * CPU time of the module's own threads whose names begin so, in ns; those of user 7:
 * "zcopy/7-".  Threads that have ended count as they were at the last call.
 */
uint64_t users_workers_ns(const char *name);
/*
 * CPUs that those of these threads may use that are not idle, as a list; "differ" if they
 * may not use the same, "" if all are idle.
 */
const char *users_workers_cpus(const char *name);
/*
 * Waits up to @ms until each of these threads may use all CPUs and all memory nodes that
 * kernel threads may use; false if there is none left, which is so 5 s after the last job.
 */
bool users_workers_come_home(const char *name, unsigned int ms);
/* Count of all kernel threads */
unsigned int users_kernel_threads(void);
/* KiB of kernel stacks and of slab memory that the kernel cannot reclaim */
uint64_t users_kernel_memory(void);

#endif /* ZCOPY_TESTS_USERS_H */
