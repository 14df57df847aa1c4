/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel's as its pure arithmetic needs to be compiled here. */
#ifndef ZCOPY_TESTS_MATH64_H
#define ZCOPY_TESTS_MATH64_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t u64;
typedef int64_t s64;

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

#endif
