/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pump.c - one bounded turn: from the source to the socket
 */
#ifndef ZC_PUMP_H
#define ZC_PUMP_H

#include <linux/types.h>

struct zc_xfer;

/* Why a turn is over */
enum zc_turn {
	ZC_TURN_MORE,	/* its share is used up, or a signal came */
	ZC_TURN_SOCKET,	/* the socket has to be waited for */
	ZC_TURN_DISK,	/* the file has to be waited for */
	ZC_TURN_RATE,	/* its rate is used up */
	ZC_TURN_ACK,	/* the socket has all; the peer has to be waited for */
	ZC_TURN_END,	/* the transfer is over; its status is set */
};

enum zc_turn zc_pump_turn(struct zc_xfer *x, u64 share, unsigned int flags);
void zc_pump_sent_all(struct zc_xfer *x);

#endif /* ZC_PUMP_H */
