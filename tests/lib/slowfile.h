/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file whose server delays its answers: reads wait until the test allows
 * them.
 */
#ifndef ZCOPY_TESTS_SLOWFILE_H
#define ZCOPY_TESTS_SLOWFILE_H

#include <stddef.h>
#include <stdbool.h>

/* Serves a file that reports @says bytes, in "slow/"; -1: this kernel has no FUSE. */
int slowfile_open(size_t says);
/* True if a read waits for its answer. */
bool slowfile_asked(void);
/* Answers waiting and later reads with the end of the file. */
void slowfile_ends(void);
/* The same with EIO */
void slowfile_fails(void);
void slowfile_close(int fd);

#endif
