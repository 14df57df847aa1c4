// SPDX-License-Identifier: GPL-2.0
/*
 * The socket of a transfer: which sockets are acceptable, and what can be
 * asked of one.  Knows nothing of files to be sent.  Holds the socket's file,
 * which pins socket and network namespace; hooks nothing into the socket.
 */
#include <linux/file.h>
#include <linux/netdevice.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <uapi/linux/zcopy.h>

#include "compat/compat.h"
#include "reject.h"
#include "sink.h"

static int zc_sink_refuse_ulp(struct sock *sk, struct netlink_ext_ack *extack)
{
	bool fits = true;
	const char *ulp;

	rcu_read_lock();
	ulp = zc_sock_ulp(sk);
	if (ulp)
		fits = !strcmp(ulp, "tls");
	rcu_read_unlock();
	return fits ? 0 : zc_reject(ZC_REJECT_sink_ulp, extack);
}

/**
 * zc_sink_init - take a socket as destination
 * @sink: zeroed
 * @file: REF: kept if 0 is returned, and left to the caller otherwise
 * @extack: for the sentence of a refusal, or NULL
 *
 * SECURITY: page-cache pages must only reach code that treats fragments as
 * shared and read-only: TCP, plain or with the kernel's TLS, and nothing else.
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_sink_init(struct zc_sink *sink, struct file *file,
		 struct netlink_ext_ack *extack)
{
	struct socket *sock = sock_from_file(file);
	struct sock *sk;
	int err;

	if (!sock || !sock->sk)
		return zc_reject(ZC_REJECT_sink_not_socket, extack);
	sk = sock->sk;
	if (sk->sk_family == AF_UNIX)
		return zc_reject(ZC_REJECT_sink_unix, extack);
	if (sk->sk_protocol == IPPROTO_MPTCP)
		return zc_reject(ZC_REJECT_sink_mptcp, extack);
	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP)
		return zc_reject(ZC_REJECT_sink_not_tcp, extack);
	err = zc_sink_refuse_ulp(sk, extack);
	if (err)
		return err;

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_LISTEN:
		return zc_reject(ZC_REJECT_sink_listening, extack);
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		break;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return zc_reject(ZC_REJECT_sink_shut_down, extack);
	default:
		return zc_reject(ZC_REJECT_sink_not_connected, extack);
	}
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return zc_reject(ZC_REJECT_sink_shut_down, extack);

	sink->file = file;
	sink->sock = sock;
	sink->retrans = READ_ONCE(tcp_sk(sk)->total_retrans);
	return 0;
}

/**
 * zc_sink_offer - how many bytes are worth offering to the socket at once
 * @sink: the socket
 *
 * More than there is room for now: a peer that keeps up makes room during the
 * push, and every push more costs another round of the socket's backlog.  Not
 * more than its buffer several times over: what is offered in vain is looked
 * up again.
 *
 * Context: Any.
 * Return: bytes, a hint.
 */
long zc_sink_offer(const struct zc_sink *sink)
{
	return 8L * READ_ONCE(sink->sock->sk->sk_sndbuf);
}

/**
 * zc_sink_room - how many bytes can the socket hold?
 * @sink: the socket
 *
 * Context: Any.
 * Return: the size of its send buffer now; it may grow later.  0 without one.
 */
u64 zc_sink_room(const struct zc_sink *sink)
{
	return sink->sock ? READ_ONCE(sink->sock->sk->sk_sndbuf) : 0;
}

/**
 * zc_sink_copies - are bytes copied on their way out, though not by us?
 * @sink: the socket
 *
 * A TCP socket takes references whatever the device; where the device of the
 * route has no scatter/gather, the device layer copies (skb linearising
 * and software segmentation in net/core/dev.c and skbuff.c).  TLS in software
 * encrypts into pages of its own.
 *
 * Context: Any.
 * Return: enum zcopy_copy, or -1 if they travel by reference.
 */
int zc_sink_copies(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;
	const struct dst_entry *dst;
	int why = -1;

	if (!zc_sink_by_ref())
		return ZCOPY_COPY_NO_SPLICE;

	rcu_read_lock();
	dst = rcu_dereference(sk->sk_dst_cache);
	if (zc_sock_tls_sw(sk))
		why = ZCOPY_COPY_TLS;
	else if (dst ? !(READ_ONCE(dst->dev)->features & NETIF_F_SG) :
		       !(READ_ONCE(sk->sk_route_caps) & NETIF_F_SG))
		why = ZCOPY_COPY_NO_SG;
	rcu_read_unlock();
	return why;
}

/**
 * zc_sink_retrans - segments sent again since submission
 * @sink: the socket
 *
 * Context: Any.
 * Return: the number, of the whole connection.
 */
u32 zc_sink_retrans(const struct zc_sink *sink)
{
	if (!sink->sock)
		return 0;
	return READ_ONCE(tcp_sk(sink->sock->sk)->total_retrans) - sink->retrans;
}

/**
 * zc_sink_flush - send what was held back because more had been promised
 * @sink: the socket
 *
 * Leaves alone what the program itself has corked.
 *
 * Context: Process context or worker, may sleep.
 */
void zc_sink_flush(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;

	if (!(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK))
		tcp_sock_set_cork(sk, false);
}

/**
 * zc_sink_drop - let go of the socket
 * @sink: the socket; unusable afterwards
 * @sync: close it before returning; only in a kernel thread
 *
 * A socket that lingers on close is left to the kernel's delayed fput even
 * then: no worker of ours waits for a peer, though the kernel's may.
 *
 * Context: May sleep, no lock held.
 */
void zc_sink_drop(struct zc_sink *sink, bool sync)
{
	if (!sink->file)
		return;
	if (sync && !sock_flag(sink->sock->sk, SOCK_LINGER))
		zc_fput_sync(sink->file);
	else
		fput(sink->file);
	sink->file = NULL;
	sink->sock = NULL;
}
