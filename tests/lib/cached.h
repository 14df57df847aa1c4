/* SPDX-License-Identifier: GPL-2.0 */
/* cached.c - tells which part of a file is in the page cache */
#ifndef ZCOPY_TESTS_CACHED_H
#define ZCOPY_TESTS_CACHED_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes a file back and drops it from the cache.  A page that a CPU or a socket's
 * buffer still holds cannot be dropped, so this tries again until none is left, for
 * 30 seconds.
 */
void cached_drop(int fd);

/* Cached bytes, in whole pages, of a range of whole pages */
uint64_t cached_bytes(int fd, uint64_t off, size_t len);
/* Reads just this range into the cache, without read-ahead. */
void cached_read(int fd, uint64_t off, size_t len);

#endif /* ZCOPY_TESTS_CACHED_H */
