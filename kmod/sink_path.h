/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decides for which reason sent bytes of the page cache are counted as copied.  Needs
 * no kernel code, so that tests/unit can test facts that no test guest has, such as a
 * NIC that encrypts.
 */
#ifndef ZC_SINK_PATH_H
#define ZC_SINK_PATH_H

#include <linux/types.h>
#include <linux/zcopy.h>

/* What the socket did with the pages of a push */
enum zc_way {
	ZC_WAY_FRAGS,		/* plain TCP holds them */
	ZC_WAY_PAGES,		/* the socket's protocol got them as pages */
	ZC_WAY_COPY,		/* it copied their bytes */
	ZC_WAY_SMALL,		/* plain TCP was told to copy them, for being short */
	ZC_WAY_POLICY,		/* it was made to copy them */
};

/* What encrypts, if the socket has the kernel's TLS */
enum zc_path_tls {
	ZC_PATH_PLAIN,
	ZC_PATH_TLS_CPU,
	ZC_PATH_TLS_NIC,
};

/* struct zc_path - facts of a socket and its route; zeroed: nothing copies */
struct zc_path {
	enum zc_way way;
	bool refused;		/* TCP takes no references on this route */
	enum zc_path_tls tls;
	bool readonly;		/* TLS_TX_ZEROCOPY_RO: the NIC gets our pages */
	bool elsewhere;		/* packets leave by another device than that NIC */
	bool no_sg;		/* the route's device has no scatter/gather, */
	bool no_csum;		/* or leaves checksums to the CPU */
};

/*
 * If TLS's NIC is not on the route (any more), the CPU encrypts each packet.  If the
 * CPU makes the checksums, the device gets a copy of the packet: bytes under a
 * checksum must not change, but pages of a file may.
 *
 * Return: enum zcopy_copy, or -1 if they travel by reference.
 */
static inline int zc_path_copies(const struct zc_path *p)
{
	if (p->way == ZC_WAY_SMALL)
		return ZCOPY_COPY_SMALL;
	if (p->way == ZC_WAY_POLICY)
		return ZCOPY_COPY_POLICY;
	if (p->way == ZC_WAY_COPY)
		return p->refused ? ZCOPY_COPY_NO_SG : ZCOPY_COPY_NO_SPLICE;
	if (p->way == ZC_WAY_PAGES &&
	    (p->tls == ZC_PATH_TLS_CPU ||
	     (p->tls == ZC_PATH_TLS_NIC && (!p->readonly || p->elsewhere))))
		return ZCOPY_COPY_TLS;
	return p->refused || p->no_sg || p->no_csum ? ZCOPY_COPY_NO_SG : -1;
}

#endif /* ZC_SINK_PATH_H */
