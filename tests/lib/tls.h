/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's TLS on both ends of a connection, with keys made up by the test. */
#ifndef ZCOPY_TESTS_TLS_H
#define ZCOPY_TESTS_TLS_H

#include "peers.h"

/* AES-GCM-128; the near end sends, the far end receives.  False: this kernel cannot. */
bool pair_tls(const struct pair *p);
/* The same with a chosen protocol version: TLS_1_2_VERSION, TLS_1_3_VERSION */
bool pair_tls_version(const struct pair *p, unsigned int version);

#define TLS_RECORD	(16 * KIB)	/* bytes of the longest record */
#define CRAMPED_RECORDS	6		/* of zeros, on their way to the peer */
#define CRAMPED_ROOM	6000		/* less than a record */
/*
 * A connection with these records, whose peer has no room, while TCP's buffer has
 * CRAMPED_ROOM left: TCP takes a part of one more record.  Late acknowledgments may
 * make more room: cramped_cut() tells whether it was so.  Bails out without TLS.
 */
struct cramped {
	struct pair p;
	uint64_t record;		/* bytes of TCP that a record takes */
};

struct cramped cramped_open(unsigned int version);
/* TCP has taken a part of a record of @len bytes. */
bool cramped_cut(const struct cramped *c, uint64_t len);
/* Sets the socket's send buffer. */
void cramped_buffer(int fd, int bytes);

#endif
