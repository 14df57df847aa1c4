// SPDX-License-Identifier: GPL-2.0
/*
 * The socket of a transfer: which sockets are acceptable, and what can be
 * asked of one.  Knows nothing of files to be sent.  Holds the socket's file,
 * which pins socket and network namespace; hooks nothing into the socket.
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

/*
 * May a server send before the handshake is over?  TCP Fast Open gives it the
 * socket with the first packet, and it may, as tcp_sendmsg() has it.  A socket of
 * a connection that both ends opened at once waits in the same state, and may not.
 *
 * RACE: at the handshake's end the request goes before the state changes, both under
 * the socket's spin lock, or by a program that has the socket to itself.  A look that
 * finds neither is repeated under that lock.
 */
static int zc_sink_state(struct sock *sk)
{
	int state = READ_ONCE(sk->sk_state);

	if (state != TCP_SYN_RECV)
		return state;
	if (tcp_passive_fastopen(sk))
		return TCP_ESTABLISHED;
	/* SECURITY: not lock_sock(): what a program has it for may sleep for ever. */
	spin_lock_bh(&sk->sk_lock.slock);
	state = tcp_passive_fastopen(sk) ? TCP_ESTABLISHED : sk->sk_state;
	spin_unlock_bh(&sk->sk_lock.slock);
	return state;
}

/* Taken are those in which send(2) sends without waiting for a connection. */
static int zc_sink_refuse_state(struct sock *sk, struct netlink_ext_ack *extack)
{
	switch (zc_sink_state(sk)) {
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
	return 0;
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
	/* Means nothing for a socket; sendfile(2) and splice(2) refuse it too. */
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
	/* ORDER: before its state is looked at; see zc_sink_replaced(). */
	smp_rmb();
	err = zc_sink_refuse_state(sk, extack);
	if (err)
		return err;

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
 * zc_sink_full - would the socket take nothing at all?
 * @sink: the socket
 *
 * Context: Any.
 * Return: whether so, as a hint: then little need be looked up for it.
 */
bool zc_sink_full(const struct zc_sink *sink)
{
	const struct sock *sk = sink->sock->sk;

	return READ_ONCE(sk->sk_wmem_queued) >= READ_ONCE(sk->sk_sndbuf);
}

/**
 * zc_sink_worth_a_try - is there room, though poll says that there is none?
 * @sink: the socket
 * @left: bytes that are left to be sent
 *
 * Poll says so of the last third of the buffer, and so it does not tell of room
 * there either.  A program that waits inside sendfile(2) looks once more before
 * it sleeps, and takes what acknowledgements have freed meanwhile.  Where more
 * remains than fits, many small pushes would gain nothing.
 *
 * Context: The runner.
 * Return: whether so, as a hint.
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
 * zc_sink_interrupted - what a call fails with that a signal found waiting
 * @sink: the socket, if there is one
 *
 * Context: Any.
 * Return: -ERESTARTSYS, or -EINTR where SO_SNDTIMEO limits the wait: that must
 * not begin anew.
 */
int zc_sink_interrupted(const struct zc_sink *sink)
{
	if (!sink->sock)
		return -ERESTARTSYS;
	return sock_intr_errno(READ_ONCE(sink->sock->sk->sk_sndtimeo));
}

/**
 * zc_sink_flush - send what was held back because more had been promised
 * @sink: the socket
 * @record: what an upper layer holds, too
 *
 * Leaves alone what the program itself has corked.
 *
 * Context: Process context or worker, may sleep.
 * Return: whether a record is still open: others are sending.
 */
bool zc_sink_flush(const struct zc_sink *sink, bool record)
{
	struct sock *sk = sink->sock->sk;
	bool open = record && zc_sink_settle(sink, true) & ZC_SINK_OPEN;

	if (!(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK))
		tcp_sock_set_cork(sk, false);
	return open;
}

/**
 * zc_sink_settle - have an upper layer pass on what it holds
 * @sink: the socket
 * @close: a record that is open for more, too
 *
 * Nothing tells when to ask again: the socket's room is passed on by the upper
 * layer's own work, which takes it without a word.
 *
 * Context: Process context or worker, may sleep; does not wait for the peer.
 * Return: 0, or bits of enum zc_sink_holds: what it still holds; all of them
 * while a program sends itself.
 */
unsigned int zc_sink_settle(const struct zc_sink *sink, bool close)
{
	struct sock *sk = sink->sock->sk;

	BUILD_BUG_ON(ZC_SINK_RECORDS != ZC_TLS_RECORDS || ZC_SINK_OPEN != ZC_TLS_OPEN);
	if (!READ_ONCE(inet_csk(sk)->icsk_ulp_ops))
		return 0;
	return zc_sock_tls_pass_on(sk, close);
}

/**
 * zc_sink_unsent - does an upper layer hold bytes that it has taken?
 * @sink: the socket
 *
 * Other than those of a record that is open for more.  It sends them by itself
 * once there is room.
 *
 * Context: Any.
 * Return: whether so.
 */
bool zc_sink_unsent(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;

	return READ_ONCE(inet_csk(sk)->icsk_ulp_ops) && zc_sock_tls_unsent(sk);
}

/**
 * zc_sink_replaced - was the socket disconnected since submission?
 * @sink: the socket
 *
 * A program may disconnect it and connect it to another peer faster than a
 * transfer that is told of the former looks.  Its bytes are not for that one.
 *
 * RACE: between this look and a push it takes a handshake to get there.
 *
 * Context: The runner.
 * Return: whether so.
 */
bool zc_sink_replaced(const struct zc_sink *sink)
{
	return READ_ONCE(sink->sock->sk->sk_disconnects) != sink->disconnects;
}

/**
 * zc_sink_gone - can the socket send nothing any more?
 * @sink: the socket
 *
 * What an upper layer holds stays there then, for ever.  All but the last reason
 * wake those who poll the socket; that one does at first, as an error of the
 * socket's, which the program may take.
 *
 * Context: Any.
 * Return: 0, or a negative errno: why not.
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
	if (!err && READ_ONCE(inet_csk(sk)->icsk_ulp_ops))
		err = zc_sock_tls_error(sk);
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
 * zc_sink_note_end - what must be acknowledged is what was sent up to now
 * @sink: the socket, settled
 *
 * Counted in bytes of the connection, not as a sequence number: a look that
 * comes late cannot take one for another 2^31 bytes away.
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
 * zc_sink_watch_acks - have acknowledgements tell those who wait for room
 * @sink: the socket; its wait queue has the caller's entry
 *
 * Once: to be asked again after each time.  Those that leave less than a third
 * of its buffer free do not tell.
 *
 * Context: Process context or worker.
 */
void zc_sink_watch_acks(const struct zc_sink *sink)
{
	set_bit(SOCK_NOSPACE, &sink->sock->flags);
	/* ORDER: pairs with tcp_check_space(): it looks at this after it counted. */
	smp_mb__after_atomic();
}

/**
 * zc_sink_acked - has the peer acknowledged what was sent up to the note?
 * @sink: the socket
 * @ahead: set if some more was acknowledged since the last look
 *
 * Context: The runner.
 * Return: 1 if it has, 0 if not yet, or a negative errno: it will not.
 */
int zc_sink_acked(struct zc_sink *sink, bool *ahead)
{
	const struct sock *sk = sink->sock->sk;
	int err = -READ_ONCE(sk->sk_err);
	u64 acked;

	if (!err && READ_ONCE(sk->sk_state) == TCP_CLOSE)
		err = -ECONNRESET;
	/* ORDER: a connection that ended after all was acknowledged is fine. */
	smp_rmb();
	acked = READ_ONCE(tcp_sk(sk)->bytes_acked);
	/* Disconnected, and perhaps connected anew: these are others' bytes. */
	if (zc_sink_replaced(sink))
		return err ? err : -ECONNRESET;
	*ahead = acked != sink->acked;
	sink->acked = acked;
	return acked >= sink->goal ? 1 : err;
}

/**
 * zc_sink_followed - was more sent after what is waited for?
 * @sink: the socket
 *
 * Context: Any.
 * Return: whether, as a hint.
 */
bool zc_sink_followed(const struct zc_sink *sink)
{
	const struct tcp_sock *tp = tcp_sk(sink->sock->sk);
	u32 flying = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);

	return READ_ONCE(tp->bytes_acked) + flying != sink->goal;
}

/**
 * zc_sink_slow_close - may it have to be waited for that the socket is closed?
 * @sink: the socket
 *
 * What TLS has encrypted for a program that waited for room goes out before
 * that, and is waited for as the program did.  Not if the program has it open
 * still: then it is closed by him.
 *
 * RACE: a hint; he may close it in this moment.
 *
 * Context: Any.
 * Return: whether so.
 */
bool zc_sink_slow_close(const struct zc_sink *sink)
{
	return sink->sock && file_count(sink->file) == 1 &&
	       READ_ONCE(inet_csk(sink->sock->sk)->icsk_ulp_ops);
}

/**
 * zc_sink_held - would a push wait for a program that sends itself?
 * @sink: the socket
 *
 * RACE: a hint; it may begin to in this moment, and zc_sink_push() says so.
 *
 * Context: Any.
 * Return: whether the program is in a send(2) through TLS, maybe waiting for
 * room.
 */
bool zc_sink_held(const struct zc_sink *sink)
{
	return zc_sock_tls_busy(sink->sock->sk);
}

/*
 * The program has closed a socket that is to linger, and did not wait, as that was
 * not the last close: nobody is left to linger for.  A time of 0 is no wait, but
 * asks for a reset.
 *
 * RACE: if others let go of it in this moment, the last one may linger.
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
 * zc_sink_drop - let go of the socket
 * @sink: the socket; unusable afterwards
 * @sync: close it before returning; only in a kernel thread
 *
 * Not by the kernel's delayed fput, which closes everybody's files one by one: a
 * worker that has to wait holds up its own user.
 *
 * Context: May sleep, no lock held.
 */
void zc_sink_drop(struct zc_sink *sink, bool sync)
{
	if (!sink->file)
		return;
	if (sync) {
		zc_sink_no_linger(sink);
		zc_fput_sync(sink->file);
	} else {
		fput(sink->file);
	}
	sink->file = NULL;
	sink->sock = NULL;
}
