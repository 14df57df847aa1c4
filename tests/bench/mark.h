/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks that the benchmark sets for the QEMU plugin in plugin/.  A mark is a store
 * instruction with an unusual displacement: the plugin recognizes its bytes when QEMU
 * translates them, and sees the stored value each time it runs.  Without the plugin a
 * mark is a plain store to the stack.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#include <stdint.h>

#define MARK_DISPLACEMENT	0x7a636f70
/* mov %eax, MARK_DISPLACEMENT(%rdx) */
#define MARK_BYTES		{ 0x89, 0x82, 0x70, 0x6f, 0x63, 0x7a }

enum mark {
	MARK_WARM_UP = 1,	/* a method begins to warm up; MARK_CACHES: the caches fill */
	MARK_ROW,		/* the rounds that follow belong to the row in the low bits */
	MARK_BEGIN,		/* begin and end of a round, which only counts in a row */
	MARK_END,
	MARK_ROW_END,
};

#define MARK_CACHES	1	/* the row's loads and stores go through the simulated caches */

/* Content that is to be followed on its way through memory consists of this byte. */
#define MARK_CONTENT	0xa7

#define MARK_SHIFT	24
#define MARK_ROWS	(1 << MARK_SHIFT)

#ifdef __x86_64__
static inline void mark(enum mark what, uint32_t row)
{
	uint32_t at, value = (uint32_t)what << MARK_SHIFT | row;

	__asm__ volatile("movl %%eax, %c2(%%rdx)"
			 : "=m" (at)
			 : "d" ((uintptr_t)&at - MARK_DISPLACEMENT),
			   "i" (MARK_DISPLACEMENT), "a" (value));
}
#endif

#endif
