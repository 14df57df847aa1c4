// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: the cost of the network stack alone, for bytes that are ready in memory,
 * without a file and without any accounting.  Each call sends 2 MiB of the module's own
 * pages, again and again, to a blocking socket, through the same two ways into TCP that
 * zcopy uses.  For measurements in guests only; not a part of zcopy.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/answers.h"
#include "compat/iter.h"
#include "compat/send.h"
#include "floor.h"

#define FLOOR_ORDER	(ilog2(FLOOR_CALL) - PAGE_SHIFT)
#define FLOOR_PAGES	(FLOOR_CALL / PAGE_SIZE)

/* The pieces that one call sends, in two kinds; made at load, then constant */
static struct bio_vec floor_small[FLOOR_PAGES];
static struct bio_vec floor_huge[1];

#if ZC_SEND_SENDPAGE

static int floor_call(struct socket *sock, const struct bio_vec *bv,
		      unsigned int nr, int flags)
{
	struct sock *sk = sock->sk;
	unsigned int i;
	int sent = 0;
	int ret = 0;

	lock_sock(sk);
	for (i = 0; i < nr; i++) {
		int more = i + 1 < nr ? MSG_MORE | MSG_SENDPAGE_NOTLAST : flags;

		ret = kernel_sendpage_locked(sk, bv[i].bv_page, 0,
					     bv[i].bv_len, more);
		if (ret > 0)
			sent += ret;
		if (ret != bv[i].bv_len)
			break;
	}
	release_sock(sk);
	return sent ? sent : ret;
}

#else

static int floor_call(struct socket *sock, const struct bio_vec *bv,
		      unsigned int nr, int flags)
{
	struct msghdr msg = {};

#if ZC_SEND_SPLICE
	msg.msg_flags = MSG_SPLICE_PAGES | flags;
#else
	msg.msg_flags = flags;
#endif
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, nr, FLOOR_CALL);
	return sock_sendmsg(sock, &msg);
}

#endif

static int floor_send(struct socket *sock, const struct floor_send *s)
{
	const struct bio_vec *bv = s->huge ? floor_huge : floor_small;
	unsigned int nr = s->huge ? 1 : FLOOR_PAGES;
	u64 left = s->bytes;
	int ret;

	while (left) {
		left -= FLOOR_CALL;
		ret = floor_call(sock, bv, nr, left ? MSG_MORE : 0);
		if (ret != FLOOR_CALL)
			return ret < 0 ? ret : -EINTR;
	}
	return 0;
}

static long floor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct floor_send s;
	struct socket *sock;
	int err;

	if (cmd != FLOOR_IOC_SEND)
		return -ENOTTY;
	if (copy_from_user(&s, (void __user *)arg, sizeof(s)))
		return -EFAULT;
	if (!s.bytes || s.bytes % FLOOR_CALL)
		return -EINVAL;
	sock = sockfd_lookup(s.fd, &err);
	if (!sock)
		return err;
	if (sock->sk->sk_protocol == IPPROTO_TCP)
		err = floor_send(sock, &s);
	else
		err = -EOPNOTSUPP;
	sockfd_put(sock);
	return err;
}

static const struct file_operations floor_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= floor_ioctl,
};

static struct miscdevice floor_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "zcopy-floor",
	.fops	= &floor_fops,
	.mode	= 0600,
};

static void floor_free(void)
{
	unsigned int i;

	for (i = 0; i < FLOOR_PAGES; i++)
		if (floor_small[i].bv_page)
			put_page(floor_small[i].bv_page);
	if (floor_huge[0].bv_page)
		put_page(floor_huge[0].bv_page);
}

/*
 * The network stack would join neighbouring pages of memory into one fragment, which
 * the pages of a file seldom allow.  So pages that are allocated one after the other
 * are sent 31 places apart.
 */
static unsigned int __init floor_place(unsigned int i)
{
	return i * 31 % FLOOR_PAGES;
}

static int __init floor_add(struct bio_vec *bv, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP,
					order);

	if (!page)
		return -ENOMEM;
	bvec_set_page(bv, page, PAGE_SIZE << order, 0);
	return 0;
}

static int __init floor_init(void)
{
	unsigned int i;
	int err;

	BUILD_BUG_ON(FLOOR_PAGES % 31 == 0);
	err = floor_add(&floor_huge[0], FLOOR_ORDER);
	for (i = 0; i < FLOOR_PAGES && !err; i++)
		err = floor_add(&floor_small[floor_place(i)], 0);
	if (!err)
		err = misc_register(&floor_misc);
	if (err)
		floor_free();
	return err;
}

static void __exit floor_exit(void)
{
	misc_deregister(&floor_misc);
	floor_free();
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_DESCRIPTION("Measures what a TCP socket takes for pages that are ready");
MODULE_LICENSE("GPL");
