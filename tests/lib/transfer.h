/* SPDX-License-Identifier: GPL-2.0 */
/* The usual course of a test: one list through one door, read and compared. */
#ifndef ZCOPY_TESTS_TRANSFER_H
#define ZCOPY_TESTS_TRANSFER_H

#include "doors.h"
#include "peers.h"

/*
 * Sends to the near end and reads at the far end what @want says.  The
 * connection stays open.  True if the call succeeded and the stream was right;
 * the result's bytes are compared with the stream's, its status is not.
 */
bool transfer(const struct pair *p, enum door_kind kind, struct request *q,
	      const struct stream *want, struct zcopy_result *res);

#endif
