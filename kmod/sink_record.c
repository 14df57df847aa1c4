// SPDX-License-Identifier: GPL-2.0
/*
 * Control records of the kernel's TLS: those that a program sends in line, and the one with
 * which a stream ends.  Without that a peer takes the FIN for an attack that cuts the
 * stream short (RFC 8446, 6.1).  TLS first closes the record that is open before it, so
 * that the order is that of the sends.
 */
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "batch.h"
#include "reject.h"
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

static ssize_t zc_record_send(const struct zc_sink *sink, u8 type,
			      const struct iov_iter *bytes)
{
	struct zc_record_type control = {
		.head = {
			.cmsg_len	= CMSG_LEN(sizeof(control.type)),
			.cmsg_level	= SOL_TLS,
			.cmsg_type	= TLS_SET_RECORD_TYPE,
		},
		.type = type,
	};
	struct msghdr msg = {
		.msg_flags	= ZC_SEND_FLAGS,
		.msg_control	= &control,
		.msg_controllen	= sizeof(control),
		.msg_iter	= *bytes,
	};

	return sock_sendmsg(sink->sock, &msg);
}

static ssize_t zc_record_send_alert(const struct zc_sink *sink, struct zc_batch *b,
				    size_t from, size_t to, bool more)
{
	struct kvec alert = {
		.iov_base	= (void *)zc_close_notify,
		.iov_len	= to - from,
	};
	struct iov_iter bytes;

	iov_iter_kvec(&bytes, ITER_SOURCE, &alert, 1, to - from);
	return zc_record_send(sink, ZC_RECORD_ALERT, &bytes);
}

static ssize_t zc_record_send_batch(const struct zc_sink *sink, struct zc_batch *b,
				    size_t from, size_t to, bool more)
{
	struct iov_iter bytes;

	iov_iter_bvec(&bytes, ITER_SOURCE, b->bv, b->nr, to);
	iov_iter_advance(&bytes, from);
	return zc_record_send(sink, b->record, &bytes);
}

/* TCP would send a record as plain bytes. */
static bool zc_record_taken(const struct sock *sk)
{
	return zc_tls_look(sk, NULL) & ZC_TLS_TAKES &&
	       READ_ONCE(sk->sk_prot)->sendmsg != tcp_sendmsg;
}

/**
 * zc_sink_check_record - can a socket send control records?
 * @sink: the socket
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal: it has no TLS that sends.
 */
int zc_sink_check_record(const struct zc_sink *sink, struct netlink_ext_ack *extack)
{
	return zc_record_taken(sink->sock->sk) ? 0 :
	       zc_reject(ZC_REJECT_record_without_tls, extack);
}

/**
 * zc_sink_push_record - give a batch to TLS as a record of its own
 * @sink: the socket
 * @b: with a content type, and with all bytes of the record that are left
 *
 * RACE: TLS was there at submission, and a socket loses it only with its connection, which
 * ends the transfer.  The look is what keeps the bytes from going out as plain text.
 *
 * Context: As zc_sink_push().
 * Return: As zc_sink_push(), or 0 if there is no room.
 */
ssize_t zc_sink_push_record(const struct zc_sink *sink, struct zc_batch *b)
{
	if (!zc_record_taken(sink->sock->sk))
		return -EOPNOTSUPP;
	b->way = ZC_WAY_COPY;
	return zc_tls_push(sink, b, zc_record_send_batch);
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
	ret = zc_tls_push(sink, &b, zc_record_send_alert);
	if (ret <= 0)
		return ret ? ret : -EAGAIN;
	sink->said_end = true;
	return 0;
}
