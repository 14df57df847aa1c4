// SPDX-License-Identifier: GPL-2.0
/*
 * Which transfers begin light: known only to the submitter that runs them, and to the line
 * of their socket, as they are expected to end before they have to wait.  They are not
 * charged, numbered for others, listed or told of, and cannot be stopped; their call is
 * like a send(2) then.  An expectation that fails is no error: zc_xfer_keep() makes the
 * transfer known before it waits.  Takes no lock.
 */
#include <linux/cred.h>
#include <linux/moduleparam.h>

#include "compat/compat.h"
#include "ctx.h"
#include "hearer.h"
#include "payer.h"
#include "xfer.h"

/* Bytes that a light transfer sends at most, and pages of memory that these may hold */
#define ZC_LIGHT_MOST		(64 * 1024)
#define ZC_LIGHT_PINNED		(2 * ZC_LIGHT_MOST)

/* Transfers with these flags wait, or hold more than a short send(2). */
#define ZC_LIGHT_NOT		(ZCOPY_F_STABLE | ZCOPY_F_DROP_BEHIND |		\
				 ZCOPY_F_WARM | ZCOPY_F_DETACHED)

/* Tests of debug kernels choose what becomes of transfers that fit. */
enum zc_light_how {
	ZC_LIGHT_NEVER,		/* begin known */
	ZC_LIGHT_FITS,		/* become known if they must wait */
	ZC_LIGHT_A_PART,	/* become known after some bytes, wait or not */
	ZC_LIGHT_NOTHING,	/* become known before the first byte */
};

/* Bytes of ZC_LIGHT_A_PART */
#define ZC_LIGHT_PART		300

#if IS_ENABLED(CONFIG_KASAN)
static unsigned int zc_light_how = ZC_LIGHT_FITS;
module_param_named(light, zc_light_how, uint, 0600);
#else
static const enum zc_light_how zc_light_how = ZC_LIGHT_FITS;
#endif

/* Are the limits so far away that charging it would not be refused? */
static bool zc_light_ample(const struct zc_ctx *ctx, unsigned int nr_elems)
{
	const struct zc_claim claim = {
		.amount[ZC_CLAIM_TRANSFERS] = 1,
		.amount[ZC_CLAIM_ELEMENTS] = nr_elems,
		.amount[ZC_CLAIM_PINNED] = ZC_LIGHT_PINNED,
	};

	return zc_ctx_ample(ctx) && zc_limits_ample(ctx->payer, &claim);
}

/**
 * zc_xfer_may_be_light - could it end without waiting, as far as its terms say?
 * @ctx: the open device, or NULL
 * @terms: what is asked for
 * @nr_elems: elements of its list
 *
 * Context: Process context of the submitter, which will run it.
 * Return: true if so.
 */
bool zc_xfer_may_be_light(const struct zc_ctx *ctx, const struct zc_terms *terms,
			  unsigned int nr_elems)
{
	return zc_light_how != ZC_LIGHT_NEVER && ctx &&
	       nr_elems <= ZC_FEW_ELEMS &&
	       !(terms->flags & ZC_LIGHT_NOT) &&
	       terms->until == ZCOPY_UNTIL_QUEUED &&
	       !(terms->rate | terms->deadline_ns | terms->idle_ns) &&
	       zc_payer_pays(ctx->payer, current_cred()) &&
	       zc_light_ample(ctx, nr_elems);
}

/*
 * A file must not keep the reader waiting once it was found in the page cache: not for a
 * server, not for a program that guards it.
 */
static bool zc_light_elem(const struct zc_elem *e)
{
	return e->how == ZC_HOW_MEMORY ||
	       (e->how == ZC_HOW_CACHE && !e->far && !e->open_end &&
		!zc_file_is_guarded(e->file));
}

/**
 * zc_xfer_stays_light - could it end without waiting, now that it is complete?
 * @x: light, complete, not begun
 *
 * Context: Process context of the submitter.
 * Return: true if so, and if nothing would be told of it.
 */
bool zc_xfer_stays_light(const struct zc_xfer *x)
{
	const struct zc_src *src = &x->src;
	unsigned int i;

	if (src->asked > ZC_LIGHT_MOST || x->rate || zc_hearer_listens(x))
		return false;
	/* SECURITY: many callers may have waited for their memory since the first look. */
	if (!zc_light_ample(x->ctx, src->nr))
		return false;
	if (zc_light_how == ZC_LIGHT_FITS && !zc_sink_takes(&x->sink, src->asked))
		return false;
	for (i = 0; i < src->nr; i++) {
		if (!zc_light_elem(&src->elems[i]))
			return false;
	}
	return true;
}

/**
 * zc_xfer_light_share - bytes that a light transfer may move before it becomes known
 *
 * Context: The runner.
 * Return: bytes; all but in tests.
 */
u64 zc_xfer_light_share(void)
{
	switch (zc_light_how) {
	case ZC_LIGHT_A_PART:
		return ZC_LIGHT_PART;
	case ZC_LIGHT_NOTHING:
		return 0;
	default:
		return U64_MAX;
	}
}
