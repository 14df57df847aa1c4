/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nth.c - makes kernel allocations fail: the n-th one of this thread, or a share of
 * those that the module asks for
 */
#ifndef ZCOPY_TESTS_NTH_H
#define ZCOPY_TESTS_NTH_H

#include <stdbool.h>

/* False: this kernel has no fault injection. */
bool nth_setup(void);
/* The n-th allocation of this thread from now on fails, once. */
void nth_begin(unsigned int n);
/* Ends nth_begin().  True if an allocation did fail. */
bool nth_end(void);
/* @percent of the module's allocations fail, in whatever thread; 0: none */
void nth_module(unsigned int percent);
/*
 * Each allocation made inside kernel function @name fails with a chance of @percent,
 * but no more than one of slab memory and one of pages; 0: none.  False: the kernel
 * has no such function.
 */
bool nth_function(const char *name, unsigned int percent);

#endif /* ZCOPY_TESTS_NTH_H */
