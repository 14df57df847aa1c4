// SPDX-License-Identifier: GPL-2.0
// A caller may fill fragments itself, and charges them itself: 6.0; in 6.1, not in 6.12.
#include <linux/skbuff.h>
#include <linux/socket.h>

void zc_probe(struct msghdr *msg,
	      int (*fill)(struct sock *sk, struct sk_buff *skb, struct iov_iter *from,
			  size_t length));
void zc_probe(struct msghdr *msg,
	      int (*fill)(struct sock *sk, struct sk_buff *skb, struct iov_iter *from,
			  size_t length))
{
	msg->sg_from_iter = fill;
}
