/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sink_tls.c - the kernel's TLS on a socket: all that the module knows of it
 */
#ifndef ZC_SINK_TLS_H
#define ZC_SINK_TLS_H

#include <linux/types.h>

struct net_device;
struct sock;
struct zc_batch;
struct zc_path;
struct zc_sink;

/* What TLS does with the bytes that a socket is sent */
enum zc_tls_does {
	ZC_TLS_TAKES	= 1,	/* it takes them; it has a key to send with */
	ZC_TLS_BUSY	= 2,	/* another thread sends, and may sleep for the peer */
	ZC_TLS_RECORDS	= 4,	/* holds whole records, sent once there is room */
	ZC_TLS_OPEN	= 8,	/* holds a record that is open for more */
	ZC_TLS_SLEEPS	= 16,	/* a push sleeps while it is busy: it is in a NIC */
};

/* Sends bytes @from to @to of a batch; @more follows. */
typedef ssize_t (*zc_tls_send_fn)(const struct zc_sink *sink, struct zc_batch *b,
				  size_t from, size_t to, bool more);

bool zc_tls_served(void);
unsigned int zc_tls_look(const struct sock *sk, int *err);
unsigned int zc_tls_pass_on(struct sock *sk, bool close);
ssize_t zc_tls_push(const struct zc_sink *sink, struct zc_batch *b, zc_tls_send_fn send);
void zc_tls_path(const struct sock *sk, const struct net_device *dev,
		 struct zc_path *path);

#endif /* ZC_SINK_TLS_H */
