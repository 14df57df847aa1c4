/* SPDX-License-Identifier: GPL-2.0 */
/* Connections whose send buffer ends within a TLS record. */
#ifndef ZCOPY_TESTS_CUT_H
#define ZCOPY_TESTS_CUT_H

#include "peers.h"

/*
 * A TLS connection with a record of which TCP took a part only, the rest of
 * which the socket keeps.  Closing it waits for the peer.  Bails out if there
 * is none, as on a kernel without TLS.
 */
struct pair pair_cut_record(void);

#endif
