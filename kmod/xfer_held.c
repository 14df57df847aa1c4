// SPDX-License-Identifier: GPL-2.0
/*
 * What an ended transfer still holds: pages in buffers of the network, if their release
 * was asked for, and its charges.  Takes no lock.
 */
#include <linux/atomic.h>

#include "limits.h"
#include "stats.h"
#include "xfer.h"

/* Called when the stack holds no page any more; any context, softirq too. */
static void zc_xfer_released(struct zc_watch *w)
{
	struct zc_xfer *x = container_of(w, struct zc_xfer, watch);

	/* If it has ended, zc_xfer_count_held() has counted it. */
	if (test_and_set_bit(ZC_XFER_PARTED, &x->bits))
		atomic_dec(&zc_stats_held);
	/* ORDER: after the fate of its buffers was noted; see zc_watch_verdict(). */
	smp_mb__before_atomic();
	set_bit(ZC_XFER_RELEASED, &x->bits);
	zc_xfer_kick(x);
	zc_xfer_put(x);
}

/**
 * zc_xfer_watch - watch the buffers for the release of pages
 * @x: accepted, not started
 *
 * RACE: buffers may outlive a transfer that ended early, so they pin it.
 *
 * Context: Process context of the submitter.
 */
void zc_xfer_watch(struct zc_xfer *x)
{
	zc_xfer_get(x);
	zc_watch_start(&x->watch, zc_xfer_released);
	x->sink.watch = &x->watch;
}

/**
 * zc_xfer_unwatch - no more bytes follow: have the last buffer signal release
 * @x: the transfer
 *
 * Context: The runner, once: when the socket has all bytes, or at an earlier end.
 */
void zc_xfer_unwatch(struct zc_xfer *x)
{
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_watch_put(&x->watch);
}

/**
 * zc_xfer_released_all - has the stack no page of the files, without any wait?
 * @x: RELEASED or ACKED was asked for; the socket has all bytes
 *
 * All file pages that plain TCP gets are watched, and others get copies: the watcher
 * knows whether there were any.
 *
 * Context: The runner.
 * Return: true if RELEASED was asked for and the socket got no page of a file.
 */
bool zc_xfer_released_all(const struct zc_xfer *x)
{
	return x->sink.watch && !x->sink.watch->used;
}

/* True if RELEASED was asked for and the stack may still hold pages of the transfer. */
static bool zc_xfer_held(const struct zc_xfer *x)
{
	return x->terms.until == ZCOPY_UNTIL_RELEASED &&
	       !test_bit(ZC_XFER_RELEASED, &x->bits);
}

/**
 * zc_xfer_give_back - drop the charges that end with a transfer
 * @x: has ended
 *
 * A transfer counts against the limit as long as its memory is in use: until its
 * completion was read, or until the last transfer of its request has ended, or
 * until the stack has released its pages.
 *
 * Context: The runner.
 */
void zc_xfer_give_back(struct zc_xfer *x)
{
	bool stays = x->notify || (x->ctx && !x->sync) || zc_xfer_held(x);

	zc_limits_give_back(x->payer, &x->claim,
			    stays ? ZC_CLAIM_ELEMENTS : ZC_CLAIM_TRANSFERS);
}

/**
 * zc_xfer_told - the caller knows of the end: stop counting the transfer
 * @x: has ended; not freed yet
 *
 * The caller may then submit the next transfer at once, although a runner or a
 * queued job still has a reference.  If buffers hold pages of the transfer, it
 * counts until it is freed.
 *
 * Context: Process context or worker; once.
 */
void zc_xfer_told(struct zc_xfer *x)
{
	if (!x->sync)
		zc_account_io(x);
	if (!zc_xfer_held(x))
		zc_limits_give_back(x->payer, &x->claim, ZC_CLAIM_TRANSFERS);
}

/**
 * zc_xfer_count_held - an ended transfer counts as held until it is released
 * @x: has ended, and was watched
 *
 * RACE: the release may come before or during this; the later of end and release
 * undoes the count.
 *
 * Context: The runner.
 */
void zc_xfer_count_held(struct zc_xfer *x)
{
	atomic_inc(&zc_stats_held);
	if (test_and_set_bit(ZC_XFER_PARTED, &x->bits))
		atomic_dec(&zc_stats_held);
}
