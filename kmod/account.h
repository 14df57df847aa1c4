/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.c - what a transfer has done
 */
#ifndef ZC_ACCOUNT_H
#define ZC_ACCOUNT_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/zcopy.h>

#include "batch.h"

struct zc_xfer;

/*
 * struct zc_account - what a transfer has done; kept by its runner
 *
 * What was copied for reason n is valid if @copies has bit n: few transfers copy for more
 * than one reason.  So what comes before ZC_ACCOUNT_CLEARED is not cleared.
 */
struct zc_account {
	u64 copied_out[ZC_COPY_NR];	/* of the page-cache part, by the sink */
	u64 class[ZC_CLASS_NR];		/* of @sent, as the source gave them; of what
					 * was looked up, if it warms
					 */
	unsigned long copies;
	u64 sent;
	u32 socket_waits;
	u64 submitted_ns;		/* ktime */
	u64 first_try_ns;		/* since submission, as all below */
	u64 first_byte_ns;
	u64 last_byte_ns;
	u64 ended_ns;
};

/* The first of what is cleared */
#define ZC_ACCOUNT_CLEARED	class[ZC_COPY_NR]

void zc_account_sent(struct zc_xfer *x, const struct zc_batch *b, size_t sent);
void zc_account_warmed(struct zc_xfer *x, const struct zc_batch *b);
bool zc_account_began(const struct zc_xfer *x);
void zc_account_time(struct zc_xfer *x);
void zc_account_close(struct zc_xfer *x);
u64 zc_account_copied(const struct zc_xfer *x);
void zc_account_result(const struct zc_xfer *x, struct zcopy_result *res);
void zc_account_io(const struct zc_xfer *x);

/* Bytes that this task has had disks read, as far as the kernel counts them */
static inline u64 zc_account_disk_read(void)
{
#ifdef CONFIG_TASK_IO_ACCOUNTING
	return current->ioac.read_bytes;
#else
	return 0;
#endif
}

#endif /* ZC_ACCOUNT_H */
