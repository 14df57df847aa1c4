/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fifo.c - order of the transfers to one socket
 */
#ifndef ZC_FIFO_H
#define ZC_FIFO_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/zcopy.h>

struct sock;

/* struct zc_fifo - a transfer's place in the line of its socket */
struct zc_fifo {
	const struct sock *sk;
	struct hlist_node bucket;	/* of the head: link in its bucket */
	struct list_head line;		/* of the head: list of the rest; else: link */
	u8 until;			/* which line of the socket: enum zcopy_until;
					 * ZCOPY_UNTIL_QUEUED: the first
					 */
	bool queued;			/* under the bucket's lock */
	bool head;			/* likewise; may be read without the lock */
};

void zc_fifo_init(void);
bool zc_fifo_enter(struct zc_fifo *f, const struct sock *sk);
bool zc_fifo_enter_first(struct zc_fifo *f, const struct sock *sk);
bool zc_fifo_enter_sent(struct zc_fifo *f, const struct sock *sk, enum zcopy_until until);
void zc_fifo_leave(struct zc_fifo *f, void (*tell)(struct zc_fifo *next));

/* For a transfer without a socket: it waits for no other. */
static inline void zc_fifo_alone(struct zc_fifo *f)
{
	f->head = true;
}

static inline bool zc_fifo_is_head(const struct zc_fifo *f)
{
	return READ_ONCE(f->head);
}

#endif /* ZC_FIFO_H */
