// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink sockets that live transfers came from, to be told of their ends.
 * A socket's port number is another socket's as soon as it is closed, perhaps
 * another user's; so what is kept is the socket.  It is let go when it is
 * closed, however long its transfers live: what waits in it, and its network
 * namespace, are not theirs to keep.  Takes its bucket's lock and nothing inside.
 */
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/sock.h>

#include "genl.h"

#define ZC_GENL_SOCK_BITS	8

/*
 * struct zc_genl_sock - a netlink socket
 *
 * REF: each of its transfers that has not ended has one.
 */
struct zc_genl_sock {
	refcount_t ref;
	struct hlist_node link;
	const struct net *net;		/* a key, and only that */
	u32 portid;			/* the same */
	struct sock *sk;		/* REF; NULL: was closed */
};

static struct zc_genl_sock_bucket {
	spinlock_t lock;		/* live, and their sk */
	struct hlist_head live;
} zc_genl_socks[1 << ZC_GENL_SOCK_BITS];

/* Port numbers are their users' choice; where they are kept is not. */
static siphash_key_t zc_genl_sock_key;

static struct zc_genl_sock_bucket *zc_genl_sock_bucket(const struct net *net,
						       u32 portid)
{
	u64 hash = siphash_2u64((unsigned long)net, portid, &zc_genl_sock_key);

	return &zc_genl_socks[hash & (ARRAY_SIZE(zc_genl_socks) - 1)];
}

/* REF: returns with a reference.  Under the bucket's lock. */
static struct zc_genl_sock *zc_genl_sock_find(struct zc_genl_sock_bucket *b,
					      const struct sock *sk)
{
	struct zc_genl_sock *s;

	hlist_for_each_entry(s, &b->live, link) {
		if (s->sk == sk) {
			refcount_inc(&s->ref);
			return s;
		}
	}
	return NULL;
}

/**
 * zc_genl_sock_get - remember the netlink socket that a message came through
 * @sk: the socket, being sent to
 * @portid: its number
 *
 * Context: Process context of the sender, may sleep.
 * Return: what zc_genl_sock_put() takes, or NULL: no memory.
 */
struct zc_genl_sock *zc_genl_sock_get(struct sock *sk, u32 portid)
{
	struct zc_genl_sock_bucket *b = zc_genl_sock_bucket(sock_net(sk), portid);
	struct zc_genl_sock *s, *new;

	spin_lock(&b->lock);
	s = zc_genl_sock_find(b, sk);
	spin_unlock(&b->lock);
	if (s)
		return s;
	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	refcount_set(&new->ref, 1);
	new->net = sock_net(sk);
	new->portid = portid;
	new->sk = sk;
	spin_lock(&b->lock);
	/* RACE: another thread that sends through it may have been faster. */
	s = zc_genl_sock_find(b, sk);
	if (!s) {
		sock_hold(sk);
		hlist_add_head(&new->link, &b->live);
	}
	spin_unlock(&b->lock);
	if (!s)
		return new;
	kfree(new);
	return s;
}

/**
 * zc_genl_sock_put - a transfer that came from a netlink socket is over
 * @s: the socket.  REF: the reference is consumed
 *
 * Context: Process context or worker.
 */
void zc_genl_sock_put(struct zc_genl_sock *s)
{
	struct zc_genl_sock_bucket *b = zc_genl_sock_bucket(s->net, s->portid);
	bool last;

	spin_lock(&b->lock);
	last = refcount_dec_and_test(&s->ref);
	if (last)
		hlist_del_init(&s->link);
	spin_unlock(&b->lock);
	if (!last)
		return;
	if (s->sk)
		sock_put(s->sk);
	kfree(s);
}

/* REF: returns with a reference; NULL if it was closed. */
static struct sock *zc_genl_sock_hold(const struct zc_genl_sock *s)
{
	struct zc_genl_sock_bucket *b = zc_genl_sock_bucket(s->net, s->portid);
	struct sock *sk;

	spin_lock(&b->lock);
	sk = s->sk;
	if (sk)
		sock_hold(sk);
	spin_unlock(&b->lock);
	return sk;
}

/**
 * zc_genl_sock_open - is the socket still open?
 * @s: the socket
 *
 * Context: Process context or worker.
 * Return: false if it was closed; true may be over by now.
 */
bool zc_genl_sock_open(const struct zc_genl_sock *s)
{
	struct sock *sk = zc_genl_sock_hold(s);
	bool open = sk && !sock_flag(sk, SOCK_DEAD);

	if (sk)
		sock_put(sk);
	return open;
}

/**
 * zc_genl_sock_tell - put a message into a netlink socket
 * @s: the socket
 * @msg: the message, complete.  REF: consumed
 *
 * A full socket gets ENOBUFS for its next call, also if it asked to be spared
 * that (NETLINK_NO_ENOBUFS, which cannot be seen from here): the end of a
 * transfer is told once.
 *
 * RACE: a socket closed meanwhile is freed with what was put into it, by its last
 * reference, which may be the one here.
 *
 * Context: Process context or worker.
 * Return: false if the message was lost for want of room.  A message to a closed
 * socket does not count as lost.
 */
bool zc_genl_sock_tell(const struct zc_genl_sock *s, struct sk_buff *msg)
{
	struct sock *sk = zc_genl_sock_hold(s);
	int err = -ENOTCONN;

	if (sk && !sock_flag(sk, SOCK_DEAD))
		err = sock_queue_rcv_skb(sk, msg);
	if (err)
		kfree_skb(msg);
	if (err == -ENOMEM || err == -ENOBUFS) {
		WRITE_ONCE(sk->sk_err, ENOBUFS);
		sk_error_report(sk);
	}
	if (sk && sock_flag(sk, SOCK_DEAD))
		err = -ENOTCONN;
	if (sk)
		sock_put(sk);
	return err != -ENOMEM && err != -ENOBUFS;
}

/* REF: of a socket that was closed, the reference that was here; or NULL. */
static struct sock *zc_genl_sock_closed(const struct net *net, u32 portid)
{
	struct zc_genl_sock_bucket *b = zc_genl_sock_bucket(net, portid);
	struct sock *sk = NULL;
	struct zc_genl_sock *s;

	spin_lock(&b->lock);
	hlist_for_each_entry(s, &b->live, link) {
		/* RACE: the number may be a new socket's by now: that one lives. */
		if (s->net == net && s->portid == portid &&
		    sock_flag(s->sk, SOCK_DEAD)) {
			swap(sk, s->sk);
			hlist_del_init(&s->link);
			break;
		}
	}
	spin_unlock(&b->lock);
	return sk;
}

/* Of every netlink socket of the machine, when it is closed, before it is freed */
static int zc_genl_sock_released(struct notifier_block *nb, unsigned long event,
				 void *data)
{
	const struct netlink_notify *n = data;
	struct sock *sk;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	while ((sk = zc_genl_sock_closed(n->net, n->portid)))
		sock_put(sk);
	return NOTIFY_DONE;
}

static struct notifier_block zc_genl_sock_notifier = {
	.notifier_call	= zc_genl_sock_released,
};

/**
 * zc_genl_sock_init - set up the table
 *
 * Context: Module load.
 * Return: 0 or a negative errno.
 */
int zc_genl_sock_init(void)
{
	unsigned int i;

	get_random_bytes(&zc_genl_sock_key, sizeof(zc_genl_sock_key));
	for (i = 0; i < ARRAY_SIZE(zc_genl_socks); i++) {
		spin_lock_init(&zc_genl_socks[i].lock);
		INIT_HLIST_HEAD(&zc_genl_socks[i].live);
	}
	return netlink_register_notifier(&zc_genl_sock_notifier);
}

/**
 * zc_genl_sock_exit - the table is empty: no transfer is left
 *
 * Context: Module unload, sleeps.
 */
void zc_genl_sock_exit(void)
{
	netlink_unregister_notifier(&zc_genl_sock_notifier);
}
