/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The usual course of a test: one list goes through one door, is read, and is
 * compared.
 */
#ifndef ZCOPY_TESTS_TRANSFER_H
#define ZCOPY_TESTS_TRANSFER_H

#include "doors.h"
#include "peers.h"

/*
 * Sends to the near end, and reads @want at the far end.  The connection stays open.
 * True if the call succeeded, the stream was right, and the result has the byte count
 * of the stream and adds up; the status of the result is not checked.
 */
bool transfer(const struct pair *p, enum door_kind kind, struct request *q,
	      const struct stream *want, struct zcopy_result *res);

#endif
