/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sink.c - the socket of a transfer
 * sink_send.c - sending pages in the ways that the kernel offers
 * sink_frags.c - one of them: fragments of plain TCP
 * sink_path.c - whether the bytes are copied on their way
 * sink_tls.c - the kernel's TLS
 * sink_record.c - control records of TLS, also the one with which its stream ends
 */
#ifndef ZC_SINK_H
#define ZC_SINK_H

#include <linux/atomic.h>
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "sink_path.h"

struct file;
struct netlink_ext_ack;
struct zc_batch;

/* struct zc_watch - reports when the network stack has released a transfer's pages */
struct zc_watch {
	struct ubuf_info ubuf;	/* REF: one of the transfer, one per skb */
	atomic64_t copied;	/* bytes that delivery to this machine copied */
	bool used;		/* the runner's: fragments went out with it */
	bool robbed;		/* some fragments lost their watcher; never cleared */
	void (*released)(struct zc_watch *w);
};

/* struct zc_sink - one connected TCP socket */
struct zc_sink {
	struct file *file;	/* REF: unless @borrowed; pins socket and namespace */
	struct socket *sock;
	u32 retrans;		/* retransmitted segments before submission */
	struct zc_watch *watch;	/* the transfer's; NULL without ZCOPY_UNTIL_RELEASED */
	int disconnects;	/* number of disconnects before submission */
	u64 goal;		/* wait until bytes_acked of the connection is this */
	u64 acked;		/* bytes_acked at the last look */
	bool borrowed;		/* the submitter's system call holds the file */
	bool said_end;		/* TLS has taken the record that ends the stream */
};

int zc_sink_init(struct zc_sink *sink, struct file *file,
		 struct netlink_ext_ack *extack);
long zc_sink_offer(const struct zc_sink *sink);
bool zc_sink_full(const struct zc_sink *sink);
bool zc_sink_worth_a_try(const struct zc_sink *sink, u64 left);
u64 zc_sink_room(const struct zc_sink *sink);
u32 zc_sink_retrans(const struct zc_sink *sink);
int zc_sink_interrupted(const struct zc_sink *sink);
bool zc_sink_flush(const struct zc_sink *sink, bool record);
unsigned int zc_sink_settle(const struct zc_sink *sink, bool close);
bool zc_sink_unsent(const struct zc_sink *sink);
bool zc_sink_replaced(const struct zc_sink *sink);
int zc_sink_gone(const struct zc_sink *sink);
void zc_sink_shutdown(const struct zc_sink *sink);
bool zc_sink_slow_close(const struct zc_sink *sink);
bool zc_sink_held(const struct zc_sink *sink, bool sleeps);
void zc_sink_drop(struct zc_sink *sink, bool sync);

/* What the peer has acknowledged */
void zc_sink_note_end(struct zc_sink *sink);
void zc_sink_watch_acks(const struct zc_sink *sink);
int zc_sink_acked(struct zc_sink *sink, bool *ahead);
bool zc_sink_followed(const struct zc_sink *sink);

/* Flags of every send: the runner waits for room, and SIGPIPE is not wanted. */
#define ZC_SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)

/* sink_send.c */
ssize_t zc_sink_push(const struct zc_sink *sink, struct zc_batch *b);
bool zc_sink_by_ref(void);
bool zc_sink_takes(const struct zc_sink *sink, u64 bytes);

/* sink_frags.c */
ssize_t zc_sink_push_frags(const struct zc_sink *sink, struct zc_batch *b);
void zc_watch_start(struct zc_watch *w, void (*released)(struct zc_watch *w));
void zc_watch_put(struct zc_watch *w);
int zc_watch_verdict(const struct zc_sink *sink);

/* sink_copy.c */
ssize_t zc_sink_push_copies(const struct zc_sink *sink, struct zc_batch *b);

/* sink_record.c */
int zc_sink_check_record(const struct zc_sink *sink, struct netlink_ext_ack *extack);
ssize_t zc_sink_push_record(const struct zc_sink *sink, struct zc_batch *b);
int zc_sink_say_end(struct zc_sink *sink);

/* sink_path.c */
int zc_sink_copies(const struct zc_sink *sink, enum zc_way way);

#endif /* ZC_SINK_H */
