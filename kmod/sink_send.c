// SPDX-License-Identifier: GPL-2.0
/*
 * Sends pages through a socket in the way that this kernel offers, as found at build
 * time (compat/).  Never waits for room; the caller does.  Progress is only what the
 * send returned: an iterator may have moved past the bytes that were taken.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "batch.h"
#include "compat/compat.h"
#include "settings.h"
#include "sink.h"
#include "sink_tls.h"

static ssize_t zc_sink_send(const struct zc_sink *sink, const struct zc_batch *b,
			    size_t from, size_t to, int flags)
{
	struct msghdr msg = { .msg_flags = ZC_SEND_FLAGS | flags };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, b->bv, b->nr, to);
	iov_iter_advance(&msg.msg_iter, from);
	return sock_sendmsg(sink->sock, &msg);
}

#if ZC_SEND_SENDPAGE

/* Pages go one at a time; only the last may push what is queued. */
static int zc_sink_page_flags(const struct zc_batch *b, unsigned int i)
{
	if (i + 1 < b->nr)
		return ZC_SEND_FLAGS | MSG_MORE | MSG_SENDPAGE_NOTLAST;
	return ZC_SEND_FLAGS | (zc_batch_waits(b) ? MSG_MORE : 0);
}

/* Always all of the batch: here TLS has TCP push once for each call. */
static ssize_t zc_sink_push_pages(const struct zc_sink *sink, struct zc_batch *b,
				  size_t from, size_t to, bool more)
{
	struct sock *sk = sink->sock->sk;
	ssize_t sent = 0;
	bool locked;
	unsigned int i;
	int ret = 0;

	/*
	 * RACE: a program may attach TLS or a socket map between two pushes, but not
	 * under the socket's lock.  There sk_prot tells whether the direct call of
	 * tcp_sendpage is still right.
	 */
	lock_sock(sk);
	locked = sk->sk_prot->sendpage == tcp_sendpage;
	if (locked)
		b->way = ZC_WAY_PAGES;
	else
		release_sock(sk);

	for (i = 0; i < b->nr; i++) {
		const struct bio_vec *bv = &b->bv[i];

		if (locked)
			ret = kernel_sendpage_locked(sk, bv->bv_page,
						     bv->bv_offset, bv->bv_len,
						     zc_sink_page_flags(b, i));
		else
			ret = kernel_sendpage(sink->sock, bv->bv_page,
					      bv->bv_offset, bv->bv_len,
					      zc_sink_page_flags(b, i));
		if (ret > 0)
			sent += ret;
		if (ret != bv->bv_len)
			break;
	}
	if (locked)
		release_sock(sk);
	return sent ? sent : ret;
}

#else

static ssize_t zc_sink_push_pages(const struct zc_sink *sink, struct zc_batch *b,
				  size_t from, size_t to, bool more)
{
	int flags = more ? MSG_MORE : 0;

#if ZC_SEND_SPLICE
	if (b->way == ZC_WAY_PAGES)
		flags |= MSG_SPLICE_PAGES;
#endif
	return zc_sink_send(sink, b, from, to, flags);
}

#endif

/*
 * What does the socket's protocol do with pages?  TLS and TCP take them.  A socket map
 * copies them, except in the sendpage of some kernels.  So the sendmsg of a map is not
 * asked to take pages: then the bytes are copied for certain, even if the map releases
 * the socket before the call.
 *
 * RACE: a map that takes over a plain TCP socket after this check copies the bytes of
 * this push, and they are not counted as copied.
 */
static enum zc_way zc_sink_other_way(const struct zc_sink *sink)
{
	struct sock *sk = sink->sock->sk;

	if (ZC_SEND_MAP_PAGES)
		return ZC_WAY_PAGES;
	if (ZC_SEND_COPY)
		return ZC_WAY_COPY;
	return READ_ONCE(sk->sk_prot)->sendmsg == tcp_sendmsg ||
	       zc_tls_look(sk, NULL) & ZC_TLS_TAKES ? ZC_WAY_PAGES : ZC_WAY_COPY;
}

/*
 * TCP merges short pieces that it copies, so that they share a buffer with others.  By
 * reference each takes a fragment, and a buffer has room for few.  But alone in a buffer
 * even one byte costs less by reference than the copy, with the page that it needs.
 *
 * It goes through zc_tls_push() for the same reason as pages do.
 *
 * RACE: an upper layer that the program attaches right after this check copies the
 * bytes as well; they are counted as short.
 */
static bool zc_sink_small(const struct zc_sink *sink, const struct zc_batch *b)
{
	return b->longest <= zc_setting(ZC_SETTING_copy_small_bytes) &&
	       (zc_batch_waits(b) || b->nr > MAX_SKB_FRAGS) &&
	       READ_ONCE(sink->sock->sk->sk_prot)->sendmsg == tcp_sendmsg &&
	       zc_batch_refers(b);
}

static ssize_t zc_sink_push_small(const struct zc_sink *sink, struct zc_batch *b,
				  size_t from, size_t to, bool more)
{
	b->way = ZC_WAY_SMALL;
	return zc_sink_send(sink, b, from, to, more ? MSG_MORE : 0);
}

/**
 * zc_sink_push - give the pages of a batch to the socket
 * @sink: the socket
 * @b: not empty; REF: the references of the first @taken entries are consumed; @way
 *     is set if bytes were taken
 *
 * Context: Process context or worker, no lock held.  Does not wait for room.
 * Return: bytes taken, at least 1; -EAGAIN if there is no room; -EINTR if another
 * thread is sending through TLS; or the error of the socket.
 */
ssize_t zc_sink_push(const struct zc_sink *sink, struct zc_batch *b)
{
	ssize_t ret;

	if (unlikely(b->record)) {
		ret = zc_sink_push_record(sink, b);
		return ret ? ret : -EAGAIN;
	}
	if (unlikely(b->kind == ZC_BATCH_COPIES)) {
		ret = zc_sink_push_copies(sink, b);
		return ret ? ret : -EAGAIN;
	}
	ret = zc_sink_small(sink, b) ? zc_tls_push(sink, b, zc_sink_push_small) :
				       zc_sink_push_frags(sink, b);
	if (ret == -EOPNOTSUPP) {
		b->way = zc_sink_other_way(sink);
		/*
		 * The release of file pages cannot be watched here, so send
		 * copies; even a socket map keeps pages from sendpage a while.
		 */
		ret = sink->watch && (ZC_SEND_SENDPAGE || b->way != ZC_WAY_COPY) ?
		      zc_batch_make_own(b) : 0;
		if (!ret)
			ret = zc_tls_push(sink, b, zc_sink_push_pages);
	}
	return ret ? ret : -EAGAIN;
}

/**
 * zc_sink_by_ref - can this kernel take pages by reference at all?
 *
 * Context: Any.
 * Return: true if the build's probes found a way.
 */
bool zc_sink_by_ref(void)
{
	return ZC_SEND_FRAGS || ZC_SEND_SPLICE || ZC_SEND_SENDPAGE;
}

/**
 * zc_sink_takes - would the socket take so many bytes without waiting?
 * @sink: the socket
 * @bytes: how many
 *
 * Not while another task owns the socket: that task may sleep.
 *
 * Context: Any.
 * Return: true if so, as a hint.
 */
bool zc_sink_takes(const struct zc_sink *sink, u64 bytes)
{
	const struct sock *sk = sink->sock->sk;

	return READ_ONCE(sk->sk_wmem_queued) + bytes <= READ_ONCE(sk->sk_sndbuf) &&
	       !sock_owned_by_user_nocheck(sk);
}
