// SPDX-License-Identifier: GPL-2.0
/*
 * The sends of an io_uring command: room for them, their results, their cancel and their
 * end.  A batch gets room as it needs it, so that a command with few transfers holds
 * little memory, whatever it asked for.  Takes no lock.
 */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "uring_priv.h"

#if ZC_URING

/* Sends of a further part */
#define ZC_URING_PART	16U

/**
 * zc_uring_alloc - make a command without sends
 * @cmd: the command
 * @room: number of sends to have room for at first, at least 1
 *
 * Context: Its issue.
 * Return: REF: it, or NULL.
 */
struct zc_uring *zc_uring_alloc(struct io_uring_cmd *cmd, unsigned int room)
{
	struct zc_uring *u;

	u = kmalloc(struct_size(u, first.sends, min(room, ZC_URING_PART)),
		    GFP_KERNEL_ACCOUNT);
	if (!u)
		return NULL;
	u->cmd = cmd;
	atomic_set(&u->left, 1);
	atomic_set(&u->claimed, 0);
	u->told = false;
	u->batch = false;
	u->nr = 0;
	u->last = &u->first;
	u->next = NULL;
	u->first.before = NULL;
	u->first.nr = 0;
	return u;
}

/**
 * zc_uring_room - room for one of the next sends
 * @u: a command that is being issued
 * @nth: 0 for the next, 1 for the one behind it
 *
 * Return: the room, or NULL if there is no memory.
 */
struct zc_uring_send *zc_uring_room(struct zc_uring *u, unsigned int nth)
{
	unsigned int i = u->last->nr + nth;

	if (i < ZC_URING_PART)
		return &u->last->sends[i];
	if (!u->next) {
		u->next = kmalloc(struct_size(u->next, sends, ZC_URING_PART),
				  GFP_KERNEL_ACCOUNT);
		if (!u->next)
			return NULL;
		u->next->before = u->last;
		u->next->nr = 0;
	}
	return &u->next->sends[i - ZC_URING_PART];
}

/**
 * zc_uring_add - count the send in the next room
 * @u: a command that is being issued
 */
void zc_uring_add(struct zc_uring *u)
{
	if (u->last->nr == ZC_URING_PART) {
		u->last = u->next;
		u->next = NULL;
	}
	u->last->nr++;
	u->nr++;
}

/**
 * zc_uring_put_results - write how all transfers ended
 * @u: all have ended
 *
 * Context: Process context of the submitter, with its memory.
 */
void zc_uring_put_results(const struct zc_uring *u)
{
	const struct zc_uring_part *part;
	unsigned int i;

	for (part = u->last; part; part = part->before) {
		for (i = 0; i < part->nr; i++) {
			const struct zc_uring_send *one = &part->sends[i];

			zc_request_put_results(&one->req, one->results,
					       one->result_size);
			cond_resched();
		}
	}
}

/**
 * zc_uring_tell_to_stop - tell the transfers of a command to stop
 * @u: parked; @told is set when all are told
 * @most: tell no further send after so many transfers
 *
 * ORDER: youngest first, as in zc_ctx_cancel_all(): they may share a socket.
 *
 * Context: Process context; locks may be held.
 * Return: number of transfers told.
 */
unsigned int zc_uring_tell_to_stop(struct zc_uring *u, unsigned int most)
{
	unsigned int told = 0;

	while (u->untold && told < most) {
		if (u->untold_nr) {
			struct zc_request *r = &u->untold->sends[--u->untold_nr].req;

			zc_request_cancel(r);
			told += r->nr;
			continue;
		}
		u->untold = u->untold->before;
		u->untold_nr = u->untold ? u->untold->nr : 0;
	}
	if (!u->untold) {
		u->told = true;
		u->told_at = jiffies;
	}
	return told;
}

/**
 * zc_uring_told - drop the charges of transfers, all of which have ended
 * @u: the caller's
 *
 * Context: Process context or worker; once.
 */
void zc_uring_told(struct zc_uring *u)
{
	struct zc_uring_part *part;
	unsigned int i;

	for (part = u->last; part; part = part->before) {
		for (i = 0; i < part->nr; i++)
			zc_request_told(&part->sends[i].req);
		cond_resched();
	}
}

/**
 * zc_uring_put - free a command and its sends
 * @u: REF: gone
 *
 * Context: Process context or worker.
 */
void zc_uring_put(struct zc_uring *u)
{
	struct zc_uring_part *part = u->last;
	unsigned int i;

	while (part) {
		struct zc_uring_part *before = part->before;

		for (i = 0; i < part->nr; i++)
			zc_request_put(&part->sends[i].req);
		if (part != &u->first)
			kfree(part);
		cond_resched();
		part = before;
	}
	kfree(u->next);
	kfree(u);
}

#endif
