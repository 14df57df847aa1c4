/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A batch: referenced pages on their way from the source to the socket.
 *
 * The pump owns the batch.  The source adds entries, each with a page reference of
 * its own.  The sink reads them, and may take over the references of the first
 * ones.  Nothing in a batch outlives a turn.
 */
#ifndef ZC_BATCH_H
#define ZC_BATCH_H

#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/zcopy.h>

#include "compat/compat.h"
#include "sink_path.h"

/*
 * What an entry is: page-cache pages, or bytes copied for the reason given by
 * enum zcopy_copy.
 */
#define ZC_COPY_NR		(ZCOPY_COPY_POLICY + 1)
#define ZC_CLASS_HIT		(ZC_COPY_NR + 0)
#define ZC_CLASS_MISS		(ZC_COPY_NR + 1)
#define ZC_CLASS_REF		(ZC_COPY_NR + 2)	/* hit or miss unknown */
#define ZC_CLASS_NR		(ZC_COPY_NR + 3)

/* Most entries of a batch: on the stack; and on the heap, which fill two pages */
#define ZC_BATCH_SMALL		34
#define ZC_BATCH_LARGE		480

/* May the socket hold the pages? */
enum zc_batch_kind {
	ZC_BATCH_ANY,		/* there are none of files yet */
	ZC_BATCH_REFS,
	ZC_BATCH_COPIES,	/* no page of a file */
};

/* struct zc_batch - pages of one push */
struct zc_batch {
	struct bio_vec *bv;
	u8 *class;
	unsigned int nr;
	unsigned int max;
	unsigned int taken;	/* first entries whose references were taken over */
	size_t bytes;
	u64 longest;		/* length of the longest element that it has bytes of */
	enum zc_way way;	/* of a push that took something */
	u8 fetched;		/* class of the page-cache pages of a fetch */
	u8 record;		/* content type, if TLS is to send it as a record */
	bool more;		/* more bytes are certain after these */
	bool followed;		/* if not: bytes of another transfer are */
	u8 kind;		/* enum zc_batch_kind, if the list has files to be copied */
};

static inline bool zc_batch_full(const struct zc_batch *b)
{
	return b->nr == b->max;
}

/* REF: takes over the caller's reference to @page. */
static inline void zc_batch_add(struct zc_batch *b, struct page *page,
				size_t off, size_t len, u8 class)
{
	bvec_set_page(&b->bv[b->nr], page, len, off);
	b->class[b->nr++] = class;
	b->bytes += len;
}

/* Shall TCP wait for what follows? */
static inline bool zc_batch_waits(const struct zc_batch *b)
{
	return b->more || b->followed;
}

/* Has it pages of the page cache? */
static inline bool zc_batch_refers(const struct zc_batch *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->class[i] >= ZC_COPY_NR)
			return true;
	}
	return false;
}

/* REF: drops all references that are left. */
static inline void zc_batch_release(struct zc_batch *b)
{
	unsigned int i;

	for (i = b->taken; i < b->nr; i++)
		put_page(b->bv[i].bv_page);
	b->nr = 0;
	b->taken = 0;
	b->bytes = 0;
	b->longest = 0;
	b->kind = ZC_BATCH_ANY;
}

int zc_batch_init(void);
void zc_batch_exit(void);
void *zc_batch_grow(struct zc_batch *b);
void zc_batch_free(void *heap);
int zc_batch_make_own(struct zc_batch *b);

#endif /* ZC_BATCH_H */
