// SPDX-License-Identifier: GPL-2.0
/*
 * The order of the transfers to one socket: first come, first served, their bytes
 * never mixed, whichever entry point they came through.  The head of each
 * socket's line is found by the socket's address; a list in the head has the
 * rest of the line.  Transfers whose bytes the socket has, but that wait for the
 * peer, have a second line for each level (enum zcopy_until), which keeps the
 * completions of that level in order.  Takes its bucket's lock; allocates nothing, so
 * it cannot fail.
 */
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/spinlock.h>

#include "fifo.h"

#define ZC_FIFO_BITS	10

static struct zc_fifo_bucket {
	spinlock_t lock;	/* for the heads and their lines */
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

/* With @behind it queues up in a line that is there already. */
static bool zc_fifo_enter_line(struct zc_fifo *f, const struct sock *sk,
			       enum zcopy_until until, bool behind)
{
	struct zc_fifo_bucket *b = zc_fifo_bucket(sk);
	struct zc_fifo *head;

	f->sk = sk;
	f->until = until;
	spin_lock(&b->lock);
	hlist_for_each_entry(head, &b->heads, bucket) {
		if (head->sk != sk || head->until != until)
			continue;
		if (behind)
			list_add_tail(&f->line, &head->line);
		f->queued = behind;
		spin_unlock(&b->lock);
		return false;
	}
	hlist_add_head(&f->bucket, &b->heads);
	INIT_LIST_HEAD(&f->line);
	f->queued = true;
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
	return zc_fifo_enter_line(f, sk, ZCOPY_UNTIL_QUEUED, true);
}

/**
 * zc_fifo_enter_first - become the head of the line for a socket, or do nothing
 * @f: not queued
 * @sk: the socket, held by the caller until zc_fifo_leave()
 *
 * A place that enters so is the head until it leaves; no other ever tells it of its turn.
 *
 * Context: Process context.
 * Return: false if the socket has a line already; @f is not in it.
 */
bool zc_fifo_enter_first(struct zc_fifo *f, const struct sock *sk)
{
	return zc_fifo_enter_line(f, sk, ZCOPY_UNTIL_QUEUED, false);
}

/**
 * zc_fifo_enter_sent - queue up for what comes after the socket has all bytes
 * @f: not queued
 * @sk: the socket, held by the caller until zc_fifo_leave()
 * @until: what is waited for, not ZCOPY_UNTIL_QUEUED
 *
 * Context: Process context or worker; only the head of the other line calls it.
 * Return: true if the line was empty and it is @f's turn.
 */
bool zc_fifo_enter_sent(struct zc_fifo *f, const struct sock *sk, enum zcopy_until until)
{
	return zc_fifo_enter_line(f, sk, until, true);
}

/**
 * zc_fifo_leave - leave the line of a socket, from any place in it
 * @f: the place; need not be queued
 * @tell: called with the new head, if the old one has left; under the bucket's
 *        lock, so it may only mark, queue and wake
 *
 * RACE: the new head may run, end and be freed at once.  But to end it must leave
 * the line, which takes the lock; so @tell is called before the lock is dropped.
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
