// SPDX-License-Identifier: GPL-2.0
/*
 * Sends pages through plain TCP as fragments that are filled in here: a folio of any
 * size takes one entry, and the batch's references move to the fragments.
 *
 * The interface is that of io_uring's zerocopy sends: MSG_ZEROCOPY with a ubuf_info of
 * ours (msg_ubuf, the watcher) and a fill function of ours (sg_from_iter).  But our
 * usual watcher does not set SKBFL_ZEROCOPY_ENABLE.  So the skbs are ordinary ones with
 * ordinary page references, as from sendfile(2): freeing them calls no watcher, and
 * delivery to the same machine copies nothing.  Only ZCOPY_UNTIL_RELEASED has to know
 * of the release and uses a real watcher, which has both effects.  Fragments stay with
 * their watcher in the stack; README.md has a table of the exceptions, which are
 * handled here.
 *
 * SECURITY: an skb is marked SKBFL_SHARED_FRAG before it gets a fragment here, so that
 * the fragment is not written to in place.
 */
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "batch.h"
#include "sink.h"

#include "compat/frags.h"

/*
 * Does an skb lose its watcher while its fragments stay?  A device that drops a clone
 * may report to the watcher of all clones (skb_tx_error()).  Delivery to this machine
 * copies the fragments of a packet, but not those of packets on its frag_list.
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

	/* RACE: module unload waits for this section; see zc_xfer_free(). */
	rcu_read_lock_bh();
	if (skb && zc_watch_robbed(skb, success))
		WRITE_ONCE(w->robbed, true);
	/* A socket of this machine, or a packet tap, got a copy of the bytes. */
	if (skb && !success)
		atomic64_add(skb->data_len, &w->copied);
	zc_watch_put(w);
	rcu_read_unlock_bh();
}

static const struct zc_ubuf_ops zc_watch_ops = {
	.complete	= zc_watch_complete,
};

/**
 * zc_watch_start - watch the skbs of a transfer
 * @w: zeroed; REF: with one reference, dropped by zc_watch_put()
 * @released: called once, when the last reference is dropped; in any context
 *
 * Context: Any.
 */
void zc_watch_start(struct zc_watch *w, void (*released)(struct zc_watch *w))
{
	w->released = released;
	/* Clones share the fragments; only delivery to this machine copies. */
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
 * Has the connection begun to probe for a larger MTU?  A probe takes fragments out of
 * queued skbs and has no watcher.  A connection begins to probe when it is made, or
 * when its packets seem to be lost because of their size; the timestamp of that stays
 * even if probing is switched off again.
 */
static bool zc_watch_probed(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return icsk->icsk_mtup.enabled ||
	       READ_ONCE(icsk->icsk_mtup.probe_timestamp);
}

/*
 * Will a watcher see every release?  It will, unless the administrator allows probes
 * later and packets are lost then.  Under the socket's lock the answer is final,
 * because probes are made under that lock.
 */
static bool zc_watch_holds(const struct sock *sk)
{
	return !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_mtu_probing) &&
	       !zc_watch_probed(sk);
}

/**
 * zc_watch_verdict - has the watcher seen every release?
 * @sink: a socket whose watcher has reported the release
 *
 * Context: The runner.
 * Return: 1 if the stack holds none of the pages; -ENOTRECOVERABLE if it may hold
 * pages that are no longer watched, so that their release will not be reported.
 */
int zc_watch_verdict(const struct zc_sink *sink)
{
	const struct zc_watch *w = sink->watch;

	/* ORDER: pairs with zc_xfer_released(); the timestamp is set before a probe. */
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
	bool not_here;		/* sink_send.c has to send in its way */
};

/* Does nothing: skbs with this watcher are not marked as watched. */
static void zc_frags_complete(struct sk_buff *skb, struct ubuf_info *ubuf,
			      bool success)
{
}

static const struct zc_ubuf_ops zc_frags_ops = {
	.complete	= zc_frags_complete,
};

/* TCP returns the error, unless it has taken bytes before. */
static int zc_frags_not_here(struct zc_frags *f)
{
	f->not_here = true;
	return -EFAULT;
}

/*
 * Called by TCP under the socket's lock, with at most as many bytes as the skb has
 * room for.  Returns -EMSGSIZE if the skb's fragments are used up; TCP then starts
 * another skb.
 *
 * REF: an entry's reference moves to the fragment that ends the entry; the fragments
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

	/* RACE: the check before the lock may be out of date. */
	if (f->watch) {
		if (!zc_watch_holds(f->sk))
			return zc_frags_not_here(f);
		f->watch->used = true;
	}
	/*
	 * Charge the bytes to the socket, as for sendfile(2).  TCP would not,
	 * because pages of MSG_ZEROCOPY are already charged to their owner.
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

	/* Advance both the iterator and the batch, which owns the references. */
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
					  (zc_batch_waits(b) ? MSG_MORE : 0),
		.msg.msg_ubuf		= sink->watch ? &sink->watch->ubuf : &f.ubuf,
		.msg.sg_from_iter	= zc_frags_fill,
		.b			= b,
		.watch			= sink->watch,
		.sk			= sink->sock->sk,
	};
	ssize_t ret;

	/*
	 * RACE: if the program attaches an upper layer right after this check, the
	 * layer's sendmsg is called.  It refuses MSG_ZEROCOPY (TLS) or copies the
	 * bytes of the iterator (socket maps); it does not call the fill function.
	 */
	if (READ_ONCE(sink->sock->sk->sk_prot)->sendmsg != tcp_sendmsg)
		return -EOPNOTSUPP;
	if (f.watch && !zc_watch_holds(f.sk))
		return -EOPNOTSUPP;
	zc_ubuf_init(&f.ubuf, &zc_frags_ops, SKBFL_SHARED_FRAG);
	iov_iter_bvec(&f.msg.msg_iter, ITER_SOURCE, b->bv, b->nr, b->bytes);
	ret = sock_sendmsg(sink->sock, &f.msg);
	/* TCP itself copies if the route has no scatter/gather (sk_route_caps). */
	b->way = f.filled ? ZC_WAY_FRAGS : ZC_WAY_COPY;
	/* sink_send.c can go on with little memory, or wait. */
	return ret == -EFAULT && f.not_here ? -EOPNOTSUPP : ret;
}

#endif

/**
 * zc_sink_push_frags - give the pages of a batch to plain TCP
 * @sink: the socket
 * @b: not empty; REF: the first @taken references are consumed; @way is set if bytes
 *     were taken
 *
 * Context: Process context or worker, no lock held.  Does not wait for room.
 * Return: bytes taken; -EOPNOTSUPP, with nothing done, if the socket is not plain TCP
 * (any more), a watcher would miss releases, memory is short, or this kernel lacks the
 * interface; or the error of the send.
 */
ssize_t zc_sink_push_frags(const struct zc_sink *sink, struct zc_batch *b)
{
#if ZC_SEND_FRAGS
	return zc_frags_send(sink, b);
#else
	return -EOPNOTSUPP;
#endif
}
