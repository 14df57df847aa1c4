/* SPDX-License-Identifier: GPL-2.0 */
/* Connections whose send buffer ends within a TLS record. */
#ifndef ZCOPY_TESTS_CUT_H
#define ZCOPY_TESTS_CUT_H

#include "peers.h"

/*
 * A TLS connection with a record that TCP took only in part; the socket keeps the
 * rest.  Closing it waits for the peer.  Bails out if no such connection can be
 * made, for example on a kernel without TLS.
 */
struct pair pair_cut_record(void);

#endif
