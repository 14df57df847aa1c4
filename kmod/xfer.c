// SPDX-License-Identifier: GPL-2.0
/*
 * One transfer: built by an entry point, submitted once, ended once by its
 * runner.  A submission that succeeds gives one completion, a failed one none.
 * Every live transfer pins the module.  Takes no lock of its own.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "ctx.h"
#include "hearer.h"
#include "net.h"
#include "payer.h"
#include "registry.h"
#include "trace.h"
#include "run.h"
#include "xfer.h"

static struct kmem_cache *zc_xfer_cache;

/**
 * zc_xfer_init - set up the cache of transfers
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_xfer_init(void)
{
	zc_xfer_cache = KMEM_CACHE(zc_xfer, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return zc_xfer_cache ? 0 : -ENOMEM;
}

/**
 * zc_xfer_exit - free the cache; no transfer is left
 *
 * Context: Module unload.
 */
void zc_xfer_exit(void)
{
	kmem_cache_destroy(zc_xfer_cache);
}

/*
 * An open device keeps the memory of one freed transfer: a program that sends
 * one transfer after the other then saves the allocator, and the clearing that
 * kernels may do there.  Not with KASAN, which must see a use after free.
 */
static struct zc_xfer *zc_xfer_alloc(struct zc_ctx *ctx)
{
	struct zc_xfer *x = ctx ? xchg(&ctx->spare, NULL) : NULL;

	BUILD_BUG_ON(sizeof(*x) % sizeof(u64));
	if (!x)
		return kmem_cache_zalloc(zc_xfer_cache, GFP_KERNEL);
	memset64((u64 *)x, 0, sizeof(*x) / sizeof(u64));
	return x;
}

static void zc_xfer_release(struct zc_xfer *x, struct zc_ctx *ctx)
{
	if (IS_ENABLED(CONFIG_KASAN) || !ctx ||
	    cmpxchg(&ctx->spare, NULL, x))
		kmem_cache_free(zc_xfer_cache, x);
}

/**
 * zc_xfer_free_spare - free the transfer that an open device kept for reuse
 * @x: the context's spare transfer, or NULL
 *
 * Context: Any.
 */
void zc_xfer_free_spare(struct zc_xfer *x)
{
	if (x)
		kmem_cache_free(zc_xfer_cache, x);
}

static void zc_xfer_wake(struct zc_wait *w)
{
	zc_xfer_kick(container_of(w, struct zc_xfer, wait));
}

/* An open device has the payer for the credentials that it was opened with. */
static struct zc_payer *zc_xfer_payer(const struct zc_ctx *ctx)
{
	if (ctx && ctx->cred == current_cred())
		return zc_payer_hold(ctx->payer);
	return zc_payer_get_current();
}

/**
 * zc_xfer_create - make a new transfer, to be filled and submitted
 * @ctx: the open device; owns the transfer unless @terms detach it.  NULL: no
 *       device owns it
 * @terms: what is asked for; copied
 * @nr_elems: elements that will be added to its source
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, may sleep.
 * Return: the transfer, or an ERR_PTR.  REF: one reference, which
 * zc_xfer_prepare(), zc_xfer_send() or zc_xfer_abandon() consumes.
 */
struct zc_xfer *zc_xfer_create(struct zc_ctx *ctx, const struct zc_terms *terms,
			       unsigned int nr_elems,
			       struct netlink_ext_ack *extack)
{
	struct zc_claim claim = {
		.amount[ZC_CLAIM_TRANSFERS] = 1,
		.amount[ZC_CLAIM_ELEMENTS] = nr_elems,
	};
	struct zc_payer *payer;
	struct zc_xfer *x;
	int err;

	err = zc_caps_check(terms, extack);
	if (err)
		return ERR_PTR(err);
	if (nr_elems > ZC_MAX_ELEMS)
		return ERR_PTR(zc_reject(ZC_REJECT_too_many_elems, extack));
	payer = zc_xfer_payer(ctx);
	if (!payer)
		return ERR_PTR(zc_reject(ZC_REJECT_no_memory, extack));
	/* SECURITY: before it holds files: building its list may take for ever. */
	err = zc_limits_charge(payer, &claim, extack);
	if (err)
		goto out_payer;
	x = zc_xfer_alloc(ctx);
	if (!x)
		goto out_claim;
	if (zc_src_init(&x->src, nr_elems)) {
		kmem_cache_free(zc_xfer_cache, x);
		goto out_claim;
	}
	x->payer = payer;
	x->claim = claim;
	x->src.payer = payer;
	__module_get(THIS_MODULE);
	refcount_set(&x->ref, 1);
	INIT_LIST_HEAD(&x->link);
	RB_CLEAR_NODE(&x->reg);
	init_waitqueue_head(&x->wq);
	zc_wait_init(&x->wait, zc_xfer_wake);
	zc_run_prepare(x);
	/* RACE: nothing else runs it if it is found by number before its start. */
	set_bit(ZC_XFER_RUNNING, &x->bits);
	x->terms = *terms;
	x->rate = terms->rate;
	x->src.stable = terms->flags & ZCOPY_F_STABLE;
	x->src.warm = terms->flags & ZCOPY_F_WARM;
	x->src.drop_behind = terms->flags & ZCOPY_F_DROP_BEHIND;
	x->src.window = terms->readahead;
	x->status = ZCOPY_STATUS_RUNNING;
	x->cred = get_current_cred();
	x->pid = task_tgid_vnr(current);
	/* RACE: a name that changes meanwhile may be a mixture, but terminated. */
	memcpy(x->comm, current->comm, sizeof(x->comm));
	x->comm[sizeof(x->comm) - 1] = 0;
	if (ctx && !(terms->flags & ZCOPY_F_DETACHED)) {
		zc_ctx_get(ctx);
		x->ctx = ctx;
	}
	return x;

out_claim:
	zc_limits_give_back(payer, &claim, ZC_CLAIM_TRANSFERS);
	err = zc_reject(ZC_REJECT_no_memory, extack);
out_payer:
	zc_payer_put(payer);
	return ERR_PTR(err);
}

static void zc_xfer_note_ends(struct zc_xfer *x, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct zc_ends *e = &x->ends;

	e->family = sk->sk_family;
	e->local_port = inet->inet_sport;
	e->peer_port = inet->inet_dport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		e->local = sk->sk_v6_rcv_saddr;
		e->peer = sk->sk_v6_daddr;
		return;
	}
#endif
	e->local.s6_addr32[0] = inet->inet_rcv_saddr;
	e->peer.s6_addr32[0] = inet->inet_daddr;
}

/**
 * zc_xfer_set_sink - give a new transfer its socket
 * @x: not submitted
 * @file: REF: kept if 0 is returned; left to the caller otherwise
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_xfer_set_sink(struct zc_xfer *x, struct file *file,
		     struct netlink_ext_ack *extack)
{
	int err;

	/* SECURITY: as sendfile(2); on some kernels no other LSM hook follows. */
	if (S_ISSOCK(file_inode(file)->i_mode) &&
	    rw_verify_area(WRITE, file, NULL, 0))
		return zc_reject(ZC_REJECT_sink_not_permitted, extack);
	err = zc_sink_init(&x->sink, file, extack);
	if (err)
		return err;
	x->net = sock_net(x->sink.sock->sk);
	x->netns = x->net->ns.inum;
	zc_xfer_note_ends(x, x->sink.sock->sk);
	return 0;
}

/**
 * zc_xfer_no_sink - set up a new transfer that has no socket
 * @x: not submitted; only fills the page cache
 * @net: where it is listed and counted; REF: one is taken until @x is freed
 *
 * Context: Process context of the submitter.
 */
void zc_xfer_no_sink(struct zc_xfer *x, struct net *net)
{
	x->door = get_net(net);
	x->net = net;
	x->netns = net->ns.inum;
	zc_fifo_alone(&x->fifo);
}

static void zc_xfer_free(struct zc_xfer *x)
{
	struct zc_ctx *ctx = x->ctx;

	zc_hearer_leave(x);
	if (x->door)
		put_net(x->door);
	zc_memcg_put(x->memcg);
	zc_blkcg_put(x->blkcg);
	put_cred(x->cred);
	if (x->claim.amount[ZC_CLAIM_TRANSFERS])
		zc_limits_give_back(x->payer, &x->claim, ZC_CLAIM_TRANSFERS);
	zc_payer_put(x->payer);
	zc_xfer_release(x, ctx);
	if (ctx)
		zc_ctx_put(ctx);
	/*
	 * Last, as the module may be unloaded from here on.  In zc_crew_exit(),
	 * unloading waits for workers that get here; by RCU it waits for the
	 * callback of a buffer that outlived its transfer.  All other callers
	 * came in through a file or a call that pins the module.
	 */
	module_put(THIS_MODULE);
}

/**
 * zc_xfer_put - drop a reference
 * @x: the transfer; freed with the last one
 *
 * Context: Any, softirq too.
 */
void zc_xfer_put(struct zc_xfer *x)
{
	if (refcount_dec_and_test(&x->ref))
		zc_xfer_free(x);
}

/**
 * zc_xfer_abandon - drop a transfer that was not submitted
 * @x: REF: its reference is consumed
 *
 * Context: Process context, may sleep.
 */
void zc_xfer_abandon(struct zc_xfer *x)
{
	zc_src_drop(&x->src, false);
	zc_sink_drop(&x->sink, false);
	zc_xfer_put(x);
}

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

/* RACE: buffers may outlive a transfer that ended early, so they pin it. */
static void zc_xfer_watch(struct zc_xfer *x)
{
	zc_xfer_get(x);
	zc_watch_start(&x->watch, zc_xfer_released);
	x->sink.watch = &x->watch;
	x->watched = true;
}

/**
 * zc_xfer_unwatch - no more bytes follow: have the last buffer signal release
 * @x: the transfer
 *
 * Context: The runner.
 */
void zc_xfer_unwatch(struct zc_xfer *x)
{
	if (!x->watched)
		return;
	x->watched = false;
	zc_watch_put(&x->watch);
}

/* limits.c explains what counts as pinned. */
static int zc_xfer_claim_pinned(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	u64 most = zc_src_most(&x->src, zc_sink_room(&x->sink));
	struct zc_claim claim = {
		.amount[ZC_CLAIM_PINNED] = min_t(u64, x->src.mem_pinned + most,
						 U32_MAX),
	};
	int err = zc_limits_charge(x->payer, &claim, extack);

	x->claim.amount[ZC_CLAIM_PINNED] = claim.amount[ZC_CLAIM_PINNED];
	return err;
}

/* REF: if it fails, @x is abandoned.  Otherwise there will be a completion. */
static int zc_xfer_begin(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	int err;

	err = zc_xfer_claim_pinned(x, extack);
	if (err) {
		zc_xfer_abandon(x);
		return err;
	}
	if (!zc_src_open_window(&x->src, x->payer))
		zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_windows_refused);
	zc_src_start(&x->src);
	x->acct.submitted_ns = ktime_get_ns();
	zc_clock_start(&x->clock, x->acct.submitted_ns, x->terms.deadline_ns,
		       x->terms.idle_ns);
	zc_xfer_get(x);
	zc_registry_add(x);
	err = x->ctx ? zc_ctx_adopt(x->ctx, x) : 0;
	if (err) {
		zc_registry_del(x);
		zc_xfer_put(x);
		zc_xfer_abandon(x);
		return zc_reject(err == -EAGAIN ? ZC_REJECT_too_many_transfers :
				 ZC_REJECT_device_closing, extack);
	}
	if (!x->ctx)
		zc_xfer_put(x);
	if (x->terms.until == ZCOPY_UNTIL_RELEASED)
		zc_xfer_watch(x);
	atomic_inc(&zc_net(x->net)->stats.active);
	zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_transfers_submitted);
	trace_zcopy_submit(x);
	zc_hearer_begun(x);
	return 0;
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

	if (!zc_payer_crew(x->payer)) {
		zc_xfer_abandon(x);
		return zc_reject(ZC_REJECT_no_memory, extack);
	}
	x->memcg = zc_memcg_get_current();
	x->blkcg = zc_blkcg_get_current();
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
	int err;

	x->sync = true;
	err = zc_xfer_begin(x, extack);
	if (err)
		return err;
	zc_xfer_get(x);
	zc_run_sync(x, zc_xfer_line_up(x));
	return 0;
}

/* A mark that was set already needs no new job, unless @anyway. */
static void zc_xfer_mark(struct zc_xfer *x, bool anyway)
{
	/*
	 * ORDER: the event before the mark, and the mark before the look for a
	 * runner; see run_async.c.
	 */
	bool marked = test_and_set_bit(ZC_XFER_WOKEN, &x->bits);

	if (x->sync)
		wake_up(&x->wq);
	else if (!marked || anyway)
		zc_run_queue(x);
}

/**
 * zc_xfer_kick - an event happened: have the runner look at the transfer
 * @x: the transfer; the caller holds a reference, or is sure of one
 *
 * Context: Any, softirq too.
 */
void zc_xfer_kick(struct zc_xfer *x)
{
	zc_xfer_mark(x, false);
}

/**
 * zc_xfer_cancel - tell a transfer to stop
 * @x: the transfer; may have ended
 *
 * Context: Process context; locks may be held.
 */
void zc_xfer_cancel(struct zc_xfer *x)
{
	if (test_and_set_bit(ZC_XFER_CANCEL, &x->bits))
		return;
	/*
	 * RACE: a mark that an earlier kick left stays until the runner looks, and
	 * the runner may be a job that gets no thread.  Only a new hot job takes
	 * that job out of its lane.  An ended transfer needs none: zc_run_forget().
	 */
	zc_xfer_mark(x, !zc_xfer_ended(x));
}

/**
 * zc_xfer_doom - a transfer will be cancelled, with others of its line
 * @x: the transfer; zc_xfer_cancel() must follow
 *
 * If its turn comes before the cancel, it sends nothing.  If it has sent a part, it
 * goes on: its end would start the next in line, which may not be doomed yet.
 *
 * Context: Any.
 */
void zc_xfer_doom(struct zc_xfer *x)
{
	set_bit(ZC_XFER_DOOMED, &x->bits);
}

/**
 * zc_xfer_set_rate - change the rate of a transfer
 * @x: the transfer; may have ended
 * @rate: bytes per second from now on, 0 for no limit
 *
 * Context: Process context; locks may be held.
 */
void zc_xfer_set_rate(struct zc_xfer *x, u64 rate)
{
	WRITE_ONCE(x->rate, rate);
	zc_xfer_kick(x);
}
