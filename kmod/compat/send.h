/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How pages get into a socket by reference.  If ZC_SEND_FRAGS is 1, plain TCP gets
 * fragments that we fill in (frags.h).  For TCP with an upper layer, and if
 * ZC_SEND_FRAGS is 0, exactly one of these is 1:
 *   ZC_SEND_SPLICE    sendmsg with MSG_SPLICE_PAGES
 *   ZC_SEND_SENDPAGE  kernel_sendpage_locked(), a page at a time
 *   ZC_SEND_COPY      not at all: every byte is copied
 *
 * COMPAT: decided by exports.  The macro MSG_SPLICE_PAGES proves nothing: Debian's 6.1
 * defines it but no protocol there reads it, so a send with it copies.
 * ZC_SEND_SENDPAGE goes when 6.1 does.
 */
#ifndef ZC_COMPAT_SEND_H
#define ZC_COMPAT_SEND_H

#include <linux/socket.h>

/*
 * COMPAT: probes msg_sg_from_iter, msg_sg_from_iter_sk; exports
 * tcp_sendmsg, __sk_mem_schedule.
 */
#if (ZC_HAVE_msg_sg_from_iter || ZC_HAVE_msg_sg_from_iter_sk) && \
	ZC_EXPORTS_tcp_sendmsg && ZC_EXPORTS___sk_mem_schedule
#define ZC_SEND_FRAGS		1
#else
#define ZC_SEND_FRAGS		0
#endif

#if ZC_EXPORTS_skb_splice_from_iter
#define ZC_SEND_SPLICE		1
#define ZC_SEND_SENDPAGE	0
#define ZC_SEND_COPY		0
#elif ZC_EXPORTS_kernel_sendpage && ZC_EXPORTS_kernel_sendpage_locked && \
	ZC_EXPORTS_tcp_sendpage
#define ZC_SEND_SPLICE		0
#define ZC_SEND_SENDPAGE	1
#define ZC_SEND_COPY		0
#else
#define ZC_SEND_SPLICE		0
#define ZC_SEND_SENDPAGE	0
#define ZC_SEND_COPY		1
#endif

/*
 * ZC_SEND_MAP_PAGES: a socket map's sendpage has TCP take the pages.
 *
 * COMPAT: here the macro MSG_SPLICE_PAGES does prove something.  Kernels with sendpage
 * got it by a backport, which makes socket maps send with that flag; TCP there does
 * not read the flag, and copies.  Goes when 6.1 does.
 */
#if ZC_SEND_SENDPAGE && !defined(MSG_SPLICE_PAGES)
#define ZC_SEND_MAP_PAGES	1
#else
#define ZC_SEND_MAP_PAGES	0
#endif

/* COMPAT: probe tls_inside.  What sink_tls.c uses of the kernel's TLS is there. */
#define ZC_SEND_TLS		ZC_HAVE_tls_inside

#endif
