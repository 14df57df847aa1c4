// SPDX-License-Identifier: GPL-2.0
/*
 * The socket of a transfer: which sockets are accepted, and queries of their state.
 * Holds the socket's file, which pins the socket and its network namespace.  Installs
 * no callback in the socket.  Knows nothing of source files.
 */
#include <linux/file.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <uapi/linux/zcopy.h>

#include "compat/compat.h"
#include "reject.h"
#include "sink.h"
#include "sink_tls.h"

static int zc_sink_refuse_ulp(struct sock *sk, struct netlink_ext_ack *extack)
{
	const struct tcp_ulp_ops *ops;
	bool fits;

	/* The name is in the upper layer's module, which the socket pins. */
	rcu_read_lock();
	ops = READ_ONCE(inet_csk(sk)->icsk_ulp_ops);
	fits = !ops || (zc_tls_served() && !strcmp(ops->name, "tls"));
	rcu_read_unlock();
	return fits ? 0 : zc_reject(ZC_REJECT_sink_ulp, extack);
}

/*
 * A TCP Fast Open server has its socket before the handshake is over (SYN_RECV) and
 * may send, as tcp_sendmsg() allows.  A socket that both ends opened at once waits in
 * the same state and may not send.  Only the former comes from accept(2), which makes it
 * connected; connect(2) makes the latter so once the handshake is over.
 *
 * RACE: tcp_passive_fastopen() would not do.  At the end of the handshake the Fast Open
 * request goes away before the state changes, perhaps in the backlog of a program that
 * owns the socket.
 */
static int zc_sink_state(const struct socket *sock)
{
	int state = READ_ONCE(sock->sk->sk_state);

	return state == TCP_SYN_RECV && READ_ONCE(sock->state) == SS_CONNECTED ?
	       TCP_ESTABLISHED : state;
}

/* Accepts the states in which send(2) need not wait for a connection. */
static int zc_sink_refuse_state(const struct socket *sock,
				struct netlink_ext_ack *extack)
{
	switch (zc_sink_state(sock)) {
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
	if (READ_ONCE(sock->sk->sk_shutdown) & SEND_SHUTDOWN)
		return zc_reject(ZC_REJECT_sink_shut_down, extack);
	return 0;
}

/**
 * zc_sink_init - take a socket as destination
 * @sink: zeroed
 * @file: REF: taken over if 0 is returned, left to the caller otherwise
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
	/* O_APPEND means nothing here; sendfile(2) and splice(2) refuse it, too. */
	if (file->f_flags & O_APPEND)
		return zc_reject(ZC_REJECT_sink_append, extack);
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

	sink->disconnects = READ_ONCE(sk->sk_disconnects);
	/* ORDER: read before the state; see zc_sink_replaced(). */
	smp_rmb();
	err = zc_sink_refuse_state(sock, extack);
	if (err)
		return err;

	sink->file = file;
	sink->sock = sock;
	sink->retrans = READ_ONCE(tcp_sk(sk)->total_retrans);
	return 0;
}

/**
 * zc_sink_offer - number of bytes worth offering to the socket at once
 * @sink: the socket
 *
 * More than fits now: a fast peer makes room during the push, and each further push
 * costs another round of the socket's backlog.  At most a few buffers full: pages that
 * are offered in vain must be looked up again.
 *
 * Context: Any.
 * Return: bytes, a hint.
 */
long zc_sink_offer(const struct zc_sink *sink)
{
	return 8L * READ_ONCE(sink->sock->sk->sk_sndbuf);
}

/**
 * zc_sink_full - would the socket take nothing at all?
 * @sink: the socket
 *
 * Context: Any.
 * Return: true if so, as a hint: then few pages need be looked up.
 */
bool zc_sink_full(const struct zc_sink *sink)
{
	const struct sock *sk = sink->sock->sk;

	return READ_ONCE(sk->sk_wmem_queued) >= READ_ONCE(sk->sk_sndbuf);
}

/**
 * zc_sink_worth_a_try - is there room that poll does not report?
 * @sink: the socket
 * @left: bytes that are left to be sent
 *
 * Poll reports room, and wakes, only once a third of the buffer is free.  Like
 * sendfile(2) before it sleeps, the runner looks once more and uses what
 * acknowledgments have freed meanwhile.  If more is left than the buffer holds, many
 * small pushes would gain nothing.
 *
 * Context: The runner.
 * Return: true if there is, as a hint.
 */
bool zc_sink_worth_a_try(const struct zc_sink *sink, u64 left)
{
	const struct sock *sk = sink->sock->sk;

	return left <= READ_ONCE(sk->sk_sndbuf) && sk_stream_memory_free(sk);
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
 * zc_sink_retrans - segments retransmitted since submission
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
 * zc_sink_interrupted - errno of a call that a signal interrupted
 * @sink: the socket, if there is one
 *
 * Context: Any.
 * Return: -ERESTARTSYS; or -EINTR if SO_SNDTIMEO limits the wait, because a restarted
 * call would wait for the whole time again.
 */
int zc_sink_interrupted(const struct zc_sink *sink)
{
	if (!sink->sock)
		return -ERESTARTSYS;
	return sock_intr_errno(READ_ONCE(sink->sock->sk->sk_sndtimeo));
}

/**
 * zc_sink_flush - send bytes that were held back because more had been promised
 * @sink: the socket
 * @record: also close and send an open record of an upper layer
 *
 * Does not undo a TCP_CORK of the program.
 *
 * Context: Process context or worker, may sleep.
 * Return: true if a record is still open, for example as another thread is sending.
 */
bool zc_sink_flush(const struct zc_sink *sink, bool record)
{
	struct sock *sk = sink->sock->sk;
	bool open = record && zc_sink_settle(sink, true) & ZC_TLS_OPEN;

	if (!(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK))
		tcp_sock_set_cork(sk, false);
	return open;
}

/**
 * zc_sink_settle - have an upper layer pass on the bytes that it holds
 * @sink: the socket
 * @close: also close and pass on an open record
 *
 * No event tells when to ask again: the upper layer's own work uses new room in the
 * socket and wakes no waiter.
 *
 * Context: Process context or worker, may sleep; does not wait for the peer.
 * Return: 0, or ZC_TLS_RECORDS and ZC_TLS_OPEN for what the layer still holds; both
 * while another thread is sending through it.
 */
unsigned int zc_sink_settle(const struct zc_sink *sink, bool close)
{
	return zc_tls_pass_on(sink->sock->sk, close);
}

/**
 * zc_sink_unsent - does an upper layer hold whole records?
 * @sink: the socket
 *
 * The layer sends them by itself once there is room.
 *
 * Context: Any.
 * Return: true if it does; a record that is open for more does not count.
 */
bool zc_sink_unsent(const struct zc_sink *sink)
{
	return zc_tls_look(sink->sock->sk, NULL) & ZC_TLS_RECORDS;
}

/**
 * zc_sink_replaced - was the socket disconnected since submission?
 * @sink: the socket
 *
 * A program may disconnect the socket and connect it to another peer before the
 * transfer looks at it again.  The transfer's bytes must not go to the new peer.
 *
 * RACE: a whole handshake would have to happen between this look and the push.
 *
 * Context: The runner.
 * Return: true if it was.
 */
bool zc_sink_replaced(const struct zc_sink *sink)
{
	return READ_ONCE(sink->sock->sk->sk_disconnects) != sink->disconnects;
}

/**
 * zc_sink_gone - can the socket send nothing any more?
 * @sink: the socket
 *
 * The socket's error is a reason even if the connection lives: the next send fails
 * with it, and so does the work of TLS, which then gives its socket up.  So bytes that
 * an upper layer holds stay there for ever.  Each reason wakes pollers of the socket.
 * The last one, a failure of TLS, does so only while it is also the socket's error,
 * which the program may read and so clear.
 *
 * Context: Any.
 * Return: 0, or the reason as a negative errno.
 */
int zc_sink_gone(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;
	int err = -READ_ONCE(sk->sk_err);

	if (!err && (READ_ONCE(sk->sk_state) == TCP_CLOSE ||
		     READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))
		err = -EPIPE;
	if (!err && zc_sink_replaced(sink))
		err = -ECONNRESET;
	if (!err)
		zc_tls_look(sk, &err);
	return err;
}

/**
 * zc_sink_shutdown - shut down the sending side
 * @sink: the socket, settled
 *
 * Context: Process context or worker, may sleep.
 */
void zc_sink_shutdown(const struct zc_sink *sink)
{
	kernel_sock_shutdown(sink->sock, SHUT_WR);
}

/**
 * zc_sink_note_end - all bytes sent up to now are to be acknowledged
 * @sink: the socket, settled
 *
 * Counts bytes of the connection: sequence numbers wrap, and a late look would confuse
 * numbers 2^31 bytes apart.
 *
 * Context: The runner, in its turn; may sleep.
 */
void zc_sink_note_end(struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;
	const struct tcp_sock *tp = tcp_sk(sk);

	lock_sock(sk);
	sink->acked = tp->bytes_acked;
	sink->goal = tp->bytes_acked + (u32)(tp->write_seq - tp->snd_una);
	release_sock(sk);
}

/**
 * zc_sink_watch_acks - have the next acknowledgment wake the waiters for room
 * @sink: the socket; its wait queue has the caller's entry
 *
 * Must be called again after each wakeup.  An acknowledgment that leaves less than a
 * third of the buffer free does not wake.
 *
 * Context: Process context or worker.
 */
void zc_sink_watch_acks(const struct zc_sink *sink)
{
	set_bit(SOCK_NOSPACE, &sink->sock->flags);
	/* ORDER: pairs with tcp_check_space(), which counts before it tests the bit. */
	smp_mb__after_atomic();
}

/**
 * zc_sink_acked - has the peer acknowledged all bytes up to zc_sink_note_end()?
 * @sink: the socket
 * @ahead: set to true if more was acknowledged since the last look
 *
 * The socket's error alone says nothing: an ICMP message (IP_RECVERR) or a bad record
 * (TLS) leaves an error, but the connection lives on and its bytes are still
 * acknowledged.  A connection that dies gets its error, then its state, and wakes
 * pollers after both: tcp_done_with_error(), tcp_done().  tcp_disconnect() is seen by its
 * count: zc_sink_replaced().
 *
 * Context: The runner.
 * Return: 1 if it has, 0 if not yet, or a negative errno if it never will.
 */
int zc_sink_acked(struct zc_sink *sink, bool *ahead)
{
	const struct sock *sk = sink->sock->sk;
	int err = 0;
	u64 acked;

	/* ORDER: the state first; where it is the end, the error was set before. */
	if (inet_sk_state_load(sk) == TCP_CLOSE)
		err = -READ_ONCE(sk->sk_err) ?: -ECONNRESET;
	/* ORDER: bytes_acked last: a connection may end once all is acknowledged. */
	smp_rmb();
	acked = READ_ONCE(tcp_sk(sk)->bytes_acked);
	/* Disconnected, perhaps connected anew: the count is of other bytes. */
	if (zc_sink_replaced(sink))
		return err ? err : -ECONNRESET;
	*ahead = acked != sink->acked;
	sink->acked = acked;
	return acked >= sink->goal ? 1 : err;
}

/**
 * zc_sink_followed - were more bytes sent after zc_sink_note_end()?
 * @sink: the socket
 *
 * Context: Any.
 * Return: true if so, as a hint.
 */
bool zc_sink_followed(const struct zc_sink *sink)
{
	const struct tcp_sock *tp = tcp_sk(sink->sock->sk);
	u32 flying = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);

	return READ_ONCE(tp->bytes_acked) + flying != sink->goal;
}

/**
 * zc_sink_slow_close - may dropping the socket wait?
 * @sink: the socket
 *
 * The last close waits until TLS has sent the records that it encrypted for a program
 * that waited for room; it waits as the program did.  While the program has the socket
 * open, our drop is not the last close.
 *
 * RACE: a hint; the program may close the socket at this moment.
 *
 * Context: Any.
 * Return: true if it may.
 */
bool zc_sink_slow_close(const struct zc_sink *sink)
{
	return sink->sock && !sink->borrowed && file_count(sink->file) == 1 &&
	       READ_ONCE(inet_csk(sink->sock->sk)->icsk_ulp_ops);
}

/**
 * zc_sink_held - is another thread sending through TLS?
 * @sink: the socket
 * @sleeps: say so only if a push would sleep for that thread: with TLS in a NIC
 *
 * RACE: a hint; a send may begin at this moment.  Then zc_sink_push() returns -EINTR;
 * with TLS in a NIC it waits.
 *
 * Context: Any.
 * Return: true if a send through TLS is going on, perhaps waiting for room.
 */
bool zc_sink_held(const struct zc_sink *sink, bool sleeps)
{
	unsigned int all = ZC_TLS_BUSY | (sleeps ? ZC_TLS_SLEEPS : 0);

	return (zc_tls_look(sink->sock->sk, NULL) & all) == all;
}

/*
 * The program has closed a socket with SO_LINGER.  It did not wait, because our
 * reference made that not the last close; nothing is gained if a worker waits now.  A
 * linger time of 0 means no wait but a reset, and stays.
 *
 * RACE: if other references are dropped at this moment, the last close may linger.
 */
static void zc_sink_no_linger(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;

	if (!sock_flag(sk, SOCK_LINGER) || file_count(sink->file) != 1)
		return;
	lock_sock(sk);
	if (sk->sk_lingertime)
		sock_reset_flag(sk, SOCK_LINGER);
	release_sock(sk);
}

/**
 * zc_sink_drop - drop the socket
 * @sink: the socket; unusable afterwards
 * @sync: close it before returning; only in a kernel thread
 *
 * A worker must not use the kernel's delayed fput(), which closes the files of all
 * users one by one.  If a close waits here, only transfers of its own user wait.
 *
 * Context: May sleep, no lock held.
 */
void zc_sink_drop(struct zc_sink *sink, bool sync)
{
	if (!sink->file)
		return;
	if (sink->borrowed) {
		sink->borrowed = false;
	} else if (sync) {
		zc_sink_no_linger(sink);
		zc_fput_sync(sink->file);
	} else {
		fput(sink->file);
	}
	sink->file = NULL;
	sink->sock = NULL;
}
