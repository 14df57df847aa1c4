// SPDX-License-Identifier: GPL-2.0
/*
 * Wait for a socket's file without a sleeping thread: an entry in its wait queue,
 * added through poll, as epoll does.  The callback runs in softirq under the wait
 * queue's lock and may only queue work or wake a task.  The entry stays hooked
 * from the first wait to the transfer's end; the transfer holds the file.
 */
#include <linux/fs.h>
#include <linux/poll.h>

#include "wait.h"

#define ZC_WAIT_EVENTS	(EPOLLOUT | EPOLLERR | EPOLLHUP)

struct zc_wait_table {
	poll_table pt;
	struct zc_wait *w;
};

static int zc_wait_wake(wait_queue_entry_t *entry, unsigned int mode, int sync,
			void *key)
{
	struct zc_wait *w = container_of(entry, struct zc_wait, entry);

	if (key && !(key_to_poll(key) & ZC_WAIT_EVENTS))
		return 0;
	w->wake(w);
	return 1;
}

static void zc_wait_queue(struct file *file, wait_queue_head_t *head,
			  poll_table *pt)
{
	struct zc_wait *w = container_of(pt, struct zc_wait_table, pt)->w;

	/* A TCP socket has one wait queue: ignore any other. */
	if (w->head)
		return;
	w->head = head;
	add_wait_queue(head, &w->entry);
}

/**
 * zc_wait_init - set up an entry that is not hooked
 * @w: the entry
 * @wake: called when the file may have become ready; in softirq, under the
 *        wait queue's lock
 *
 * Context: Any.
 */
void zc_wait_init(struct zc_wait *w, void (*wake)(struct zc_wait *w))
{
	init_waitqueue_func_entry(&w->entry, zc_wait_wake);
	w->head = NULL;
	w->wake = wake;
}

/**
 * zc_wait_arm - ask to be woken when the socket has room, or fails
 * @w: the entry; hooked from now on
 * @file: the socket's file, always the same; the caller holds it until
 *        zc_wait_disarm()
 *
 * RACE: the poll in this call sees room that came up after a failed send.  Room
 * that comes up later calls back, as poll asked the socket for that.
 *
 * Context: Process context or worker; one caller at a time.
 * Return: what poll says now.
 */
__poll_t zc_wait_arm(struct zc_wait *w, struct file *file)
{
	struct zc_wait_table table = { .w = w };

	init_poll_funcptr(&table.pt, zc_wait_queue);
	table.pt._key = ZC_WAIT_EVENTS;
	if (w->head)
		table.pt._qproc = NULL;
	return vfs_poll(file, &table.pt);
}

/**
 * zc_wait_disarm - take the entry out again
 * @w: the entry, hooked or not
 *
 * Once this returns, the callback neither runs nor will run.
 *
 * Context: Process context or worker, before the file is dropped.
 */
void zc_wait_disarm(struct zc_wait *w)
{
	if (!w->head)
		return;
	remove_wait_queue(w->head, &w->entry);
	w->head = NULL;
}
