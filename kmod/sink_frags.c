// SPDX-License-Identifier: GPL-2.0
/*
 * Pages into plain TCP as fragments that we fill ourselves: whole folios, however
 * large, at one entry each, and the batch's own references move with them.
 *
 * The way in is the one of io_uring's zerocopy sends: MSG_ZEROCOPY with a watcher
 * of ours (msg_ubuf) and a filler of ours (sg_from_iter).  What differs is the
 * watcher: it does not set SKBFL_ZEROCOPY_ENABLE, so that these are ordinary
 * buffers with ordinary page references, as those of sendfile(2): nobody is told
 * when they are freed, and nobody copies them on delivery to the same machine.
 * Only for a transfer that has to know (ZCOPY_UNTIL_RELEASED) the watcher is a
 * true one, with both consequences.  Fragments stay with their watcher wherever
 * the stack takes them, with exceptions that are met here: README.md has the
 * table.
 *
 * SECURITY: every buffer that gets a fragment here is marked SKBFL_SHARED_FRAG
 * before the fragment is in it: nobody may write to it in place.
 */
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "batch.h"
#include "sink.h"

#include "compat/frags.h"

/*
 * Does a buffer lose its watcher while its fragments stay?  A device that drops a
 * clone may say so to the watcher of all clones (skb_tx_error()), and delivery to
 * this machine copies the fragments of a packet, not those of packets that
 * hang on it.
 */
static bool zc_watch_robbed(const struct sk_buff *skb, bool success)
{
	int refs = atomic_read(&skb_shinfo(skb)->dataref) & SKB_DATAREF_MASK;

	return success ? skb->cloned && refs > 1 : skb_has_frag_list(skb);
}

static void zc_watch_complete(struct sk_buff *skb, struct ubuf_info *ubuf,
			      bool success)
{
	struct zc_watch *w = container_of(ubuf, struct zc_watch, ubuf);

	/* RACE: the unloading of the module waits for this; see zc_xfer_free(). */
	rcu_read_lock_bh();
	if (skb && zc_watch_robbed(skb, success))
		WRITE_ONCE(w->robbed, true);
	/* A copy of it went to a socket of this machine, or to a packet tap. */
	if (skb && !success)
		atomic64_add(skb->data_len, &w->copied);
	zc_watch_put(w);
	rcu_read_unlock_bh();
}

static const struct zc_ubuf_ops zc_watch_ops = {
	.complete	= zc_watch_complete,
};

/**
 * zc_watch_start - watch the buffers of a transfer
 * @w: zeroed; REF: with one reference, dropped by zc_watch_put()
 * @released: called once, when the last reference is dropped; in any context
 *
 * Context: Any.
 */
void zc_watch_start(struct zc_watch *w, void (*released)(struct zc_watch *w))
{
	w->released = released;
	/* They are cloned as they are; only delivery to this machine copies. */
	zc_ubuf_init(&w->ubuf, &zc_watch_ops,
		     SKBFL_ZEROCOPY_FRAG | SKBFL_DONT_ORPHAN);
}

/**
 * zc_watch_put - drop a reference
 * @w: the watcher
 *
 * Context: Any, softirq too.
 */
void zc_watch_put(struct zc_watch *w)
{
	if (refcount_dec_and_test(&w->ubuf.refcnt))
		w->released(w);
}

/*
 * Has the connection begun to probe for a larger MTU?  A probe takes fragments
 * out of buffers that wait to be sent, and nobody watches it.  Connections begin
 * when they are made, or when their packets seem to vanish because of their
 * size; the time of that stays, even if probing is switched off again.
 */
static bool zc_watch_probed(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return icsk->icsk_mtup.enabled ||
	       READ_ONCE(icsk->icsk_mtup.probe_timestamp);
}

/*
 * Will a watcher see all, unless the administrator allows probes later and packets
 * vanish then?  Final under the socket's lock, which probes are made under.
 */
static bool zc_watch_holds(const struct sock *sk)
{
	return !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_mtu_probing) &&
	       !zc_watch_probed(sk);
}

/**
 * zc_watch_verdict - is what a watcher was told the whole truth?
 * @sink: a socket with a watcher; the caller has seen that it was told
 *
 * Context: The runner.
 * Return: 1 if the stack holds none of the pages; -ENOTRECOVERABLE if it may
 * hold some that are not watched any more, and nobody will tell.
 */
int zc_watch_verdict(const struct zc_sink *sink)
{
	const struct zc_watch *w = sink->watch;

	/* ORDER: pairs with zc_xfer_released(); probing began before the probe. */
	smp_rmb();
	if (READ_ONCE(w->robbed) || (w->used && zc_watch_probed(sink->sock->sk)))
		return -ENOTRECOVERABLE;
	return 1;
}

#if ZC_SEND_FRAGS

/* struct zc_frags - one push; lives as long as the call */
struct zc_frags {
	struct msghdr msg;
	struct ubuf_info ubuf;
	struct zc_batch *b;
	struct zc_watch *watch;
	struct sock *sk;
	bool filled;		/* TCP holds pages of the batch */
	bool not_here;		/* the other way has to be taken */
};

/* Nobody is told: buffers of the watcher are not marked as watched. */
static void zc_frags_complete(struct sk_buff *skb, struct ubuf_info *ubuf,
			      bool success)
{
}

static const struct zc_ubuf_ops zc_frags_ops = {
	.complete	= zc_frags_complete,
};

/* The error ends the call, unless some bytes were taken before. */
static int zc_frags_not_here(struct zc_frags *f)
{
	f->not_here = true;
	return -EFAULT;
}

/*
 * Called by TCP under the socket's lock, with at most as many bytes as the buffer
 * has room for.  -EMSGSIZE: its fragments are used up, another buffer please.
 *
 * REF: the entry's reference moves to the fragment that ends it; fragments
 * before that one take references of their own.
 */
ZC_SG_FROM_ITER(zc_frags_fill, skb, from, length)
{
	struct msghdr *msg = container_of(from, struct msghdr, msg_iter);
	struct zc_frags *f = container_of(msg, struct zc_frags, msg);
	struct zc_batch *b = f->b;
	struct skb_shared_info *sh = skb_shinfo(skb);
	const struct bio_vec *bv = b->bv + b->taken;
	size_t done = from->iov_offset;
	unsigned int nr = sh->nr_frags;
	size_t left = length;

	/* RACE: who looked before the lock was taken may have come too early. */
	if (f->watch) {
		if (!zc_watch_holds(f->sk))
			return zc_frags_not_here(f);
		f->watch->used = true;
	}
	/*
	 * Charged to the socket, as what sendfile(2) sends; TCP would not, as
	 * pages of MSG_ZEROCOPY are charged to their owner already.
	 */
	if (skb_zcopy_pure(skb)) {
		if (!sk_wmem_schedule(f->sk, length))
			return zc_frags_not_here(f);
		sh->flags &= ~SKBFL_PURE_ZEROCOPY;
	}
	sh->flags |= SKBFL_SHARED_FRAG;
	while (left) {
		size_t off = bv->bv_offset + done;
		size_t n = min_t(size_t, bv->bv_len - done, left);
		bool merge = skb_can_coalesce(skb, nr, bv->bv_page, off);
		bool last = done + n == bv->bv_len;

		if (merge) {
			skb_frag_size_add(&sh->frags[nr - 1], n);
			if (last)
				put_page(bv->bv_page);
		} else {
			if (nr == MAX_SKB_FRAGS)
				break;
			__skb_fill_page_desc_noacc(sh, nr++, bv->bv_page, off, n);
			if (!last)
				get_page(bv->bv_page);
		}
		left -= n;
		done += n;
		if (last) {
			done = 0;
			bv++;
		}
	}
	length -= left;
	f->filled = true;
	sh->nr_frags = nr;
	skb->len += length;
	skb->data_len += length;
	skb->truesize += length;

	/* Both know how far this is: the batch for its references. */
	from->nr_segs -= bv - (b->bv + b->taken);
	b->taken = bv - b->bv;
	from->bvec = bv;
	from->iov_offset = done;
	from->count -= length;
	return left ? -EMSGSIZE : 0;
}

static ssize_t zc_frags_send(const struct zc_sink *sink, struct zc_batch *b)
{
	struct zc_frags f = {
		.msg.msg_flags		= ZC_SEND_FLAGS | MSG_ZEROCOPY |
					  (b->more ? MSG_MORE : 0),
		.msg.msg_ubuf		= sink->watch ? &sink->watch->ubuf : &f.ubuf,
		.msg.sg_from_iter	= zc_frags_fill,
		.b			= b,
		.watch			= sink->watch,
		.sk			= sink->sock->sk,
	};
	ssize_t ret;

	/*
	 * RACE: whoever attaches an upper layer right after this has its own
	 * sendmsg called, which refuses MSG_ZEROCOPY (TLS) or copies the bytes
	 * of the iterator (socket maps); the filler is not called then.
	 */
	if (READ_ONCE(sink->sock->sk->sk_prot)->sendmsg != tcp_sendmsg)
		return -EOPNOTSUPP;
	if (f.watch && !zc_watch_holds(f.sk))
		return -EOPNOTSUPP;
	zc_ubuf_init(&f.ubuf, &zc_frags_ops, SKBFL_SHARED_FRAG);
	iov_iter_bvec(&f.msg.msg_iter, ITER_SOURCE, b->bv, b->nr, b->bytes);
	ret = sock_sendmsg(sink->sock, &f.msg);
	/* So does TCP itself, by the route's leave (sk_route_caps). */
	b->way = f.filled ? ZC_WAY_FRAGS : ZC_WAY_COPY;
	/* The other way knows how to get on with little memory, and to wait. */
	return ret == -EFAULT && f.not_here ? -EOPNOTSUPP : ret;
}

#endif

/**
 * zc_sink_push_frags - give the pages of a batch to plain TCP
 * @sink: the socket
 * @b: not empty; REF: its first @taken references are gone on return; its way is
 *     noted if bytes were taken
 *
 * Context: Process context or worker, no lock held.  Does not wait for room.
 * Return: bytes taken; -EOPNOTSUPP if the socket is not plain TCP (any more), a
 * watcher would not hold, or this kernel has no such way, and nothing was done;
 * or what sending said.
 */
ssize_t zc_sink_push_frags(const struct zc_sink *sink, struct zc_batch *b)
{
#if ZC_SEND_FRAGS
	return zc_frags_send(sink, b);
#else
	return -EOPNOTSUPP;
#endif
}
