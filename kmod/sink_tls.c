// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's TLS on a socket.  No exported interface tells what TLS holds, whether a
 * send would wait, or how encryption failed; this file looks at fields of TLS instead.
 * It uses only fields and inline functions: the module must load without tls.ko.
 *
 * It relies on this:
 *   - The socket's icsk_ulp_data is a struct tls_context while its upper layer is
 *     called "tls", and lives until the socket's last file is closed.
 *   - tx_lock is held during each send.  Software TLS takes it interruptibly.
 *   - push_pending_record() closes the open record, with tx_lock and the socket's lock
 *     held, and with MSG_DONTWAIT does not wait for room.
 *   - pending_open_record_frags tells of an open record; partially_sent_record and
 *     tx_list tell of whole ones.
 *   - sk_write_space() makes TLS try again to send whole records.
 *   - A record has at most 16 KiB.  Without MSG_MORE, TCP pushes each one.
 *   - async_wait.err is how asynchronous encryption in software failed; its record then
 *     stays with TLS for ever.  Other failures are only the socket's error.
 *   - TLS in a NIC copies unless zerocopy_sendfile is set, and encrypts by CPU what
 *     leaves by another device than netdev.
 * If a kernel renames or retypes one of these, the probe tls_inside says no, and sockets
 * with TLS are refused: the module could not tell whether TLS still holds bytes, and a
 * close or FIN would lose them.  An interposed program then sends as without the module.  A
 * change of meaning shows in the tests tls/.
 *
 * A push must not sleep for tx_lock, which a blocked send(2) holds until its peer reads:
 * a worker would be lost to others, and a submitter would miss its time limits and its
 * cancel.  No send only tries the lock: MSG_DONTWAIT is about room; sendpage_locked, which
 * leaves the lock to its caller, is there only in software TLS of kernels with sendpage;
 * sendmsg_locked is TCP's own and would send plain text; and a lock that we took would be
 * taken again by the send itself.  A look before the send leaves a window.  So each push
 * has a signal pending: then the lock is not slept for, though spun for while its holder
 * runs.  TLS in a NIC does not look at signals there; only the look before helps.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tls.h>

#include "batch.h"
#include "compat/compat.h"
#include "sink.h"
#include "sink_tls.h"

/* Most bytes in a record */
#define ZC_TLS_RECORD_MOST	(16 * 1024)

#if ZC_SEND_TLS

/* Context: rcu_read_lock() held. */
static struct tls_context *zc_tls_of(const struct sock *sk)
{
	const struct tcp_ulp_ops *ops = READ_ONCE(inet_csk(sk)->icsk_ulp_ops);

	if (!ops || strcmp(ops->name, "tls"))
		return NULL;
	return rcu_dereference(inet_csk(sk)->icsk_ulp_data);
}

static bool zc_tls_sends(const struct tls_context *ctx)
{
	return ctx->tx_conf == TLS_SW || ctx->tx_conf == TLS_HW;
}

/* RACE: TLS publishes its kind before its context on weakly ordered processors. */
static struct tls_sw_context_tx *zc_tls_by_cpu(const struct tls_context *ctx)
{
	return ctx->tx_conf == TLS_SW ? READ_ONCE(ctx->priv_ctx_tx) : NULL;
}

static bool zc_tls_has_records(const struct tls_context *ctx)
{
	const struct tls_sw_context_tx *sw = zc_tls_by_cpu(ctx);

	return READ_ONCE(ctx->partially_sent_record) || (sw && !list_empty(&sw->tx_list));
}

static unsigned int zc_tls_see(const struct sock *sk, int *err)
{
	const struct tls_sw_context_tx *sw;
	struct tls_context *ctx;
	unsigned int does = 0;

	rcu_read_lock();
	ctx = zc_tls_of(sk);
	if (ctx && zc_tls_sends(ctx)) {
		does = ZC_TLS_TAKES;
		if (zc_tls_has_records(ctx))
			does |= ZC_TLS_RECORDS;
		if (ctx->tx_conf == TLS_HW)
			does |= ZC_TLS_SLEEPS;
		sw = zc_tls_by_cpu(ctx);
		if (err && sw)
			*err = READ_ONCE(sw->async_wait.err);
	}
	if (ctx && mutex_is_locked(&ctx->tx_lock))
		does |= ZC_TLS_BUSY;
	rcu_read_unlock();
	return does;
}

/*
 * Makes TLS try to send again, as new room in the socket does.  That event may never
 * come: a push may have found no memory.  Then no bytes are in flight, and no
 * acknowledgment makes room.  Not while TLS's work is scheduled, which would
 * find the lock taken, nor while a program sleeps in a send that it began before TLS
 * was attached.
 */
static void zc_tls_nudge(struct sock *sk, struct tls_context *ctx)
{
	if (sk->sk_write_pending)
		return;
	if (ctx->tx_conf == TLS_SW &&
	    test_bit(BIT_TX_SCHEDULED, &tls_sw_ctx_tx(ctx)->tx_bitmask))
		return;
	sk->sk_write_space(sk);
}

static unsigned int zc_tls_holds(struct sock *sk, bool close)
{
	struct tls_context *ctx;
	unsigned int holds = 0;

	rcu_read_lock();
	/* REF: the TLS context lives until the socket's last file is closed. */
	ctx = zc_tls_of(sk);
	rcu_read_unlock();
	if (!ctx || !zc_tls_sends(ctx))
		return 0;
	if (!mutex_trylock(&ctx->tx_lock))
		return ZC_TLS_RECORDS | ZC_TLS_OPEN;
	lock_sock(sk);
	if (close && ctx->pending_open_record_frags)
		ctx->push_pending_record(sk, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (ctx->pending_open_record_frags)
		holds |= ZC_TLS_OPEN;
	if (zc_tls_has_records(ctx)) {
		zc_tls_nudge(sk, ctx);
		holds |= ZC_TLS_RECORDS;
	}
	release_sock(sk);
	mutex_unlock(&ctx->tx_lock);
	return holds;
}

static void zc_tls_copies(const struct sock *sk, const struct net_device *dev,
			  struct zc_path *path)
{
	const struct tls_context *ctx = zc_tls_of(sk);

	if (!ctx || !zc_tls_sends(ctx))
		return;
	if (ctx->tx_conf == TLS_SW) {
		path->tls = ZC_PATH_TLS_CPU;
		return;
	}
	path->tls = ZC_PATH_TLS_NIC;
	path->readonly = ctx->zerocopy_sendfile;
	path->elsewhere = dev && rcu_access_pointer(ctx->netdev) != dev &&
			  !netif_is_bond_master(dev);
}

#else

static unsigned int zc_tls_see(const struct sock *sk, int *err)
{
	return 0;
}

static unsigned int zc_tls_holds(struct sock *sk, bool close)
{
	return 0;
}

static void zc_tls_copies(const struct sock *sk, const struct net_device *dev,
			  struct zc_path *path)
{
}

#endif

static bool zc_tls_on(const struct sock *sk)
{
	return READ_ONCE(inet_csk(sk)->icsk_ulp_ops);
}

/**
 * zc_tls_served - can sockets with TLS be served?
 *
 * Context: Any.
 * Return: true if the build's probe found all that is used of TLS.
 */
bool zc_tls_served(void)
{
	return ZC_SEND_TLS;
}

/**
 * zc_tls_look - what does TLS do with a socket's bytes now?
 * @sk: a TCP socket whose file the caller holds
 * @err: set to how TLS failed to encrypt, a negative errno, if it did; or NULL
 *
 * A failure is also the socket's error, until a program reads and so clears that.  A
 * record that could not be encrypted stays with TLS for ever.  Records that TCP had no
 * room for are lost when the socket is closed or shut down, unless their sender waits
 * for them; they may be of another sender.
 *
 * RACE: a hint as to other senders.  Never without ZC_TLS_RECORDS while TLS holds a
 * record that the caller has sent.
 *
 * Context: Any.
 * Return: ZC_TLS_TAKES, ZC_TLS_BUSY, ZC_TLS_RECORDS and ZC_TLS_SLEEPS; 0 without TLS.
 */
unsigned int zc_tls_look(const struct sock *sk, int *err)
{
	return zc_tls_on(sk) ? zc_tls_see(sk, err) : 0;
}

/**
 * zc_tls_pass_on - have TLS pass on the bytes that it holds
 * @sk: a TCP socket whose file the caller holds
 * @close: also close and pass on an open record
 *
 * Sends as far as there is room.  Does not use the socket's ->splice_eof, which waits
 * for room without a limit.
 *
 * Context: Process context or worker, no lock held; may sleep, but waits neither for
 * the peer nor for a program whose send waits for the peer.
 * Return: 0 if the TCP socket below has everything, or ZC_TLS_RECORDS and ZC_TLS_OPEN
 * for what TLS still holds; both if another thread is sending, as nothing is known then.
 */
unsigned int zc_tls_pass_on(struct sock *sk, bool close)
{
	return zc_tls_on(sk) ? zc_tls_holds(sk, close) : 0;
}

/**
 * zc_tls_path - does TLS copy this socket's bytes?
 * @sk: a TCP socket
 * @dev: the device of its route, or NULL if it has none at this moment
 * @path: what concerns TLS is set
 *
 * Makes the same check of the device as TLS does for each packet; a bond passes the
 * packet on.
 *
 * Context: rcu_read_lock() held.
 */
void zc_tls_path(const struct sock *sk, const struct net_device *dev,
		 struct zc_path *path)
{
	if (zc_tls_on(sk))
		zc_tls_copies(sk, dev, path);
}

/* All bytes but those of the last record are sent with MSG_MORE: one push of TCP. */
static ssize_t zc_tls_send(const struct zc_sink *sink, struct zc_batch *b,
			   zc_tls_send_fn send)
{
	size_t early = 0;
	ssize_t sent = 0;
	ssize_t ret;

	if (!b->more && b->bytes > ZC_TLS_RECORD_MOST && !ZC_SEND_SENDPAGE &&
	    zc_tls_on(sink->sock->sk))
		early = b->bytes - ZC_TLS_RECORD_MOST;
	if (early) {
		sent = send(sink, b, 0, early, true);
		if (sent < (ssize_t)early)
			return sent;
	}
	ret = send(sink, b, early, b->bytes, zc_batch_waits(b));
	return sent && ret < 0 ? sent : sent + ret;
}

/*
 * RACE: under the lock that other tasks send signals with, so that a real signal that
 * came during the push stays pending.
 */
static void zc_tls_unsignal(void)
{
	/* Only this task gives itself another one, in execve(2). */
	struct sighand_struct *hand = rcu_dereference_protected(current->sighand, true);

	spin_lock_irq(&hand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&hand->siglock);
}

/**
 * zc_tls_push - give a batch to a socket that may have TLS
 * @sink: the socket
 * @b: the batch
 * @send: sends a part of it
 *
 * RACE: since zc_tls_look() a program, or TLS's own work, may have taken tx_lock and
 * sleep with it until the peer reads.  A push with a signal pending gets -EINTR instead
 * of sleeping.  Nothing else in the send looks at signals: it does not wait for room,
 * and only fatal signals end the search for memory.  To the send it is as if a real
 * signal had come, which may happen at any time.  Without TLS on the socket a submitter
 * sends without that signal.
 *
 * Context: Process context or worker, no lock held.
 * Return: bytes sent, or a negative errno; -EINTR if another thread is sending,
 * -EOPNOTSUPP if TLS was attached and cannot be served.
 */
ssize_t zc_tls_push(const struct zc_sink *sink, struct zc_batch *b, zc_tls_send_fn send)
{
	ssize_t ret;

	if (!zc_tls_served() && zc_tls_on(sink->sock->sk))
		return -EOPNOTSUPP;
	if (!(current->flags & PF_KTHREAD) && !zc_tls_on(sink->sock->sk))
		return zc_tls_send(sink, b, send);
	set_thread_flag(TIF_SIGPENDING);
	ret = zc_tls_send(sink, b, send);
	zc_tls_unsignal();
	return ret;
}
