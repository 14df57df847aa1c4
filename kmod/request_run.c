// SPDX-License-Identifier: GPL-2.0
/*
 * The transfers of a request, once they are built: accepts all or none, starts them, runs
 * them to their end, and cancels them.
 */
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "account.h"
#include "hearer.h"
#include "reject.h"
#include "request.h"
#include "xfer.h"

/* A submission that failed reports no completion. */
static void zc_request_forget(struct zc_xfer *x)
{
}

/*
 * Transfer @nr was refused: cancels the accepted ones before it and drops the rest.
 * None was started, so no byte was sent.
 */
static void zc_request_undo(struct zc_request *r, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		struct zc_xfer *x = r->x[i];

		if (i < nr) {
			x->notify = zc_request_forget;
			zc_hearer_leave(x);
			zc_xfer_cancel(x);
			zc_xfer_start(x);
		} else if (i > nr) {
			zc_xfer_abandon(x);
		}
	}
}

/**
 * zc_request_prepare - accept all transfers, or none
 * @r: built.  REF: dropped on error; the start consumes the runners' references
 * @hold: REF: keep another reference to each until zc_request_put()
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0: a start must follow, and each transfer completes exactly once.
 * Otherwise the errno of a refusal.
 */
int zc_request_prepare(struct zc_request *r, bool hold,
		       struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err = 0;
	u64 id;

	for (i = 0; hold && i < r->nr; i++)
		zc_xfer_get(r->x[i]);
	for (i = 0; i < r->nr; i++) {
		err = zc_xfer_prepare(r->x[i], &id, extack);
		if (err)
			break;
	}
	if (!err)
		return 0;
	zc_request_undo(r, i);
	if (hold)
		zc_request_put(r);
	else
		zc_request_free(r);
	return err;
}

/**
 * zc_request_start - hand all transfers to the workers
 * @r: prepared without a hold.  REF: dropped
 *
 * Context: Process context of the submitter.
 */
void zc_request_start(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_start(r->x[i]);
	zc_request_free(r);
}

/**
 * zc_request_start_here - start all transfers; the caller takes their first turns
 * @r: prepared with a hold
 *
 * Context: Process context of the submitter.  Waits for neither socket nor disk.
 */
void zc_request_start_here(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_start_here(r->x[i]);
}

/*
 * A caller that waits for several transfers.  If the caller is killed it does not wait
 * for their end: a transfer that waits for a dead file server may never end.
 */
struct zc_request_wait {
	refcount_t ref;		/* the caller's, and one per live transfer */
	atomic_t left;
	struct completion all;
};

static void zc_request_wait_put(struct zc_request_wait *w)
{
	if (refcount_dec_and_test(&w->ref))
		kfree(w);
}

static void zc_request_ended(struct zc_xfer *x)
{
	struct zc_request_wait *w = x->notify_arg;

	if (atomic_dec_and_test(&w->left))
		complete(&w->all);
	zc_request_wait_put(w);
}

static int zc_request_wait(struct zc_request *r, struct zc_request_wait *w)
{
	int err = 0;

	if (wait_for_completion_interruptible(&w->all)) {
		zc_request_cancel(r);
		err = wait_for_completion_killable(&w->all) ? -EINTR : 0;
	}
	if (err)
		zc_request_put(r);
	else
		zc_request_told(r);
	return err;
}

static int zc_request_run_many(struct zc_request *r)
{
	struct zc_request_wait *w = kmalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	unsigned int i;
	int err;

	if (!w) {
		zc_request_abandon(r);
		return zc_reject(ZC_REJECT_no_memory, NULL);
	}
	init_completion(&w->all);
	atomic_set(&w->left, r->nr);
	refcount_set(&w->ref, 1);
	for (i = 0; i < r->nr; i++) {
		r->x[i]->notify_arg = w;
		r->x[i]->notify = zc_request_ended;
	}
	err = zc_request_prepare(r, true, NULL);
	if (!err) {
		refcount_add(r->nr, &w->ref);
		zc_request_start_here(r);
		err = zc_request_wait(r, w);
	}
	zc_request_wait_put(w);
	return err;
}

/**
 * zc_request_run - run all transfers to their end
 * @r: built.  REF: dropped on error; otherwise kept until zc_request_put()
 * @dontwait: do not wait for the socket; only with one socket
 *
 * The caller runs a single transfer itself; workers run several.  A signal ends
 * them.  With several, a fatal signal does not wait for their end (-EINTR).
 *
 * Context: Process context of the submitter, sleeps.
 * Return: 0 when all have ended, or the errno of a refusal.
 */
int zc_request_run(struct zc_request *r, bool dontwait)
{
	unsigned int i;
	int err;

	for (i = 0; i < r->nr; i++)
		r->x[i]->takes_less = true;
	if (r->nr > 1)
		return zc_request_run_many(r);
	r->one->dontwait = dontwait ||
			   (r->one->sink.file &&
			    (r->one->sink.file->f_flags & O_NONBLOCK));
	err = zc_xfer_send(r->one, NULL);
	if (err)
		zc_request_free(r);
	return err;
}

/**
 * zc_request_unbegun - did a signal end the transfer before its first byte?
 * @r: run to its end
 *
 * Warming looks bytes up and sends none: it has begun with the first that it looked up.
 *
 * Context: Process context of the submitter.
 * Return: true if so, and @r is one transfer: there is nothing to report.
 */
bool zc_request_unbegun(const struct zc_request *r)
{
	const struct zc_xfer *x = r->x[0];

	return r->nr == 1 && x->status == ZCOPY_STATUS_CANCELLED &&
	       x->error == EINTR && !zc_account_began(x);
}

/**
 * zc_request_cancel - tell all transfers to stop
 * @r: prepared with a hold
 *
 * Context: Process context; locks may be held.
 */
void zc_request_cancel(struct zc_request *r)
{
	unsigned int i;

	/* ORDER: youngest first, as in zc_ctx_cancel_all(): they may share a socket. */
	for (i = r->nr; i--;)
		zc_xfer_cancel(r->x[i]);
}

/**
 * zc_request_put - drop the references to the transfers
 * @r: REF: dropped
 *
 * Context: Process context or worker.
 */
void zc_request_put(struct zc_request *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		zc_xfer_put(r->x[i]);
	zc_request_free(r);
}
