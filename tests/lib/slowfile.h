/* SPDX-License-Identifier: GPL-2.0 */
/* A file whose server takes its time: reads of it wait until the test says. */
#ifndef ZCOPY_TESTS_SLOWFILE_H
#define ZCOPY_TESTS_SLOWFILE_H

#include <stddef.h>
#include <stdbool.h>

/* Serves one file of so many bytes from a directory of here; -1: no FUSE here. */
int slowfile_open(size_t says);
/* Is a read under way? */
bool slowfile_asked(void);
/* From now on reads are answered: with the end of the file. */
void slowfile_ends(void);
void slowfile_close(int fd);

#endif
