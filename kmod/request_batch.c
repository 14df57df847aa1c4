// SPDX-License-Identifier: GPL-2.0
/*
 * The form of a struct zcopy_batch.
 */
#include "reject.h"
#include "request.h"

static_assert(sizeof(struct zcopy_batch) == ZC_BATCH_VER0);

/**
 * zc_request_check_batch - is the form of a batch right?
 * @b: the batch, copied in
 *
 * Context: Any.
 * Return: 0, or the errno of a refusal.
 */
int zc_request_check_batch(const struct zcopy_batch *b)
{
	if (b->flags)
		return zc_reject(ZC_REJECT_flag_unknown, NULL);
	if (b->reserved0 || b->reserved[0] || b->reserved[1])
		return zc_reject(ZC_REJECT_reserved_set, NULL);
	if (!b->nr_sends || b->nr_sends > ZCOPY_BATCH_MAX)
		return zc_reject(ZC_REJECT_batch_wrong, NULL);
	return 0;
}
