/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ack.c - wait for the peer to acknowledge bytes that the socket has
 */
#ifndef ZC_ACK_H
#define ZC_ACK_H

#include <linux/types.h>

struct zc_xfer;

bool zc_ack_look(struct zc_xfer *x);
u64 zc_ack_nap(struct zc_xfer *x);

#endif /* ZC_ACK_H */
