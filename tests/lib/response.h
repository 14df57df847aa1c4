/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbered responses, so short that several share a segment: a header from memory, and a
 * range of a file that file_to_read() made.
 */
#ifndef ZCOPY_TESTS_RESPONSE_H
#define ZCOPY_TESTS_RESPONSE_H

#include <stdbool.h>

#include "dev.h"

#define RESPONSE_HEADER	100
#define RESPONSE_FILE	400ULL
#define RESPONSE_BYTES	(RESPONSE_HEADER + RESPONSE_FILE)

/* Fills in response @i of @file to @sock. */
void response_fill(struct raw *q, unsigned int i, int sock, int file);
/* Reads a response; true if it is number @i. */
bool response_comes(int fd, unsigned int i);

#endif
