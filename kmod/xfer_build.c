// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a transfer for an entry point: checks and charges it, and gives it its socket.
 * The entry point adds its elements, and submits or abandons it.  Takes no lock.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "ctx.h"
#include "payer.h"
#include "run.h"
#include "xfer.h"

/* Bytes that are cleared when a transfer can become known to others */
#define ZC_XFER_KEPT	(offsetof(struct zc_xfer, acct) - \
			 offsetof(struct zc_xfer, told_sent))

static void zc_xfer_wake(struct zc_wait *w)
{
	zc_xfer_kick(container_of(w, struct zc_xfer, wait));
}

/* An open device has the payer of its opener, which mostly is the submitter's, too. */
static struct zc_payer *zc_xfer_payer(const struct zc_ctx *ctx)
{
	if (ctx && zc_payer_pays(ctx->payer, current_cred()))
		return zc_payer_hold(ctx->payer);
	return zc_payer_get_current();
}

/*
 * Sets what lets others find, wake, stop and list a transfer, and what workers need to run
 * it.  REF: @payer's is taken over.
 */
static void zc_xfer_build_kept(struct zc_xfer *x, const struct zc_claim *claim)
{
	BUILD_BUG_ON(ZC_XFER_KEPT % sizeof(u64));
	memset64(&x->told_sent, 0, ZC_XFER_KEPT / sizeof(u64));
	__module_get(THIS_MODULE);
	refcount_set(&x->ref, 1);
	INIT_LIST_HEAD(&x->link);
	RB_CLEAR_NODE(&x->reg);
	init_waitqueue_head(&x->wq);
	zc_wait_init(&x->wait, zc_xfer_wake);
	zc_run_prepare(x);
	/* RACE: nothing else runs it if it is found by number before its start. */
	x->bits = BIT(ZC_XFER_RUNNING);
	x->claim = *claim;
	x->cred = get_current_cred();
	x->pid = task_tgid_vnr(current);
	x->host_pid = task_tgid_nr(current);
	/* RACE: a name that changes meanwhile may be a mixture, but terminated. */
	memcpy(x->comm, current->comm, sizeof(x->comm));
	x->comm[sizeof(x->comm) - 1] = 0;
	if (x->ctx)
		zc_ctx_get(x->ctx);
	x->light = false;
}

/* Sets what each run needs; the rest of it was cleared. */
static void zc_xfer_build_core(struct zc_xfer *x, struct zc_ctx *ctx,
			       const struct zc_terms *terms, struct zc_payer *payer)
{
	x->bits = 0;
	x->ctx = terms->flags & ZCOPY_F_DETACHED ? NULL : ctx;
	x->terms = *terms;
	x->rate = terms->rate;
	x->payer = payer;
	x->src.payer = payer;
	x->src.stable = terms->flags & ZCOPY_F_STABLE;
	x->src.as_read = terms->flags & ZCOPY_F_AS_READ;
	x->src.any_pid = terms->flags & ZCOPY_F_ANY_PID;
	x->src.warm = terms->flags & ZCOPY_F_WARM;
	x->src.drop_behind = terms->flags & ZCOPY_F_DROP_BEHIND;
	x->src.window = terms->readahead;
	x->status = ZCOPY_STATUS_RUNNING;
}

static struct zc_xfer *zc_xfer_create_light(struct zc_ctx *ctx,
					    const struct zc_terms *terms,
					    unsigned int nr_elems,
					    struct netlink_ext_ack *extack)
{
	struct zc_xfer *x = zc_xfer_alloc(ctx);

	if (!x)
		return ERR_PTR(zc_reject(ZC_REJECT_no_memory, extack));
	/* It has so few elements that this cannot fail. */
	zc_src_init(&x->src, nr_elems);
	zc_xfer_build_core(x, ctx, terms, ctx->payer);
	x->light = true;
	return x;
}

/**
 * zc_xfer_create - make a new transfer, to be filled and submitted
 * @ctx: the open device; owns the transfer unless @terms detach it.  NULL: no
 *       device owns it
 * @terms: what is asked for; copied
 * @nr_elems: elements that will be added to its source
 * @here: zc_xfer_send() will run it, if it is not abandoned: it may be light
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, may sleep.
 * Return: the transfer, or an ERR_PTR.  REF: one reference, which
 * zc_xfer_prepare(), zc_xfer_send() or zc_xfer_abandon() consumes.
 */
struct zc_xfer *zc_xfer_create(struct zc_ctx *ctx, const struct zc_terms *terms,
			       unsigned int nr_elems, bool here,
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
	if (here && zc_xfer_may_be_light(ctx, terms, nr_elems))
		return zc_xfer_create_light(ctx, terms, nr_elems, extack);
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
		zc_xfer_free_memory(x);
		goto out_claim;
	}
	zc_xfer_build_core(x, ctx, terms, payer);
	zc_xfer_build_kept(x, &claim);
	return x;

out_claim:
	zc_limits_give_back(payer, &claim, ZC_CLAIM_TRANSFERS);
	err = zc_reject(ZC_REJECT_no_memory, extack);
out_payer:
	zc_payer_put(payer);
	return ERR_PTR(err);
}

/**
 * zc_xfer_outgrow - make a light transfer what it would be if it had not begun light
 * @x: light
 * @extack: for the sentence of a refusal, or NULL
 *
 * Charges it for its place and its elements; if bytes went already, whatever the limits
 * say.  It is not known to others yet.
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal: then it is still light.
 */
int zc_xfer_outgrow(struct zc_xfer *x, struct netlink_ext_ack *extack)
{
	struct zc_claim claim = {
		.amount[ZC_CLAIM_TRANSFERS] = 1,
		.amount[ZC_CLAIM_ELEMENTS] = x->src.room,
	};
	int err = 0;

	if (x->acct.sent)
		zc_limits_force(x->payer, &claim);
	else
		err = zc_limits_charge(x->payer, &claim, extack);
	if (err)
		return err;
	zc_payer_hold(x->payer);
	zc_xfer_build_kept(x, &claim);
	return 0;
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
