/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.c - what zcopy keeps for each network namespace
 */
#ifndef ZC_NET_H
#define ZC_NET_H

#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "stats.h"

/* struct zc_net - zcopy's part of a network namespace */
struct zc_net {
	struct zc_stats stats;
	struct proc_dir_entry *proc;
};

extern unsigned int zc_net_id;

static inline struct zc_net *zc_net(const struct net *net)
{
	return net_generic(net, zc_net_id);
}

#endif /* ZC_NET_H */
