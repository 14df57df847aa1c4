// SPDX-License-Identifier: GPL-2.0
/*
 * Submission of a transfer, once, and the start of its runner.  A submission that
 * succeeds gives one completion, a failed one none.  Takes no lock.
 */
#include <linux/ktime.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "ctx.h"
#include "net.h"
#include "payer.h"
#include "registry.h"
#include "run.h"
#include "xfer.h"

/* REF: if it fails, @x is abandoned.  Otherwise there will be a completion. */
static int zc_xfer_begin(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	int err;

	if (x->light && !zc_xfer_stays_light(x)) {
		err = zc_xfer_outgrow(x, extack);
		if (err)
			goto out_abandon;
	}
	if (!x->light) {
		err = zc_xfer_claim_pinned(x, extack);
		if (err)
			goto out_abandon;
		if (!zc_src_open_window(&x->src, x->payer))
			zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_windows_refused);
	}
	zc_src_start(&x->src);
	x->acct.submitted_ns = ktime_get_ns();
	zc_clock_start(&x->clock, x->acct.submitted_ns, x->terms.deadline_ns,
		       x->terms.idle_ns);
	x->id = zc_registry_number();
	/* RACE: read before its first byte; see zc_ctx_adopt(). */
	x->sweep = x->ctx ? READ_ONCE(x->ctx->sweep) : 0;
	err = x->light ? 0 : zc_xfer_admit(x, extack);
	if (err)
		goto out_abandon;
	return 0;

out_abandon:
	zc_xfer_abandon(x);
	return err;
}

/**
 * zc_xfer_prepare - accept a transfer that workers will run
 * @x: complete.  REF: the reference is consumed if an error is returned
 * @id: set to its number
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0: there will be exactly one completion, some time after
 * zc_xfer_start(), which must follow.  Otherwise the errno of a refusal, and
 * there will be none.
 */
int zc_xfer_prepare(struct zc_xfer *x, u64 *id, struct netlink_ext_ack *extack)
{
	int err;

	if (!zc_payer_crew(x->payer) || zc_run_bind(x)) {
		zc_xfer_abandon(x);
		return zc_reject(ZC_REJECT_no_memory, extack);
	}
	err = zc_xfer_begin(x, extack);
	if (!err)
		*id = x->id;
	return err;
}

/* Returns true if its turn is now.  Until it is started, nothing else runs it. */
static bool zc_xfer_line_up(struct zc_xfer *x)
{
	return !x->sink.sock || zc_fifo_enter(&x->fifo, x->sink.sock->sk);
}

/**
 * zc_xfer_start - hand an accepted transfer to the workers
 * @x: as prepared.  REF: the reference is consumed
 *
 * Context: Process context of the submitter.
 */
void zc_xfer_start(struct zc_xfer *x)
{
	/* REF: after the hand-over, it may end and be freed at any time. */
	zc_xfer_get(x);
	zc_run_start(x, zc_xfer_line_up(x));
	zc_xfer_put(x);
}

/**
 * zc_xfer_start_here - start an accepted transfer with a turn in the caller
 * @x: as prepared.  REF: the reference is consumed
 *
 * At the head of its socket's line, the caller moves as much as is possible
 * without waiting; workers do the rest.
 *
 * Context: Process context of the submitter.
 */
void zc_xfer_start_here(struct zc_xfer *x)
{
	/* REF: as above. */
	zc_xfer_get(x);
	zc_run_start_here(x, zc_xfer_line_up(x));
	zc_xfer_put(x);
}

/**
 * zc_xfer_send - run a transfer to its end in the caller
 * @x: complete.  REF: the reference is consumed if an error is returned, and
 *     left to the caller otherwise, to be read and put
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, sleeps.
 * Return: 0 when it has ended, or the errno of a refusal.
 */
int zc_xfer_send(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	bool head;
	int err;

	x->sync = true;
	/* Workers drop its pages later on. */
	if (x->src.drop_behind && zc_run_bind(x)) {
		zc_xfer_abandon(x);
		return zc_reject(ZC_REJECT_no_memory, extack);
	}
	err = zc_xfer_begin(x, extack);
	if (err)
		return err;
	if (x->light) {
		head = zc_fifo_enter_first(&x->fifo, x->sink.sock->sk);
		err = head ? 0 : zc_xfer_keep(x, extack);
		if (err)
			goto out_abandon;
	} else {
		zc_xfer_get(x);
		head = false;
	}
	head = head || zc_xfer_line_up(x);
	if (!head)
		zc_src_look_fully(&x->src);
	err = zc_run_sync(x, head, extack);
	if (err)
		goto out_abandon;
	return 0;

out_abandon:
	zc_xfer_leave_line(x);
	zc_xfer_abandon(x);
	return err;
}
