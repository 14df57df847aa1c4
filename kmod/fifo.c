// SPDX-License-Identifier: GPL-2.0
/*
 * Order of the transfers to one socket: first come, first served, never mixed,
 * whichever door they came through.  The head of each socket's line is found
 * by the socket's address; the others hang on the head.  Those whose bytes the
 * socket has, but that wait for the peer, have a second line: it keeps their
 * completions in order.  Takes its bucket's lock; allocates nothing, so it
 * cannot fail.
 */
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/spinlock.h>

#include "fifo.h"

#define ZC_FIFO_BITS	10

static struct zc_fifo_bucket {
	spinlock_t lock;	/* heads, and all that hangs on them */
	struct hlist_head heads;
} zc_fifo_table[1 << ZC_FIFO_BITS];

static struct zc_fifo_bucket *zc_fifo_bucket(const struct sock *sk)
{
	return &zc_fifo_table[hash_ptr(sk, ZC_FIFO_BITS)];
}

/**
 * zc_fifo_init - set up the table
 *
 * Context: Module load.
 */
void zc_fifo_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zc_fifo_table); i++) {
		spin_lock_init(&zc_fifo_table[i].lock);
		INIT_HLIST_HEAD(&zc_fifo_table[i].heads);
	}
}

static bool zc_fifo_enter_line(struct zc_fifo *f, const struct sock *sk, bool acks)
{
	struct zc_fifo_bucket *b = zc_fifo_bucket(sk);
	struct zc_fifo *head;

	f->sk = sk;
	f->acks = acks;
	f->queued = true;
	spin_lock(&b->lock);
	hlist_for_each_entry(head, &b->heads, bucket) {
		if (head->sk != sk || head->acks != acks)
			continue;
		list_add_tail(&f->line, &head->line);
		spin_unlock(&b->lock);
		return false;
	}
	hlist_add_head(&f->bucket, &b->heads);
	INIT_LIST_HEAD(&f->line);
	WRITE_ONCE(f->head, true);
	spin_unlock(&b->lock);
	return true;
}

/**
 * zc_fifo_enter - queue up for a socket
 * @f: not queued
 * @sk: the socket, held by the caller until zc_fifo_leave()
 *
 * Context: Process context.
 * Return: true if the line was empty and it is @f's turn.
 */
bool zc_fifo_enter(struct zc_fifo *f, const struct sock *sk)
{
	return zc_fifo_enter_line(f, sk, false);
}

/**
 * zc_fifo_enter_acks - queue up for what a socket's peer will acknowledge
 * @f: not queued
 * @sk: the socket, held by the caller until zc_fifo_leave()
 *
 * Context: Process context or worker; the head of the other line.
 * Return: true if the line was empty and it is @f's turn.
 */
bool zc_fifo_enter_acks(struct zc_fifo *f, const struct sock *sk)
{
	return zc_fifo_enter_line(f, sk, true);
}

/**
 * zc_fifo_leave - leave the line of a socket, from wherever in it
 * @f: the place; may not be queued
 * @tell: called with the place whose turn it is now because of this, if there
 *        is one; under the bucket's lock, so it only marks, queues and wakes
 *
 * RACE: once it is the head, the next one may run, end and be gone.  It has to
 * leave the line for that, which waits for the lock: it is told first.
 *
 * Context: Process context or worker.
 */
void zc_fifo_leave(struct zc_fifo *f, void (*tell)(struct zc_fifo *next))
{
	struct zc_fifo_bucket *b;
	struct zc_fifo *next;

	if (!f->queued)
		return;
	b = zc_fifo_bucket(f->sk);
	spin_lock(&b->lock);
	f->queued = false;
	if (!f->head) {
		list_del(&f->line);
	} else {
		hlist_del(&f->bucket);
		next = list_first_entry_or_null(&f->line, struct zc_fifo, line);
		if (next) {
			list_del(&next->line);
			INIT_LIST_HEAD(&next->line);
			list_splice_init(&f->line, &next->line);
			hlist_add_head(&next->bucket, &b->heads);
			WRITE_ONCE(next->head, true);
			tell(next);
		}
	}
	spin_unlock(&b->lock);
}
