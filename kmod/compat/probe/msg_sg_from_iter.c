// SPDX-License-Identifier: GPL-2.0
// A caller may fill fragments itself; the core charges them: 6.11; in 6.12, 7.2, not in 6.1.
#include <linux/skbuff.h>
#include <linux/socket.h>

void zc_probe(struct msghdr *msg,
	      int (*fill)(struct sk_buff *skb, struct iov_iter *from, size_t length));
void zc_probe(struct msghdr *msg,
	      int (*fill)(struct sk_buff *skb, struct iov_iter *from, size_t length))
{
	msg->sg_from_iter = fill;
}
