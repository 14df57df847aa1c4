// SPDX-License-Identifier: GPL-2.0
// All that sink_tls.c uses of the kernel's TLS has these names and types: 6.1, 6.12, 7.2.
#include <net/tls.h>

unsigned long zc_probe(struct tls_context *ctx, struct sock *sk, struct net_device *dev);
unsigned long zc_probe(struct tls_context *ctx, struct sock *sk, struct net_device *dev)
{
	const struct tls_sw_context_tx *sw = tls_sw_ctx_tx(ctx);

	if (ctx->tx_conf != TLS_SW && ctx->tx_conf != TLS_HW && mutex_is_locked(&ctx->tx_lock))
		return ctx->push_pending_record(sk, MSG_DONTWAIT);
	return ctx->pending_open_record_frags + !!ctx->partially_sent_record +
	       ctx->zerocopy_sendfile + (rcu_access_pointer(ctx->netdev) == dev) +
	       list_empty(&sw->tx_list) + test_bit(BIT_TX_SCHEDULED, &sw->tx_bitmask) +
	       sw->async_wait.err;
}
