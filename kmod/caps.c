// SPDX-License-Identifier: GPL-2.0
/*
 * What this build supports.  All interfaces check requests here and report features
 * from here, so that a feature bit and what is accepted cannot differ.
 */
#include <linux/cache.h>
#include <linux/string.h>

#include "caps.h"
#include "compat/compat.h"
#include "ctx.h"
#include "reject.h"
#include "sink.h"
#include "sink_tls.h"
#include "src.h"

#define ZC_FLAGS	(ZCOPY_F_STABLE | ZCOPY_F_DROP_BEHIND | ZCOPY_F_NOWAIT |	\
			 ZCOPY_F_WARM | ZCOPY_F_DETACHED | ZCOPY_F_DONTWAIT |	\
			 ZCOPY_F_MORE | ZCOPY_F_POSITION | ZCOPY_F_AS_READ |	\
			 ZCOPY_F_ANY_PID)

/* Warming sends nothing: flags that say how to send are refused with it. */
#define ZC_FLAGS_WARM	(ZCOPY_F_WARM | ZCOPY_F_DETACHED | ZCOPY_F_ANY_PID)

/* Most bytes to read ahead */
#define ZC_MAX_READAHEAD	(64 * 1024 * 1024)

/* Of TLS (RFC 8446, 5.1): the content type of what is no control record; most bytes */
#define ZC_RECORD_DATA		23
#define ZC_RECORD_MOST		(16 * 1024)

/* ZCOPY_FEAT_* of the doors */
static u64 zc_caps_offered __read_mostly;

/**
 * zc_caps_offer - a door has features
 * @features: ZCOPY_FEAT_*
 *
 * Context: Module load, before a door answers.
 */
void zc_caps_offer(u64 features)
{
	zc_caps_offered |= features;
}

/**
 * zc_caps_check - are the terms of a request supported?
 * @t: the terms
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_caps_check(const struct zc_terms *t, struct netlink_ext_ack *extack)
{
	if (t->flags & ~ZC_FLAGS)
		return zc_reject(ZC_REJECT_flag_unknown, extack);
	if (t->until > ZCOPY_UNTIL_RELEASED)
		return zc_reject(ZC_REJECT_until_unknown, extack);
	if (t->end > ZCOPY_END_SHUTDOWN)
		return zc_reject(ZC_REJECT_end_unknown, extack);
	if (t->readahead > ZC_MAX_READAHEAD)
		return zc_reject(ZC_REJECT_readahead_too_large, extack);
	if ((t->flags & ZCOPY_F_WARM) &&
	    ((t->flags & ~ZC_FLAGS_WARM) || t->until != ZCOPY_UNTIL_QUEUED ||
	     t->end != ZCOPY_END_KEEP || t->rate))
		return zc_reject(ZC_REJECT_warm_conflict, extack);
	return 0;
}

/**
 * zc_caps_check_record - may a control record be such, and be asked for so?
 * @t: the terms
 * @type: content type
 * @len: bytes
 * @nr_elems: elements of the list that it is in
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_caps_check_record(const struct zc_terms *t, u32 type, u64 len,
			 unsigned int nr_elems, struct netlink_ext_ack *extack)
{
	if (!type || type > U8_MAX || type == ZC_RECORD_DATA)
		return zc_reject(ZC_REJECT_record_type, extack);
	if (!len || len > ZC_RECORD_MOST)
		return zc_reject(ZC_REJECT_record_length, extack);
	if (nr_elems != 1 || t->flags & ZCOPY_F_MORE || t->end == ZCOPY_END_CORK)
		return zc_reject(ZC_REJECT_record_conflict, extack);
	return 0;
}

/**
 * zc_caps_check_sinks - is this number of sockets supported?
 * @nr: sockets
 * @flags: ZCOPY_F_*
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter.
 * Return: 0, or the errno of a refusal.
 */
int zc_caps_check_sinks(u32 nr, u32 flags, struct netlink_ext_ack *extack)
{
	if (flags & ZCOPY_F_WARM)
		return nr ? zc_reject(ZC_REJECT_warm_conflict, extack) : 0;
	if (!nr)
		return zc_reject(ZC_REJECT_no_sink, extack);
	if (nr > ZC_MAX_SINKS)
		return zc_reject(ZC_REJECT_too_many_sinks, extack);
	return 0;
}

/**
 * zc_caps_describe - report features and limits
 * @q: filled in, but for size and flags
 *
 * Context: Any.
 */
void zc_caps_describe(struct zcopy_query *q)
{
	q->features = ZCOPY_FEAT_LISTS | ZCOPY_FEAT_FANOUT | ZCOPY_FEAT_ACKED |
		      ZCOPY_FEAT_RELEASED | ZCOPY_FEAT_RATE |
		      ZCOPY_FEAT_DEADLINE | ZCOPY_FEAT_IDLE |
		      ZCOPY_FEAT_READAHEAD | ZCOPY_FEAT_END |
		      (zc_sink_by_ref() ? ZCOPY_FEAT_BY_REF : 0) |
		      (ZC_MEMCG ? ZCOPY_FEAT_MEMCG : 0) |
		      (zc_tls_served() ? ZCOPY_FEAT_RECORD : 0) | zc_caps_offered;
	q->send_flags = ZC_FLAGS;
	q->verbs = BIT_ULL(_IOC_NR(ZCOPY_IOC_QUERY)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_SEND)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_SUBMIT)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_WAIT)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_CANCEL)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_RATE)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_BATCH)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_EVENTFD)) |
		   BIT_ULL(_IOC_NR(ZCOPY_IOC_SENDFILE));
	q->max_elems = ZC_MAX_ELEMS;
	q->max_sinks = ZC_MAX_SINKS;
	q->max_memory = ZC_MAX_MEMORY;
	q->max_transfers = ZC_MAX_TRANSFERS;
	strscpy(q->version, ZC_VERSION, sizeof(q->version));
}
