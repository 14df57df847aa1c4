// SPDX-License-Identifier: GPL-2.0
/*
 * The socket has all bytes of a transfer: how the transfer learns that the peer has
 * acknowledged them, and how often it looks.  It waits as in other phases (run.c).
 * Takes no lock.
 *
 * An acknowledgment wakes the transfer if it leaves room in the socket.  The one of
 * the last bytes does, unless more bytes were sent behind them and fill the socket
 * again.  So the transfer also looks from time to time.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "ack.h"
#include "pump.h"
#include "xfer.h"

/* Milliseconds until the next look without a wakeup: at first, */
#define ZC_ACK_LEAST	10
/* and at most, after growing: with other bytes behind, or without */
#define ZC_ACK_FOLLOWED	40
#define ZC_ACK_MOST	1000

/**
 * zc_ack_look - is all acknowledged (or released), or is the transfer over?
 * @x: in the line for acknowledgments
 *
 * Asks for a wakeup when that changes.  Only the head of the line can succeed, so
 * that transfers of one level end in order.
 *
 * Context: The runner, after it has cleared the mark ZC_XFER_WOKEN.
 * Return: true if it is over; its status is set then.
 */
bool zc_ack_look(struct zc_xfer *x)
{
	bool first = zc_fifo_is_head(&x->acks);
	bool ahead = false;
	int ret;

	if (first) {
		if (!x->wait.head)
			zc_wait_arm(&x->wait, x->sink.file);
		zc_sink_watch_acks(&x->sink);
	}
	ret = zc_sink_acked(&x->sink, &ahead);
	if (ahead)
		zc_clock_moved(&x->clock, ktime_get_ns(), 0, 0);
	/* The watch does not cover our own copies; these must be acknowledged. */
	if (ret > 0 && x->terms.until == ZCOPY_UNTIL_RELEASED)
		ret = test_bit(ZC_XFER_RELEASED, &x->bits) ?
		      zc_watch_verdict(&x->sink) : 0;
	if (first && ret > 0)
		zc_pump_sent_all(x);
	else if (first && ret < 0)
		zc_xfer_set_status(x, ZCOPY_STATUS_SOCKET_ERROR, ret);
	else
		return zc_xfer_over(x);
	return true;
}

/**
 * zc_ack_nap - how long until the next look, if no wakeup comes before?
 * @x: in the line for acknowledgments
 *
 * Context: The runner, after a look.
 * Return: nanoseconds, or ZC_CLOCK_NEVER: the transfer in front will wake it.
 */
u64 zc_ack_nap(struct zc_xfer *x)
{
	unsigned int most = ZC_ACK_MOST;

	if (!zc_fifo_is_head(&x->acks))
		return ZC_CLOCK_NEVER;
	if (zc_sink_followed(&x->sink))
		most = ZC_ACK_FOLLOWED;
	x->nap = clamp_t(unsigned int, 2 * x->nap, ZC_ACK_LEAST, most);
	return (u64)x->nap * NSEC_PER_MSEC;
}
