// SPDX-License-Identifier: GPL-2.0
/*
 * The record with which a stream of the kernel's TLS ends.  Without it, a peer takes the
 * FIN for an attack that cuts the stream short (RFC 8446, 6.1).
 */
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "batch.h"
#include "sink.h"
#include "sink_tls.h"

/* RFC 8446: the content type of alerts; close_notify, with the level "warning" */
#define ZC_RECORD_ALERT		21
static const u8 zc_close_notify[] = { 1, 0 };

/* Control message of a send: the content type of its record */
struct zc_record_type {
	struct cmsghdr head;
	u8 type;
};

static_assert(offsetof(struct zc_record_type, type) == CMSG_LEN(0));

static ssize_t zc_record_send(const struct zc_sink *sink, struct zc_batch *b,
			      size_t from, size_t to, bool more)
{
	struct zc_record_type control = {
		.head = {
			.cmsg_len	= CMSG_LEN(sizeof(control.type)),
			.cmsg_level	= SOL_TLS,
			.cmsg_type	= TLS_SET_RECORD_TYPE,
		},
		.type = ZC_RECORD_ALERT,
	};
	struct msghdr msg = {
		.msg_flags	= ZC_SEND_FLAGS,
		.msg_control	= &control,
		.msg_controllen	= sizeof(control),
	};
	struct kvec alert = {
		.iov_base	= (void *)zc_close_notify,
		.iov_len	= to - from,
	};

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &alert, 1, to - from);
	return sock_sendmsg(sink->sock, &msg);
}

/* TCP would send the alert as plain bytes. */
static bool zc_record_taken(const struct sock *sk)
{
	return zc_tls_look(sk, NULL) & ZC_TLS_TAKES &&
	       READ_ONCE(sk->sk_prot)->sendmsg != tcp_sendmsg;
}

/**
 * zc_sink_say_end - tell the peer that no bytes follow, before a FIN says so
 * @sink: the socket; TLS, if it has that, holds no open record
 *
 * Only the first call that succeeds sends something.
 *
 * RACE: TLS that is attached after the look gets no alert; the program that attaches it
 * while its stream ends sends nothing through it.
 *
 * Context: The runner, no lock held.  Does not wait for room.
 * Return: 0, also without TLS; -EAGAIN if there is no room; or as zc_tls_push().
 */
int zc_sink_say_end(struct zc_sink *sink)
{
	struct zc_batch b = { .bytes = sizeof(zc_close_notify) };
	ssize_t ret;

	if (sink->said_end || !zc_record_taken(sink->sock->sk))
		return 0;
	ret = zc_tls_push(sink, &b, zc_record_send);
	if (ret <= 0)
		return ret ? ret : -EAGAIN;
	sink->said_end = true;
	return 0;
}
