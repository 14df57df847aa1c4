// SPDX-License-Identifier: GPL-2.0
/*
 * What a caller is told about the transfers he asked for: that he can be told
 * is seen before anything is done, and in one place when all have ended.  Sees
 * user memory.
 */
#include <linux/uaccess.h>

#include "account.h"
#include "caps.h"
#include "reject.h"
#include "request.h"
#include "user.h"
#include "xfer.h"

static_assert(sizeof(struct zcopy_result) == ZC_RESULT_VER0);

/**
 * zc_request_probe_results - can the results be told when the time comes?
 * @s: the struct
 *
 * Nothing is sent for a caller who cannot be told about it.  The size of each
 * result is 0 until it is told; a result is no longer than a page, so its first
 * and its last word speak for it.
 *
 * Context: Process context of the submitter, with his memory.
 * Return: 0, or the errno of a refusal.
 */
int zc_request_probe_results(const struct zcopy_send *s)
{
	void __user *to = u64_to_user_ptr(s->results);
	unsigned int i;
	int err;

	if (!s->results || s->result_size < ZC_RESULT_VER0 ||
	    s->result_size > PAGE_SIZE)
		return zc_reject(ZC_REJECT_results_wrong, NULL);
	err = zc_caps_check_sinks(s->nr_sinks, s->flags, NULL);
	if (err)
		return err;
	for (i = 0; i < max(s->nr_sinks, 1U); i++, to += s->result_size) {
		u8 __user *last = to + s->result_size - 1;

		if (put_user(0, (u32 __user *)to) || put_user(0, last))
			return zc_reject(ZC_REJECT_bad_pointer, NULL);
	}
	return 0;
}

/**
 * zc_request_put_results - tell how all ended
 * @r: ended
 * @to: where; written to before, so who takes it away meanwhile is not told
 * @size: of a result there
 *
 * Context: Process context of the submitter, with his memory.
 */
void zc_request_put_results(const struct zc_request *r, void __user *to,
			    u32 size)
{
	struct zcopy_result res;
	unsigned int i;

	for (i = 0; i < r->nr; i++, to += size) {
		zc_account_result(r->x[i], &res);
		zc_user_put(to, size, &res, sizeof(res));
	}
}

/**
 * zc_request_put_ids - tell the numbers, long before the rest
 * @r: prepared
 * @to: the results
 * @size: of a result there
 *
 * Context: Process context of the submitter, with his memory.
 */
void zc_request_put_ids(const struct zc_request *r, void __user *to, u32 size)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++, to += size) {
		struct zcopy_result __user *res = to;

		if (put_user(r->x[i]->id, &res->id))
			return;
	}
}

/**
 * zc_request_error - how all ended, in one word
 * @r: ended
 *
 * Context: Any.
 * Return: 0 if every socket got all bytes, or the errno of the first that did
 * not.
 */
int zc_request_error(const struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		const struct zc_xfer *x = r->x[i];

		if (!zc_xfer_sent_all(x))
			return -(x->error ?: EIO);
	}
	return 0;
}

/**
 * zc_request_told - the caller is told: others may take their places
 * @r: all have ended, and have told
 *
 * Context: Process context or worker; once.
 */
void zc_request_told(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_told(r->x[i]);
}
