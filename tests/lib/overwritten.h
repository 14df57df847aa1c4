/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tells copies from references: a file is overwritten while what was sent of it waits in
 * the receiver.  Bytes that were copied arrive old, and bytes by reference arrive new.
 */
#ifndef ZCOPY_TESTS_OVERWRITTEN_H
#define ZCOPY_TESTS_OVERWRITTEN_H

#include "transfer.h"

#define OVERWRITTEN_LEN	(40 * KIB + 3)	/* fits into a receiver that does not read */
#define OVERWRITTEN_OLD	7		/* seed of the content that is sent */
#define OVERWRITTEN_NEW	8

struct overwritten {
	struct zcopy_result res;
	uint64_t old, new;		/* bytes that arrived */
};

/*
 * Sends @file, which has OVERWRITTEN_LEN bytes of seed OVERWRITTEN_OLD, through a door of
 * user @uid, and calls @overwrite before it is read.  A failed door ends the test.
 */
void overwritten_send(struct overwritten *o, const struct pair *p, enum door_kind kind,
		      unsigned int uid, int file, void (*overwrite)(void *arg), void *arg);

#endif /* ZCOPY_TESTS_OVERWRITTEN_H */
