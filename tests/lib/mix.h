/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that holds one content and is overwritten with another: tells which of the
 * two a receiver got.  For tests of ZCOPY_UNTIL_RELEASED.
 */
#ifndef ZCOPY_TESTS_MIX_H
#define ZCOPY_TESTS_MIX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MIX_OLD	7
#define MIX_NEW	8

struct mix {
	uint64_t bytes, old, new;	/* all; equal to the old; only to the new */
};

void mix_write(int file, uint64_t seed, uint64_t len);	/* from its start */
void mix_count(struct mix *m, const void *got, uint64_t pos, size_t len);
/* Reads @len bytes from a socket or pipe; false if it ends before. */
bool mix_read(struct mix *m, int fd, uint64_t len);
/* True if @len bytes came and all are old. */
bool mix_is_old(const struct mix *m, uint64_t len);
/* Makes a buffer of the socket (SO_SNDBUF or SO_RCVBUF, @which) take @bytes at once. */
void mix_room(int sock, int which, int bytes);

#endif
