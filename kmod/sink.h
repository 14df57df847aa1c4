/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sink.c - the socket of a transfer
 * sink_send.c - the kernel's ways to take pages
 * sink_frags.c - one of them: fragments of plain TCP
 */
#ifndef ZC_SINK_H
#define ZC_SINK_H

#include <linux/net.h>
#include <linux/types.h>

struct file;
struct netlink_ext_ack;
struct zc_batch;

/* struct zc_sink - one connected TCP socket */
struct zc_sink {
	struct file *file;	/* REF: ours, pins socket and namespace */
	struct socket *sock;
	u32 retrans;		/* of the connection at submission */
};

int zc_sink_init(struct zc_sink *sink, struct file *file,
		 struct netlink_ext_ack *extack);
long zc_sink_offer(const struct zc_sink *sink);
u64 zc_sink_room(const struct zc_sink *sink);
int zc_sink_copies(const struct zc_sink *sink);
u32 zc_sink_retrans(const struct zc_sink *sink);
void zc_sink_flush(const struct zc_sink *sink);
void zc_sink_drop(struct zc_sink *sink, bool sync);

/* How we send: waiting for room is not the socket's business, nor is SIGPIPE. */
#define ZC_SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)

/* sink_send.c */
ssize_t zc_sink_push(const struct zc_sink *sink, struct zc_batch *b);
bool zc_sink_by_ref(void);

/* sink_frags.c */
ssize_t zc_sink_push_frags(const struct zc_sink *sink, struct zc_batch *b);

#endif /* ZC_SINK_H */
