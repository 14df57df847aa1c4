/* SPDX-License-Identifier: GPL-2.0 */
/* Watching kernel functions that copy bytes, by probes of tracefs. */
#ifndef ZCOPY_TESTS_PROBE_H
#define ZCOPY_TESTS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Watches a function whose n-th argument (from 1) is a number of bytes.
 * False: it cannot be watched here.
 */
bool probe_add(const char *function, unsigned int arg);
void probe_start(void);
/* Bytes that went through in calls with at least so many. */
uint64_t probe_stop(uint64_t least, unsigned int *calls);
void probe_remove(void);

#endif
