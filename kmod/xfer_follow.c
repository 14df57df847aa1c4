// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers of a batch that go to the same socket share segments: each but the last has
 * TCP hold back its tail (MSG_MORE), as the submitter sends the next one's bytes right
 * after.  The submitter keeps the socket, and has it send the tail before anything that
 * may sleep for a user, and before it returns.  Takes no lock.
 */
#include <linux/fs.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "xfer.h"

/*
 * Only plain TCP shares segments: TLS would hold back a whole record, and a record that
 * two transfers share cannot be closed at the end of the first.
 */
static bool zc_xfer_may_hold(const struct zc_xfer *x)
{
	return x->sink.file && !x->rate &&
	       !inet_csk(x->sink.sock->sk)->icsk_ulp_ops &&
	       READ_ONCE(x->sink.sock->sk->sk_prot)->sendmsg == tcp_sendmsg;
}

/**
 * zc_xfer_hold_back - the next transfer follows at once: let its socket wait for it
 * @x: about to be started with a turn in the caller
 * @next: the transfer that the caller starts next, likewise
 * @held: empty, or of the same batch
 *
 * Does nothing unless both go to the same socket, without a rate.
 *
 * Context: Process context of the submitter.
 */
void zc_xfer_hold_back(struct zc_xfer *x, const struct zc_xfer *next,
		       struct zc_held *held)
{
	if (x->sink.file != next->sink.file || next->rate || !zc_xfer_may_hold(x))
		return;
	x->followed = true;
	if (!held->sink.file) {
		held->sink.file = get_file(x->sink.file);
		held->sink.sock = x->sink.sock;
	}
}

static void zc_held_drop(struct zc_held *held)
{
	fput(held->sink.file);
	held->sink.file = NULL;
}

/**
 * zc_held_send - send what a socket holds back, if there is one
 * @held: empty afterwards
 *
 * Context: Process context of the submitter, may sleep.
 */
void zc_held_send(struct zc_held *held)
{
	if (!held->sink.file)
		return;
	zc_sink_flush(&held->sink, true);
	zc_held_drop(held);
}

/**
 * zc_xfer_let_go - a transfer was started: has it sent what the one before it held back?
 * @x: the caller has a reference
 * @held: empty afterwards, unless @x is followed, too
 *
 * If @x has sent all that it shall, its bytes are behind those that were held back, and
 * its own end decides about the tail.
 *
 * Context: Process context of the submitter, may sleep.
 */
void zc_xfer_let_go(struct zc_xfer *x, struct zc_held *held)
{
	bool all = x->src.asked && READ_ONCE(x->acct.sent) == x->src.asked;

	if (!held->sink.file || (all && x->followed))
		return;
	if (all)
		zc_held_drop(held);
	else
		zc_held_send(held);
}
