/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.c - what a transfer has done
 */
#ifndef ZC_ACCOUNT_H
#define ZC_ACCOUNT_H

#include <linux/types.h>
#include <linux/zcopy.h>

#include "batch.h"

struct zc_xfer;

/* struct zc_account - what a transfer has done; kept by its runner */
struct zc_account {
	u64 sent;
	u64 class[ZC_CLASS_NR];		/* of @sent, as the source gave them; of what
					 * was looked up, if it warms
					 */
	u64 copied_out[ZC_COPY_NR];	/* of the page-cache part, by the sink */
	unsigned long copies;		/* bit n: @class or @copied_out may have some at n */
	u32 socket_waits;
	u64 submitted_ns;		/* ktime */
	u64 first_try_ns;		/* since submission, as all below */
	u64 first_byte_ns;
	u64 last_byte_ns;
	u64 ended_ns;
};

void zc_account_sent(struct zc_xfer *x, const struct zc_batch *b, size_t sent);
bool zc_account_began(const struct zc_xfer *x);
void zc_account_time(struct zc_xfer *x);
void zc_account_close(struct zc_xfer *x);
u64 zc_account_copied(const struct zc_xfer *x);
void zc_account_result(const struct zc_xfer *x, struct zcopy_result *res);

#endif /* ZC_ACCOUNT_H */
