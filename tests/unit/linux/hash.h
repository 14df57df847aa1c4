/* SPDX-License-Identifier: GPL-2.0 */
/* All pointers have the same hash, so that a bucket has the lines of several sockets. */
#ifndef ZCOPY_TESTS_HASH_H
#define ZCOPY_TESTS_HASH_H

static inline unsigned int hash_ptr(const void *ptr, unsigned int bits)
{
	(void)ptr;
	(void)bits;
	return 0;
}

#endif
