/* SPDX-License-Identifier: GPL-2.0 */
/* Locks of tests with one thread: they are taken and dropped in pairs, never twice. */
#ifndef ZCOPY_TESTS_SPINLOCK_H
#define ZCOPY_TESTS_SPINLOCK_H

#include <stdlib.h>

typedef struct {
	int taken;
} spinlock_t;

static inline void spin_lock_init(spinlock_t *l)
{
	l->taken = 0;
}

static inline void spin_lock(spinlock_t *l)
{
	if (l->taken++)
		abort();
}

static inline void spin_unlock(spinlock_t *l)
{
	if (!l->taken--)
		abort();
}

#endif
