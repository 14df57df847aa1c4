/* SPDX-License-Identifier: GPL-2.0 */
/* Watches kernel functions that copy bytes, with tracefs probes. */
#ifndef ZCOPY_TESTS_PROBE_H
#define ZCOPY_TESTS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Watches a function whose argument number @arg (from 1) is a number of bytes; that of a
 * module is called MODULE:FUNCTION.
 * False: this kernel cannot watch it.
 */
bool probe_add(const char *function, unsigned int arg);
void probe_start(void);
/* Sums up the bytes of calls with at least @least bytes; counts these in @calls. */
uint64_t probe_stop(uint64_t least, unsigned int *calls);
void probe_remove(void);

#endif
