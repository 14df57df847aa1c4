// SPDX-License-Identifier: GPL-2.0
/*
 * Collects the facts about a socket for sink_path.h.  Takes no lock: if the route, the
 * device or the TLS of the socket changes at this moment, one push may be counted like
 * the next one.
 */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "sink.h"
#include "sink_path.h"
#include "sink_tls.h"

/*
 * If the socket has no route at this moment, nothing is known; its packets look one up.
 * Devices below the route's device, and receivers on this machine, are ignored.
 * Returns the route's device, or NULL.
 */
static const struct net_device *zc_sink_look_at_route(const struct sock *sk,
						      struct zc_path *p)
{
	const struct dst_entry *dst = rcu_dereference(sk->sk_dst_cache);
	netdev_features_t features;
	__be16 protocol;

	if (!dst)
		return NULL;
	features = READ_ONCE(dst->dev)->features;
	protocol = htons(dst->ops->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
	p->no_sg = !(features & NETIF_F_SG);
	p->no_csum = !can_checksum_protocol(features, protocol);
	return dst->dev;
}

/**
 * zc_sink_copies - were bytes copied, or will they be on their way out?
 * @sink: the socket, after a push
 * @way: how the socket took the pages in the push
 *
 * As a rule a TCP socket takes references, whatever the device.  If the route's device
 * has no scatter/gather or makes no checksums, the device layer copies (linearising,
 * checksums and software segmentation in net/core/dev.c and skbuff.c).  TLS in
 * software encrypts into pages of its own.  TLS in a NIC copies, unless the program
 * has said that its files do not change (TLS_TX_ZEROCOPY_RO).
 *
 * Context: The runner.
 * Return: enum zcopy_copy, or -1 if they travel by reference.
 */
int zc_sink_copies(const struct zc_sink *sink, enum zc_way way)
{
	const struct sock *sk = sink->sock->sk;
	struct zc_path p = {
		.way	 = way,
		.refused = !(READ_ONCE(sk->sk_route_caps) & NETIF_F_SG),
	};

	if (way < ZC_WAY_SMALL) {
		rcu_read_lock();
		zc_tls_path(sk, zc_sink_look_at_route(sk, &p), &p);
		rcu_read_unlock();
	}
	return zc_path_copies(&p);
}
