/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lets us fill the fragments of a socket's skbs: msg_ubuf and sg_from_iter of struct
 * msghdr, which io_uring's zerocopy sends use.
 */
#ifndef ZC_COMPAT_FRAGS_H
#define ZC_COMPAT_FRAGS_H

#include <linux/skbuff.h>
#include <linux/socket.h>
#include <net/sock.h>

/*
 * struct zc_ubuf_ops - callbacks of a watcher of skbs (struct ubuf_info)
 *
 * COMPAT: probe ubuf_info_ops; goes when 6.1 does.
 */
#if ZC_HAVE_ubuf_info_ops
#define zc_ubuf_ops ubuf_info_ops
#else
struct zc_ubuf_ops {
	void (*complete)(struct sk_buff *skb, struct ubuf_info *ubuf,
			 bool success);
};
#endif

/**
 * zc_ubuf_init - set up a watcher with one reference
 * @ubuf: the watcher
 * @ops: its callbacks
 * @flags: SKBFL_* for the skbs that it watches
 */
static inline void zc_ubuf_init(struct ubuf_info *ubuf,
				const struct zc_ubuf_ops *ops, u8 flags)
{
#if ZC_HAVE_ubuf_info_ops
	ubuf->ops = ops;
#else
	ubuf->callback = ops->complete;
#endif
	ubuf->flags = flags;
	refcount_set(&ubuf->refcnt, 1);
}

/*
 * ZC_SG_FROM_ITER(name, skb, from, length) { ... }: defines a static function
 * for sg_from_iter, with those names for its parameters.  Its body fills
 * fragments and updates len, data_len and truesize of the skb.
 *
 * COMPAT: probe msg_sg_from_iter; goes when 6.1 does.
 */
#if ZC_HAVE_msg_sg_from_iter
#define ZC_SG_FROM_ITER(name, skb, from, length)			\
static int name(struct sk_buff *skb, struct iov_iter *from, size_t length)
#else
#define ZC_SG_FROM_ITER(name, skb, from, length)			\
static int __##name(struct sk_buff *skb, struct iov_iter *from, size_t length); \
static int name(struct sock *sk, struct sk_buff *skb,			\
		struct iov_iter *from, size_t length)			\
{									\
	unsigned int before = skb->truesize;				\
	int ret = __##name(skb, from, length);				\
									\
	sk_wmem_queued_add(sk, skb->truesize - before);			\
	if (!skb_zcopy_pure(skb))					\
		sk_mem_charge(sk, skb->truesize - before);		\
	return ret;							\
}									\
static int __##name(struct sk_buff *skb, struct iov_iter *from, size_t length)
#endif

#endif
