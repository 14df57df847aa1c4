/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Upper layers of a TCP socket.  Inline functions and fields only: the module
 * must load where tls.ko is not there.
 */
#ifndef ZC_COMPAT_SOCK_H
#define ZC_COMPAT_SOCK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
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
 * zc_sock_tls - the kernel's TLS of a socket
 * @sk: borrowed; a TCP socket
 *
 * The data pointer is of that kind only if the upper layer is "tls".
 *
 * Context: rcu_read_lock() held.
 * Return: it, or NULL if there is none.
 */
static inline struct tls_context *zc_sock_tls(const struct sock *sk)
{
	const char *ulp = zc_sock_ulp(sk);

	if (!ulp || strcmp(ulp, "tls"))
		return NULL;
	return rcu_dereference(inet_csk(sk)->icsk_ulp_data);
}

/**
 * zc_sock_tls_sw - does the kernel's TLS encrypt this socket's bytes by CPU?
 * @sk: borrowed; a TCP socket
 *
 * Such a socket copies every byte that it encrypts.
 *
 * Context: rcu_read_lock() held.
 * Return: true if it does.
 */
static inline bool zc_sock_tls_sw(const struct sock *sk)
{
	const struct tls_context *ctx = zc_sock_tls(sk);

	return ctx && ctx->tx_conf == TLS_SW;
}

/**
 * zc_sock_tls_close_record - have the kernel's TLS pass on what it holds
 * @sk: a TCP socket whose file the caller holds
 *
 * Closes an open record, and sends it as far as there is room.  Not by the
 * socket's ->splice_eof: that one waits for room, however long it takes.
 *
 * Context: Process context or worker, no lock held; may sleep, but does not wait
 * for the peer, nor for a program that does inside a send of its own.
 * Return: true if the TCP socket below has everything, or there is no TLS.
 */
static inline bool zc_sock_tls_close_record(struct sock *sk)
{
	struct tls_context *ctx;
	bool all;

	rcu_read_lock();
	/* REF: it goes with the socket's last file. */
	ctx = zc_sock_tls(sk);
	rcu_read_unlock();
	if (!ctx || (ctx->tx_conf != TLS_SW && ctx->tx_conf != TLS_HW))
		return true;
	if (!mutex_trylock(&ctx->tx_lock))
		return false;
	lock_sock(sk);
	if (ctx->pending_open_record_frags)
		ctx->push_pending_record(sk, MSG_DONTWAIT | MSG_NOSIGNAL);
	all = !ctx->pending_open_record_frags && !ctx->partially_sent_record;
	if (ctx->tx_conf == TLS_SW)
		all &= list_empty(&tls_sw_ctx_tx(ctx)->tx_list);
	release_sock(sk);
	mutex_unlock(&ctx->tx_lock);
	return all;
}

/**
 * zc_sock_tls_unsent - does the kernel's TLS hold whole records still?
 * @sk: a TCP socket whose file the caller holds
 *
 * Such as found no room, or not for all of them.  If nobody waits for them who
 * sent them, they are lost when the socket is closed or shut down.
 *
 * Context: Any.
 * Return: whether so, which others' records may be; never false while it holds
 * one that the caller has sent.
 */
static inline bool zc_sock_tls_unsent(struct sock *sk)
{
	struct tls_context *ctx;
	bool unsent;

	rcu_read_lock();
	ctx = zc_sock_tls(sk);
	unsent = ctx && ((ctx->tx_conf == TLS_SW &&
			  !list_empty(&tls_sw_ctx_tx(ctx)->tx_list)) ||
			 ((ctx->tx_conf == TLS_SW || ctx->tx_conf == TLS_HW) &&
			  READ_ONCE(ctx->partially_sent_record)));
	rcu_read_unlock();
	return unsent;
}

/**
 * zc_sock_tls_busy - is somebody in TLS's sending part?
 * @sk: a connected socket of the caller's own
 *
 * Context: Any.
 * Return: whether so; he may sleep there until the peer reads.
 */
static inline bool zc_sock_tls_busy(struct sock *sk)
{
	struct tls_context *ctx;
	bool busy;

	if (!READ_ONCE(inet_csk(sk)->icsk_ulp_ops))
		return false;
	rcu_read_lock();
	ctx = zc_sock_tls(sk);
	busy = ctx && mutex_is_locked(&ctx->tx_lock);
	rcu_read_unlock();
	return busy;
}

#endif
