// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the results of a request to user memory.  They are probed before a transfer
 * starts, so that a bad pointer fails the submission instead of losing a result.
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
 * zc_request_probe_results - can the results be written?
 * @s: the request
 *
 * Nothing is sent if they cannot.  The size field of each result becomes 0 until the
 * result is written.  A result is at most a page long, so writing to its first word
 * and to its last byte tests all of it.
 *
 * Context: Process context of the submitter, with its memory.
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
		if (!zc_user_touch(to, s->result_size))
			return zc_reject(ZC_REJECT_bad_pointer, NULL);
	}
	return 0;
}

/**
 * zc_request_put_results - write how all transfers ended
 * @r: ended
 * @to: the results.  They were probed; if the caller has unmapped them since, the
 *      fault is ignored
 * @size: bytes of a result there
 *
 * Context: Process context of the submitter, with its memory.
 */
void zc_request_put_results(const struct zc_request *r, void __user *to,
			    u32 size)
{
	struct zcopy_result res __uninitialized;
	unsigned int i;

	for (i = 0; i < r->nr; i++, to += size) {
		zc_account_result(r->x[i], &res);
		zc_user_put(to, size, &res, sizeof(res));
	}
}

/**
 * zc_request_put_ids - write the transfers' numbers, at submission
 * @r: prepared
 * @to: the results
 * @size: bytes of a result there
 *
 * Context: Process context of the submitter, with its memory.
 * Return: true if all were written.
 */
bool zc_request_put_ids(const struct zc_request *r, void __user *to, u32 size)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++, to += size) {
		struct zcopy_result __user *res = to;

		if (put_user(r->x[i]->id, &res->id))
			return false;
	}
	return true;
}

/**
 * zc_request_error - one errno for all transfers
 * @r: ended
 *
 * Context: Any.
 * Return: 0 if every socket got all bytes, or the negative errno of the first that
 * did not.
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
 * zc_request_told - drop the charges of transfers that have ended
 * @r: all have ended, and have called their notify()
 *
 * The caller may then submit again without exceeding its limits.
 *
 * Context: Process context or worker; once.
 */
void zc_request_told(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_told(r->x[i]);
}
