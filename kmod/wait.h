/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wait.c - wait for a socket's file without a sleeping thread
 */
#ifndef ZC_WAIT_H
#define ZC_WAIT_H

#include <linux/types.h>
#include <linux/wait.h>

struct file;

/* struct zc_wait - an entry in the wait queue of a socket's file */
struct zc_wait {
	wait_queue_entry_t entry;
	wait_queue_head_t *head;	/* NULL: not hooked */
	void (*wake)(struct zc_wait *w);
};

void zc_wait_init(struct zc_wait *w, void (*wake)(struct zc_wait *w));
__poll_t zc_wait_arm(struct zc_wait *w, struct file *file);
void zc_wait_disarm(struct zc_wait *w);

#endif /* ZC_WAIT_H */
