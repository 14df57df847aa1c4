/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Upper layers of a TCP socket.  Uses only inline functions and fields, because the
 * module must load without tls.ko.
 */
#ifndef ZC_COMPAT_SOCK_H
#define ZC_COMPAT_SOCK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
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
 * Context: rcu_read_lock() held while the name is used: it is in the upper layer's
 * module, which the socket pins.
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
 * The socket's data pointer is a TLS context only if the upper layer is "tls".
 *
 * Context: rcu_read_lock() held.
 * Return: the TLS context, or NULL if there is none.
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
 * zc_sock_tls_nic - does a NIC encrypt this socket's bytes?
 * @sk: borrowed; a TCP socket
 * @readonly: set to true if the NIC gets the sent pages, false if it gets copies
 *
 * Context: rcu_read_lock() held.
 * Return: true if it does.
 */
static inline bool zc_sock_tls_nic(const struct sock *sk, bool *readonly)
{
	const struct tls_context *ctx = zc_sock_tls(sk);

	if (!ctx || ctx->tx_conf != TLS_HW)
		return false;
	*readonly = ctx->zerocopy_sendfile;
	return true;
}

/**
 * zc_sock_tls_by - does this device encrypt the socket's bytes?
 * @sk: borrowed; a TCP socket for which zc_sock_tls_nic() holds
 * @dev: the device that its packets go to
 *
 * Makes the same check as TLS does for each packet; a bond passes the packet on.
 *
 * Context: rcu_read_lock() held.
 * Return: true if it does; if not, the CPU encrypts into another packet.
 */
static inline bool zc_sock_tls_by(const struct sock *sk,
				  const struct net_device *dev)
{
	const struct tls_context *ctx = zc_sock_tls(sk);

	return ctx && (rcu_access_pointer(ctx->netdev) == dev ||
		       netif_is_bond_master(dev));
}

/* What the kernel's TLS holds of the bytes that it was sent */
#define ZC_TLS_RECORDS	1U	/* whole records, sent once there is room */
#define ZC_TLS_OPEN	2U	/* a record that is open for more, not sent so far */

static inline bool zc_sock_tls_sends(const struct tls_context *ctx)
{
	return ctx && (ctx->tx_conf == TLS_SW || ctx->tx_conf == TLS_HW);
}

/**
 * zc_sock_tls_takes - does the kernel's TLS take this socket's bytes?
 * @sk: borrowed; a TCP socket
 *
 * Not before TLS has a key to send with, nor where a device has taken over TCP.
 *
 * Context: Any.
 * Return: true if it does; it takes pages.
 */
static inline bool zc_sock_tls_takes(const struct sock *sk)
{
	bool takes;

	rcu_read_lock();
	takes = zc_sock_tls_sends(zc_sock_tls(sk));
	rcu_read_unlock();
	return takes;
}

static inline bool zc_sock_tls_has_records(const struct tls_context *ctx)
{
	return READ_ONCE(ctx->partially_sent_record) ||
	       (ctx->tx_conf == TLS_SW && !list_empty(&tls_sw_ctx_tx(ctx)->tx_list));
}

/*
 * Makes TLS try to send again, as new room in the socket does.  That event may never
 * come: after a push that found no memory, no bytes are in flight whose
 * acknowledgment would make room.  Not while TLS's work is scheduled, which would
 * find the lock taken, nor while a program sleeps in a send that it began before TLS
 * was attached.
 */
static inline void zc_sock_tls_nudge(struct sock *sk, struct tls_context *ctx)
{
	if (sk->sk_write_pending)
		return;
	if (ctx->tx_conf == TLS_SW &&
	    test_bit(BIT_TX_SCHEDULED, &tls_sw_ctx_tx(ctx)->tx_bitmask))
		return;
	sk->sk_write_space(sk);
}

/**
 * zc_sock_tls_pass_on - have the kernel's TLS pass on the bytes that it holds
 * @sk: a TCP socket whose file the caller holds
 * @close: also close and pass on an open record
 *
 * Sends as far as there is room.  Does not use the socket's ->splice_eof, which waits
 * for room without a limit.
 *
 * Context: Process context or worker, no lock held; may sleep, but waits neither for
 * the peer nor for a program whose send waits for the peer.
 * Return: 0 if the TCP socket below has everything, or ZC_TLS_* bits for what TLS still
 * holds; both bits if another thread is sending, as nothing is known then.
 */
static inline unsigned int zc_sock_tls_pass_on(struct sock *sk, bool close)
{
	struct tls_context *ctx;
	unsigned int holds = 0;

	rcu_read_lock();
	/* REF: the TLS context lives until the socket's last file is closed. */
	ctx = zc_sock_tls(sk);
	rcu_read_unlock();
	if (!zc_sock_tls_sends(ctx))
		return 0;
	if (!mutex_trylock(&ctx->tx_lock))
		return ZC_TLS_RECORDS | ZC_TLS_OPEN;
	lock_sock(sk);
	if (close && ctx->pending_open_record_frags)
		ctx->push_pending_record(sk, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (ctx->pending_open_record_frags)
		holds |= ZC_TLS_OPEN;
	if (zc_sock_tls_has_records(ctx)) {
		zc_sock_tls_nudge(sk, ctx);
		holds |= ZC_TLS_RECORDS;
	}
	release_sock(sk);
	mutex_unlock(&ctx->tx_lock);
	return holds;
}

/**
 * zc_sock_tls_unsent - does the kernel's TLS still hold whole records?
 * @sk: a TCP socket whose file the caller holds
 *
 * TCP had no room for them, or not for all of their bytes.  Unless their sender waits
 * for them, they are lost when the socket is closed or shut down.
 *
 * Context: Any.
 * Return: true if it does; they may be of another sender.  Never false while TLS holds
 * a record that the caller has sent.
 */
static inline bool zc_sock_tls_unsent(struct sock *sk)
{
	struct tls_context *ctx;
	bool unsent;

	rcu_read_lock();
	ctx = zc_sock_tls(sk);
	unsent = zc_sock_tls_sends(ctx) && zc_sock_tls_has_records(ctx);
	rcu_read_unlock();
	return unsent;
}

/**
 * zc_sock_tls_error - how the kernel's TLS failed to encrypt
 * @sk: a TCP socket whose file the caller holds
 *
 * The failure is also the socket's error, until a program reads and so clears that.  A
 * record that could not be encrypted stays with TLS for ever.
 *
 * Context: Any.
 * Return: 0, or a negative errno.
 */
static inline int zc_sock_tls_error(struct sock *sk)
{
	struct tls_context *ctx;
	int err = 0;

	rcu_read_lock();
	ctx = zc_sock_tls(sk);
	if (ctx && ctx->tx_conf == TLS_SW)
		err = READ_ONCE(tls_sw_ctx_tx(ctx)->async_wait.err);
	rcu_read_unlock();
	return err;
}

/**
 * zc_sock_tls_busy - is a thread sending through the kernel's TLS?
 * @sk: a connected socket that the caller holds
 *
 * Context: Any.
 * Return: true if so; that thread may sleep until the peer reads.
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
