/* SPDX-License-Identifier: GPL-2.0 */
/* A disk in memory that takes long for each answer, with one file that is not cached. */
#ifndef ZCOPY_TESTS_SLOWDISK_H
#define ZCOPY_TESTS_SLOWDISK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Mounts the disk on @dir, read-only; @dir/file has @len bytes of the pattern of seed
 * 0, 48 MiB at most.  Each answer takes @ms.  False: this kernel cannot.
 */
bool slowdisk_start(const char *dir, uint64_t len, unsigned int ms);
/* Unmounts the disk, though files may be open.  False: the disk does not go. */
bool slowdisk_end(void);

#endif /* ZCOPY_TESTS_SLOWDISK_H */
