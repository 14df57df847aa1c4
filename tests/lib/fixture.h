/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests send and what should arrive: content that can be computed at any
 * position, files that hold it, file systems for the files, and streams.  A stream
 * is a list of pieces that a receiver compares with.  A failed setup ends the test
 * (die()); no function here gives a verdict.
 */
#ifndef ZCOPY_TESTS_FIXTURE_H
#define ZCOPY_TESTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "say.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS 1000000ULL		/* in ns, as in the fields of the interface */

/* ---- the machine ---- */
bool guest_is_debug(void);
unsigned int guest_scale(void);		/* how much slower than a stock guest */
uint64_t now_ms(void);			/* monotonic */
uint64_t now_ns(void);			/* the same clock, to measure short times */
uint64_t cpu_ns(void);			/* time that all CPUs were not idle */
void sleep_ms(unsigned int ms);
unsigned int fd_count(void);		/* open descriptors of this process */
int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- content ---- */
/* The byte at each position depends on the seed and the position. */
void pattern_fill(void *buf, uint64_t seed, uint64_t pos, size_t len);
bool pattern_holds(const void *buf, uint64_t seed, uint64_t pos, size_t len);

enum piece_kind { PIECE_PATTERN, PIECE_ZERO, PIECE_BYTES };

struct piece {
	enum piece_kind kind;
	uint64_t seed;
	uint64_t pos;
	uint64_t len;
	const void *bytes;		/* borrowed */
};

struct stream {
	struct piece *pieces;
	unsigned int nr;
	uint64_t len;
};

void stream_pattern(struct stream *s, uint64_t seed, uint64_t pos, uint64_t len);
void stream_zero(struct stream *s, uint64_t len);
void stream_bytes(struct stream *s, const void *bytes, uint64_t len);
void stream_append(struct stream *s, const struct stream *tail);
void stream_free(struct stream *s);

/* A position in a stream; zeroed: its start. */
struct stream_pos {
	unsigned int piece;
	uint64_t in_piece;
};

/* Index of the first byte that is wrong or beyond the end, or -1; advances @at. */
long stream_check(const struct stream *s, struct stream_pos *at,
		  const void *buf, size_t len);

/* ---- files ---- */
/*
 * Waits until the tick of the last write is over.  A file that is submitted in that tick
 * is CHANGED on file systems that have nothing else to tell writes apart.
 */
void file_settle(void);
/* Settled */
int file_make(const char *path, int flags, uint64_t seed, uint64_t len);
/* The same with seed 0; the descriptor is for reading only. */
int file_to_read(const char *path, uint64_t len);
void file_write(int fd, uint64_t seed, uint64_t pos, uint64_t len);
void file_uncache(int fd);		/* written back and dropped from the cache */

/* ---- file systems ---- */
enum fs_kind {
	FS_EXT4, FS_XFS, FS_BTRFS, FS_TMPFS, FS_HUGE, FS_OVERLAY, FS_NR,
};

const char *fs_name(enum fs_kind kind);
/* Mounts a new one; NULL: this guest does not have it, and fs_why() says why. */
const char *fs_mount(enum fs_kind kind);
const char *fs_why(void);
/* mkfs.ext4 with @disk, perhaps followed by a size; false: not within 30 s. */
bool fs_ext4(const char *disk);
/*
 * Waits up to 5 s until no last close holds the mount any more: the kernel erases a file
 * before it releases the mount.  If that takes longer, detaches it and returns false.
 */
bool fs_umount_soon(const char *dir);
void fs_umount_all(void);

#endif
