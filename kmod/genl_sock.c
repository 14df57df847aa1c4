// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink sockets that submitted live transfers and get their completions.  A
 * reference to the socket is kept, not its port number: after a close the number may
 * belong to another user's socket.  The reference is dropped when the socket is
 * closed, so that a long transfer does not pin the socket's messages and network
 * namespace.  Takes a bucket's lock, and no other inside.
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
 * REF: each of its live transfers has a reference.
 */
struct zc_genl_sock {
	refcount_t ref;
	struct hlist_node link;
	const struct net *net;		/* only a key, not a reference */
	u32 portid;			/* only a key */
	struct sock *sk;		/* REF; NULL after its close */
};

static struct zc_genl_sock_bucket {
	spinlock_t lock;		/* protects live and the entries' sk */
	struct hlist_head live;
} zc_genl_socks[1 << ZC_GENL_SOCK_BITS];

/* SECURITY: users choose port numbers, but must not choose the hash bucket. */
static siphash_key_t zc_genl_sock_key;

static struct zc_genl_sock_bucket *zc_genl_sock_bucket(const struct net *net,
						       u32 portid)
{
	u64 hash = siphash_2u64((unsigned long)net, portid, &zc_genl_sock_key);

	return &zc_genl_socks[hash & (ARRAY_SIZE(zc_genl_socks) - 1)];
}

/* REF: returns a reference.  Called under the bucket's lock. */
static struct zc_genl_sock *zc_genl_sock_find(struct zc_genl_sock_bucket *b,
					      const struct sock *sk)
{
	struct zc_genl_sock *s;

	lockdep_assert_held(&b->lock);
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
 * @sk: the socket; the caller is in a sendmsg(2) on it
 * @portid: its port number
 *
 * Context: Process context of the sender, may sleep.
 * Return: the entry, with a reference for zc_genl_sock_put(); NULL without memory.
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
	/* RACE: another thread that sends through the socket may have added it. */
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
 * zc_genl_sock_put - drop a transfer's reference to its netlink socket
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

/* REF: returns a reference, or NULL if the socket was closed. */
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
 * Return: false if it was closed; after true it may be closed at any time.
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
 * If the socket is full its next call fails with ENOBUFS, because a completion is sent
 * only once.  That also holds with NETLINK_NO_ENOBUFS, which cannot be seen from here.
 *
 * RACE: if the socket is closed meanwhile, its last reference, perhaps ours, frees it
 * together with the message.
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

/* REF: takes a closed socket out of the table and returns its reference, or NULL. */
static struct sock *zc_genl_sock_closed(const struct net *net, u32 portid)
{
	struct zc_genl_sock_bucket *b = zc_genl_sock_bucket(net, portid);
	struct sock *sk = NULL;
	struct zc_genl_sock *s;

	spin_lock(&b->lock);
	hlist_for_each_entry(s, &b->live, link) {
		/* RACE: a new, live socket may have the port number by now. */
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

/* Called for each netlink socket when it is closed, before it is freed */
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
 * zc_genl_sock_exit - stop; no transfer is left, so the table is empty
 *
 * Context: Module unload, sleeps.
 */
void zc_genl_sock_exit(void)
{
	netlink_unregister_notifier(&zc_genl_sock_notifier);
}
