/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel's as its pure arithmetic needs to be compiled here. */
#ifndef ZCOPY_TESTS_TYPES_H
#define ZCOPY_TESTS_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include_next <linux/types.h>

typedef uint32_t u32;

#endif
