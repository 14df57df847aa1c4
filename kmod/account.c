// SPDX-License-Identifier: GPL-2.0
/*
 * What a transfer has done: kept by its runner, added to the counters when it
 * ends, and reported as its result.  Takes no lock.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/sched/xacct.h>
#include <linux/string.h>
#include <linux/task_io_accounting_ops.h>

#include "account.h"
#include "batch.h"
#include "net.h"
#include "xfer.h"

/* zc_account_stat() finds the counter of a reason by its distance from the first. */
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_TLS == ZC_STAT_copied_tls);
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_DIRECT == ZC_STAT_copied_direct);
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_NO_CACHE == ZC_STAT_copied_no_cache);
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_STABLE == ZC_STAT_copied_stable);
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_NO_SPLICE == ZC_STAT_copied_no_splice);
static_assert(ZC_STAT_copied_no_sg + ZCOPY_COPY_MEMORY == ZC_STAT_copied_memory);
static_assert(ZCOPY_COPY_NO_SG == 0 && ZC_COPY_NR == ZCOPY_COPY_NR + 2);

/* zc_account_result() fills in each field: there is nothing between them, nor a new one. */
static_assert(sizeof(struct zcopy_result) == 8 * sizeof(u32) + 14 * sizeof(u64) +
	      sizeof_field(struct zcopy_result, copied));

static void zc_account_meet(struct zc_account *a, unsigned int why)
{
	if (a->copies & BIT(why))
		return;
	a->class[why] = 0;
	a->copied_out[why] = 0;
	/* ORDER: listings read what has a bit in @copies, so it is valid before. */
	smp_store_release(&a->copies, a->copies | BIT(why));
}

/**
 * zc_account_sent - the socket took some of a batch
 * @x: the transfer
 * @b: what the socket was offered, and which way it took that
 * @sent: bytes that the socket took, not 0
 *
 * Context: The runner.
 */
void zc_account_sent(struct zc_xfer *x, const struct zc_batch *b, size_t sent)
{
	struct zc_account *a = &x->acct;
	size_t left = sent, ref = 0;
	unsigned int i;
	int why;

	for (i = 0; left;) {
		u8 class = b->class[i];
		size_t n = 0;

		/* Neighbouring entries mostly have the same class. */
		do
			n += b->bv[i].bv_len;
		while (++i < b->nr && b->class[i] == class && n < left);
		n = min(n, left);
		if (class >= ZC_COPY_NR)
			ref += n;
		else
			zc_account_meet(a, class);
		a->class[class] += n;
		left -= n;
	}
	why = ref ? zc_sink_copies(&x->sink, b->way) : -1;
	if (why >= 0) {
		zc_account_meet(a, why);
		a->copied_out[why] += ref;
	}
	a->last_byte_ns = ktime_get_ns() - a->submitted_ns;
	if (!a->sent)
		a->first_byte_ns = a->last_byte_ns;
	WRITE_ONCE(a->sent, a->sent + sent);
}

/**
 * zc_account_warmed - pages were looked up, and nothing is sent
 * @x: the transfer, which warms
 * @b: the pages; what was copied counts as hit or miss unknown
 *
 * Context: The runner.
 */
void zc_account_warmed(struct zc_xfer *x, const struct zc_batch *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		x->acct.class[b->class[i] < ZC_COPY_NR ? ZC_CLASS_REF :
			      b->class[i]] += b->bv[i].bv_len;
}

/**
 * zc_account_began - has a transfer sent a byte, or looked one up if it warms?
 * @x: the transfer
 *
 * Context: The runner, or after the end.
 * Return: true if it has.
 */
bool zc_account_began(const struct zc_xfer *x)
{
	const u64 *class = x->acct.class;

	return x->acct.sent || class[ZC_CLASS_HIT] || class[ZC_CLASS_MISS] ||
	       class[ZC_CLASS_REF];
}

/*
 * A transfer counts as completed if it did what its caller asked for, even if it
 * did not send all: see the table in README.md.
 */
static enum zc_stat zc_account_verdict(const struct zc_xfer *x)
{
	switch (x->status) {
	case ZCOPY_STATUS_DONE:
	case ZCOPY_STATUS_CHANGED:
	case ZCOPY_STATUS_AGAIN:
		return ZC_STAT_transfers_completed;
	case ZCOPY_STATUS_TRUNCATED:
		return x->takes_less ? ZC_STAT_transfers_completed :
				       ZC_STAT_transfers_failed;
	case ZCOPY_STATUS_CANCELLED:
		return ZC_STAT_transfers_cancelled;
	default:
		return ZC_STAT_transfers_failed;
	}
}

/* Bytes that were sent by reference, but copied by delivery to this machine */
static void zc_account_delivery(struct zc_xfer *x)
{
	struct zc_account *a = &x->acct;
	u64 copied = atomic64_read(&x->watch.copied);
	u64 by_ref = a->sent;
	unsigned int i;

	for_each_set_bit(i, &a->copies, ZC_COPY_NR)
		by_ref -= a->class[i] + a->copied_out[i];
	zc_account_meet(a, ZCOPY_COPY_RELEASED);
	a->copied_out[ZCOPY_COPY_RELEASED] += min(copied, by_ref);
}

static enum zc_stat zc_account_stat(enum zcopy_copy why)
{
	switch (why) {
	case ZCOPY_COPY_RELEASED:
		return ZC_STAT_copied_released;
	case ZCOPY_COPY_SMALL:
		return ZC_STAT_copied_small;
	case ZCOPY_COPY_POLICY:
		return ZC_STAT_copied_policy;
	default:
		return ZC_STAT_copied_no_sg + why;
	}
}

static void zc_account_count(const struct zc_xfer *x)
{
	struct zc_stats *st = &zc_net(x->net)->stats;
	const struct zc_account *a = &x->acct;
	u64 copied = 0;
	unsigned int i;

	for_each_set_bit(i, &a->copies, ZC_COPY_NR) {
		u64 n = a->class[i] + a->copied_out[i];

		copied += n;
		zc_stats_add(st, zc_account_stat(i), n);
	}
	zc_stats_add(st, ZC_STAT_bytes_by_ref, a->sent - copied);
	zc_stats_add(st, ZC_STAT_bytes_copied, copied);
	zc_stats_add(st, ZC_STAT_cache_hit_bytes, a->class[ZC_CLASS_HIT]);
	zc_stats_add(st, ZC_STAT_cache_miss_bytes, a->class[ZC_CLASS_MISS]);
	zc_stats_add(st, ZC_STAT_socket_waits, a->socket_waits);
	zc_stats_add(st, ZC_STAT_disk_waits, x->src.fetches);
	if (x->status == ZCOPY_STATUS_TRUNCATED)
		zc_stats_inc(st, ZC_STAT_transfers_truncated);
	if (x->status == ZCOPY_STATUS_CHANGED)
		zc_stats_inc(st, ZC_STAT_transfers_changed);
	if (x->status == ZCOPY_STATUS_AGAIN)
		zc_stats_inc(st, ZC_STAT_transfers_again);
	zc_stats_inc(st, zc_account_verdict(x));
	/* A light transfer is submitted and ends in one call, so it was never live. */
	if (x->light)
		zc_stats_inc(st, ZC_STAT_transfers_submitted);
	else
		atomic_dec(&st->active);
}

/* A transfer that waits for nothing after its last byte ended with that byte. */
static u64 zc_account_end_time(const struct zc_xfer *x)
{
	if (zc_xfer_sent_all(x) &&
	    x->acct.last_byte_ns && x->terms.until == ZCOPY_UNTIL_QUEUED &&
	    x->terms.end != ZCOPY_END_SHUTDOWN)
		return x->acct.last_byte_ns;
	return ktime_get_ns() - x->acct.submitted_ns;
}

/**
 * zc_account_time - note when a transfer ended
 * @x: its status is set
 *
 * Context: The runner, at the end.
 */
void zc_account_time(struct zc_xfer *x)
{
	x->acct.ended_ns = zc_account_end_time(x);
}

/**
 * zc_account_close - add a transfer to the counters
 * @x: its status is set; it still has its socket, if any
 *
 * Context: The runner, at the end.
 */
void zc_account_close(struct zc_xfer *x)
{
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_account_delivery(x);
	zc_account_count(x);
}

/**
 * zc_account_copied - how many bytes did not go by reference?
 * @x: ended
 *
 * Context: Any.
 * Return: bytes, for all reasons.
 */
u64 zc_account_copied(const struct zc_xfer *x)
{
	const struct zc_account *a = &x->acct;
	u64 copied = 0;
	unsigned int i;

	for_each_set_bit(i, &a->copies, ZC_COPY_NR)
		copied += a->class[i] + a->copied_out[i];
	return copied;
}

/**
 * zc_account_result - report what a transfer has done
 * @x: the transfer, live or ended
 * @res: filled in, every byte of it: callers do not clear it, and copy it to users
 *
 * Context: Any.  The figures of a live transfer may change meanwhile.
 */
void zc_account_result(const struct zc_xfer *x, struct zcopy_result *res)
{
	const struct zc_account *a = &x->acct;
	/* ORDER: pairs with zc_account_meet(). */
	unsigned long copies = smp_load_acquire(&a->copies);
	unsigned int i;

	res->size = sizeof(*res);
	res->sink = x->sink_nr;
	res->id = x->id;
	res->cookie = x->terms.cookie;
	res->status = x->status;
	res->error = x->error;
	res->bytes_asked = x->src.asked;
	res->bytes = READ_ONCE(a->sent);
	res->bytes_copied = 0;
	memset(res->copied, 0, sizeof(res->copied));
	res->copied_small = 0;
	res->copied_policy = 0;
	for_each_set_bit(i, &copies, ZC_COPY_NR) {
		u64 n = a->class[i] + a->copied_out[i];

		if (i < ZCOPY_COPY_NR)
			res->copied[i] = n;
		else if (i == ZCOPY_COPY_SMALL)
			res->copied_small = n;
		else
			res->copied_policy = n;
		res->bytes_copied += n;
	}
	/* In a live transfer, @sent may not yet count bytes that @class counts. */
	res->bytes_by_ref = res->bytes - min(res->bytes, res->bytes_copied);
	res->cache_hit_bytes = a->class[ZC_CLASS_HIT];
	res->cache_miss_bytes = a->class[ZC_CLASS_MISS];
	res->socket_waits = a->socket_waits;
	res->disk_waits = x->src.fetches;
	res->retrans = x->retrans;
	res->reserved0 = 0;
	res->queued_ns = a->first_try_ns;
	res->first_byte_ns = a->first_byte_ns;
	res->last_byte_ns = a->last_byte_ns;
	res->duration_ns = zc_xfer_ended(x) ? a->ended_ns :
			   ktime_get_ns() - a->submitted_ns;
}

/**
 * zc_account_io - count what a transfer moved as read and written by its submitter
 * @x: has ended, and workers ran it
 *
 * As sendfile(2) counts it, in the files io of /proc.  A task's counts are its own to
 * change, so this does nothing in another process than the submitter's.  RACE: if that has
 * ended, its number may be another's by now; then these counts are wrong, and nothing else.
 *
 * Context: Process context, once, in the task that is told of the end.
 */
void zc_account_io(const struct zc_xfer *x)
{
	if ((current->flags & PF_KTHREAD) || task_tgid_nr(current) != x->host_pid)
		return;
	add_rchar(current, x->acct.sent);
	add_wchar(current, x->acct.sent);
	inc_syscr(current);
	inc_syscw(current);
	task_io_account_read(x->disk_read);
}
