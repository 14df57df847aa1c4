/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Upper layers of a TCP socket.  Inline functions and fields only: the module
 * must load where tls.ko is not there.
 */
#ifndef ZC_COMPAT_SOCK_H
#define ZC_COMPAT_SOCK_H

#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include <net/tls.h>

/**
 * zc_sock_ulp - name of the upper layer on a TCP socket
 * @sk: borrowed; a TCP socket
 *
 * Context: rcu_read_lock() held, for as long as the name is looked at: it lies
 * in the upper layer's module, which the socket keeps.
 * Return: the name, or NULL if there is none.
 */
static inline const char *zc_sock_ulp(const struct sock *sk)
{
	const struct tcp_ulp_ops *ops = READ_ONCE(inet_csk(sk)->icsk_ulp_ops);

	return ops ? ops->name : NULL;
}

/**
 * zc_sock_tls_sw - does the kernel's TLS encrypt this socket's bytes by CPU?
 * @sk: borrowed; a TCP socket
 *
 * Such a socket copies every byte that it encrypts.  The data pointer is of
 * the kind looked for only if the upper layer is "tls".
 *
 * Context: rcu_read_lock() held.
 * Return: true if it does.
 */
static inline bool zc_sock_tls_sw(const struct sock *sk)
{
	const struct tls_context *ctx;
	const char *ulp = zc_sock_ulp(sk);

	if (!ulp || strcmp(ulp, "tls"))
		return false;
	ctx = rcu_dereference(inet_csk(sk)->icsk_ulp_data);
	return ctx && ctx->tx_conf == TLS_SW;
}

#endif
