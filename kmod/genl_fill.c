// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers, counters and features as netlink attributes.  Takes no lock.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "account.h"
#include "caps.h"
#include "genl.h"
#include "net.h"
#include "xfer.h"

static int zc_genl_fill_end(struct sk_buff *skb, int attr, u16 family,
			    __be16 port, const struct in6_addr *addr)
{
	struct sockaddr_in6 in6 = {
		.sin6_family	= AF_INET6,
		.sin6_port	= port,
		.sin6_addr	= *addr,
	};
	struct sockaddr_in in = {
		.sin_family		= AF_INET,
		.sin_port		= port,
		.sin_addr.s_addr	= addr->s6_addr32[0],
	};

	if (family == AF_INET6)
		return nla_put(skb, attr, sizeof(in6), &in6);
	return nla_put(skb, attr, sizeof(in), &in);
}

static int zc_genl_fill_ends(struct sk_buff *skb, const struct zc_ends *e)
{
	return zc_genl_fill_end(skb, ZCOPY_A_X_LOCAL, e->family, e->local_port,
				&e->local) ||
	       zc_genl_fill_end(skb, ZCOPY_A_X_PEER, e->family, e->peer_port,
				&e->peer);
}

/* The path is left out if it cannot be built. */
static int zc_genl_fill_file(struct sk_buff *skb, struct file *file)
{
	char *buf, *path;
	int err = 0;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return 0;
	path = file_path(file, buf, PATH_MAX);
	if (!IS_ERR(path))
		err = nla_put_string(skb, ZCOPY_A_X_FILE, path);
	kfree(buf);
	return err;
}

static int zc_genl_fill_result(struct sk_buff *skb, const struct zcopy_result *r)
{
	const int pad = ZCOPY_A_X_PAD;

	return nla_put_u64_64bit(skb, ZCOPY_A_X_ID, r->id, pad) ||
	       nla_put_u32(skb, ZCOPY_A_X_STATUS, r->status) ||
	       nla_put_u32(skb, ZCOPY_A_X_ERROR, r->error) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_BYTES_ASKED, r->bytes_asked, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_BYTES, r->bytes, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_BYTES_BY_REF, r->bytes_by_ref, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_BYTES_COPIED, r->bytes_copied, pad) ||
	       nla_put(skb, ZCOPY_A_X_COPIED, sizeof(r->copied), r->copied) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_COPIED_SMALL, r->copied_small, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_COPIED_POLICY, r->copied_policy, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_CACHE_HIT_BYTES,
				 r->cache_hit_bytes, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_CACHE_MISS_BYTES,
				 r->cache_miss_bytes, pad) ||
	       nla_put_u32(skb, ZCOPY_A_X_SOCKET_WAITS, r->socket_waits) ||
	       nla_put_u32(skb, ZCOPY_A_X_DISK_WAITS, r->disk_waits) ||
	       nla_put_u32(skb, ZCOPY_A_X_RETRANS, r->retrans) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_QUEUED_NS, r->queued_ns, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_FIRST_BYTE_NS,
				 r->first_byte_ns, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_LAST_BYTE_NS,
				 r->last_byte_ns, pad) ||
	       nla_put_u64_64bit(skb, ZCOPY_A_X_DURATION_NS,
				 r->duration_ns, pad);
}

/* What a worker is doing for the transfer and for how long; nothing if none is. */
static int zc_genl_fill_turn(struct sk_buff *skb, const struct zc_xfer *x)
{
	static const char *const words[] = {
		[ZC_DOING_READ]		= "reading",
		[ZC_DOING_SEND]		= "sending",
		[ZC_DOING_CLOSE]	= "closing",
	};
	unsigned long since = READ_ONCE(x->since);
	u8 doing = READ_ONCE(x->doing);

	if (x->sync || doing == ZC_DOING_NOTHING)
		return 0;
	return nla_put_u64_64bit(skb, ZCOPY_A_X_TURN_NS,
				 jiffies_to_nsecs(jiffies - since),
				 ZCOPY_A_X_PAD) ||
	       nla_put_string(skb, ZCOPY_A_X_TURN_IN, words[doing]) ||
	       nla_put_u32(skb, ZCOPY_A_X_WORKER, READ_ONCE(x->doer));
}

/* Shown only to a receiver with rights over the submitter */
static int zc_genl_fill_submitter(struct sk_buff *skb, const struct zc_xfer *x,
				  pid_t pid)
{
	return nla_put_u64_64bit(skb, ZCOPY_A_X_COOKIE, x->terms.cookie,
				 ZCOPY_A_X_PAD) ||
	       nla_put_u32(skb, ZCOPY_A_X_PID, pid) ||
	       nla_put_string(skb, ZCOPY_A_X_COMM, x->comm) ||
	       zc_genl_fill_turn(skb, x);
}

/**
 * zc_genl_fill_transfer - add a transfer to a message
 * @skb: the message
 * @x: the transfer
 * @view: how much of it is shown; the caller holds the file
 *
 * Context: Process context or worker; sleeps only with a file.
 * Return: 0, or -EMSGSIZE with @skb as before.
 */
int zc_genl_fill_transfer(struct sk_buff *skb, const struct zc_xfer *x,
			  const struct zc_genl_view *view)
{
	struct zcopy_result res;
	struct nlattr *nest;

	nest = nla_nest_start(skb, ZCOPY_A_TRANSFER);
	if (!nest)
		return -EMSGSIZE;
	zc_account_result(x, &res);
	if (zc_genl_fill_result(skb, &res) ||
	    nla_put_u32(skb, ZCOPY_A_X_UID,
			from_kuid_munged(view->user_ns, x->cred->euid)) ||
	    (view->submitter && zc_genl_fill_submitter(skb, x, view->pid)) ||
	    nla_put_u32(skb, ZCOPY_A_X_STATE, READ_ONCE(x->state)) ||
	    nla_put_u64_64bit(skb, ZCOPY_A_X_RATE, READ_ONCE(x->rate),
			      ZCOPY_A_X_PAD) ||
	    nla_put_u32(skb, ZCOPY_A_X_UNTIL, x->terms.until) ||
	    nla_put_u32(skb, ZCOPY_A_X_SINK, x->sink_nr) ||
	    (x->ends.family && zc_genl_fill_ends(skb, &x->ends)) ||
	    nla_put_u32(skb, ZCOPY_A_X_NETNS, x->netns) ||
	    (view->file && zc_genl_fill_file(skb, view->file))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * zc_genl_fill_stats - add all counters of a namespace to a message
 * @msg: the message
 * @skb: the question
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int zc_genl_fill_stats(struct sk_buff *msg, const struct sk_buff *skb)
{
	const struct zc_stats *st = &zc_net(sock_net(skb->sk))->stats;
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; i < ZC_STAT_NR; i++) {
		nest = nla_nest_start(msg, ZCOPY_A_COUNTER);
		if (!nest ||
		    nla_put_string(msg, ZCOPY_A_C_NAME, zc_stats_name(i)) ||
		    nla_put_u64_64bit(msg, ZCOPY_A_C_VALUE, zc_stats_read(st, i),
				      ZCOPY_A_C_PAD) ||
		    nla_put_string(msg, ZCOPY_A_C_HELP, zc_stats_help(i)))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

/**
 * zc_genl_fill_query - add features and limits to a message
 * @msg: the message
 * @skb: the question
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int zc_genl_fill_query(struct sk_buff *msg, const struct sk_buff *skb)
{
	struct zcopy_query q = {};
	struct nlattr *nest;

	zc_caps_describe(&q);
	nest = nla_nest_start(msg, ZCOPY_A_QUERY);
	if (!nest ||
	    nla_put_u64_64bit(msg, ZCOPY_A_Q_FEATURES, q.features,
			      ZCOPY_A_Q_PAD) ||
	    nla_put_u64_64bit(msg, ZCOPY_A_Q_SEND_FLAGS, q.send_flags,
			      ZCOPY_A_Q_PAD) ||
	    nla_put_u64_64bit(msg, ZCOPY_A_Q_VERBS, q.verbs, ZCOPY_A_Q_PAD) ||
	    nla_put_u32(msg, ZCOPY_A_Q_MAX_ELEMS, q.max_elems) ||
	    nla_put_u32(msg, ZCOPY_A_Q_MAX_SINKS, q.max_sinks) ||
	    nla_put_u32(msg, ZCOPY_A_Q_MAX_MEMORY, q.max_memory) ||
	    nla_put_u32(msg, ZCOPY_A_Q_MAX_TRANSFERS, q.max_transfers) ||
	    nla_put_string(msg, ZCOPY_A_Q_VERSION, q.version))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
