/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nth.c - allocations of the kernel that fail: the n-th of this thread, or some
 * of those that the module asks for
 */
#ifndef ZCOPY_TESTS_NTH_H
#define ZCOPY_TESTS_NTH_H

#include <stdbool.h>

/* False where the kernel cannot do that. */
bool nth_setup(void);
/* The n-th allocation of this thread from now on fails, once. */
void nth_begin(unsigned int n);
/* No more. Returns whether one did fail. */
bool nth_end(void);
/* So many percent of the module's allocations fail, whoever runs it; 0: none */
void nth_module(unsigned int percent);
/*
 * One allocation of what runs inside a function of the kernel fails, each with
 * so many percent; 0: none. False if there is no such function.
 */
bool nth_function(const char *name, unsigned int percent);

#endif /* ZCOPY_TESTS_NTH_H */
