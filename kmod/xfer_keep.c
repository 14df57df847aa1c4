// SPDX-License-Identifier: GPL-2.0
/*
 * Others get to know a transfer: from then on they can find, stop and list it, and it may
 * wait.  Most transfers become known when they are submitted.  A light one becomes so when
 * it has to wait; this is the only way in which it stops being light.  Takes no lock.
 */
#include <linux/minmax.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "ctx.h"
#include "hearer.h"
#include "net.h"
#include "registry.h"
#include "trace.h"
#include "xfer.h"

/**
 * zc_xfer_claim_pinned - charge a transfer for what it may hold in memory
 * @x: its list is complete; charged for its place and its elements
 * @extack: for the sentence of a refusal, or NULL
 *
 * limits.c explains what counts as pinned.  If bytes went already it is charged whatever
 * the limits say.
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_xfer_claim_pinned(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	u64 most = zc_src_most(&x->src, zc_sink_room(&x->sink));
	struct zc_claim claim = {
		.amount[ZC_CLAIM_PINNED] = min_t(u64, x->src.mem_pinned + most,
						 U32_MAX),
	};
	int err = 0;

	if (x->acct.sent)
		zc_limits_force(x->payer, &claim);
	else
		err = zc_limits_charge(x->payer, &claim, extack);
	x->claim.amount[ZC_CLAIM_PINNED] = claim.amount[ZC_CLAIM_PINNED];
	return err;
}

static void zc_xfer_note_ends(struct zc_ends *e, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	e->family = sk->sk_family;
	e->local_port = inet->inet_sport;
	e->peer_port = inet->inet_dport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		e->local = sk->sk_v6_rcv_saddr;
		e->peer = sk->sk_v6_daddr;
		return;
	}
#endif
	e->local.s6_addr32[0] = inet->inet_rcv_saddr;
	e->peer.s6_addr32[0] = inet->inet_daddr;
}

/**
 * zc_xfer_admit - make a transfer known
 * @x: complete, charged, with its number
 * @extack: for the sentence of a refusal, or NULL
 *
 * Not refused if bytes went already.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0, or the errno of a refusal: then nothing has changed.
 */
int zc_xfer_admit(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	int err;

	if (x->sink.sock)
		zc_xfer_note_ends(&x->ends, x->sink.sock->sk);
	zc_xfer_get(x);
	zc_registry_add(x);
	err = x->ctx ? zc_ctx_adopt(x->ctx, x) : 0;
	if (err) {
		zc_registry_del(x);
		zc_xfer_put(x);
		return zc_reject(err == -EAGAIN ? ZC_REJECT_too_many_transfers :
				 ZC_REJECT_device_closing, extack);
	}
	if (!x->ctx)
		zc_xfer_put(x);
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_xfer_watch(x);
	atomic_inc(&zc_net(x->net)->stats.active);
	zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_transfers_submitted);
	trace_zcopy_submit(x);
	zc_hearer_begun(x);
	return 0;
}

/**
 * zc_xfer_keep - a light transfer must wait: make it known
 * @x: light, begun.  REF: as after zc_xfer_admit() in zc_xfer_send(): one reference is the
 *     runner's, one the submitter's.  If an error is returned, it must be abandoned
 * @extack: for the sentence of a refusal, or NULL
 *
 * Its place in the line of its socket, its cursor and its account stay as they are.  A
 * kick is possible from now on; what the runner looked at before it must look at again.
 *
 * Context: The runner, in the submitter, no lock held.  May sleep.
 * Return: 0, in any case if bytes went already; or the errno of a refusal.
 */
int zc_xfer_keep(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	int err;

	err = zc_xfer_outgrow(x, extack);
	if (!err)
		err = zc_xfer_claim_pinned(x, extack);
	if (!err)
		err = zc_xfer_admit(x, extack);
	if (!err)
		zc_xfer_get(x);
	return err;
}
