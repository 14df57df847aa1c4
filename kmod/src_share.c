// SPDX-License-Identifier: GPL-2.0
/*
 * What the lists of one fan-out share: the pages that one of them looked up last,
 * for the others who come to the same place soon after.  Whoever is ahead looks
 * up; those behind take from the window, and look up themselves once it has moved
 * on: a slow peer pins no more than that.  Takes its own lock, a leaf.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "batch.h"
#include "src.h"

/* Pages (or folios) in the window */
#define ZC_SHARE_ENTRIES	1024
/* and bytes of files */
#define ZC_SHARE_BYTES		(4 * 1024 * 1024)

/* struct zc_share - a window of pages of one element, without gaps */
struct zc_share {
	refcount_t ref;
	spinlock_t lock;	/* all below */
	unsigned int elem;
	loff_t pos;		/* of the first byte in it */
	loff_t end;
	unsigned int first;
	unsigned int nr;
	struct bio_vec bv[ZC_SHARE_ENTRIES];	/* REF: their pages; a ring */
};

/**
 * zc_share_create - make an empty window
 *
 * Context: May sleep.
 * Return: the window with one reference, or NULL.
 */
struct zc_share *zc_share_create(void)
{
	struct zc_share *s = kvzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	refcount_set(&s->ref, 1);
	spin_lock_init(&s->lock);
	return s;
}

/**
 * zc_share_get - take a reference
 * @s: the window, may be NULL
 *
 * Context: Any.
 * Return: @s.
 */
struct zc_share *zc_share_get(struct zc_share *s)
{
	if (s)
		refcount_inc(&s->ref);
	return s;
}

static void zc_share_drop_first(struct zc_share *s)
{
	struct bio_vec *bv = &s->bv[s->first];

	s->pos += bv->bv_len;
	put_page(bv->bv_page);
	s->first = (s->first + 1) % ZC_SHARE_ENTRIES;
	s->nr--;
}

/**
 * zc_share_put - drop a reference
 * @s: the window, may be NULL; freed with the last one
 *
 * Context: May sleep.
 */
void zc_share_put(struct zc_share *s)
{
	if (!s || !refcount_dec_and_test(&s->ref))
		return;
	while (s->nr)
		zc_share_drop_first(s);
	kvfree(s);
}

/**
 * zc_share_take - add bytes that another one has looked up
 * @s: the window
 * @e: element of the caller's list
 * @elem: its number, the same in all lists
 * @pos: offset in the file
 * @want: most bytes to add, at least 1
 * @b: where to add, not full; REF: it gets a reference to each page
 *
 * Not beyond the end that the file has now, and nothing that was truncated since.
 *
 * Context: Process context or worker.
 * Return: bytes added, 0 if the window has none of them.
 */
size_t zc_share_take(struct zc_share *s, const struct zc_elem *e,
		     unsigned int elem, loff_t pos, size_t want,
		     struct zc_batch *b)
{
	struct address_space *mapping = e->file->f_mapping;
	loff_t isize, at;
	size_t added = 0;
	unsigned int i;

	spin_lock(&s->lock);
	isize = i_size_read(mapping->host);
	if (!s->nr || elem != s->elem || pos < s->pos || pos >= s->end ||
	    pos >= isize)
		goto out;
	want = min_t(u64, want, isize - pos);
	for (i = 0, at = s->pos; i < s->nr && added < want && !zc_batch_full(b); i++) {
		struct bio_vec *bv = &s->bv[(s->first + i) % ZC_SHARE_ENTRIES];
		size_t off, n;

		if (at + bv->bv_len <= pos) {
			at += bv->bv_len;
			continue;
		}
		if (READ_ONCE(page_folio(bv->bv_page)->mapping) != mapping)
			break;
		off = pos + added - at;
		n = min_t(size_t, bv->bv_len - off, want - added);
		get_page(bv->bv_page);
		zc_batch_add(b, bv->bv_page, bv->bv_offset + off, n, ZC_CLASS_REF);
		added += n;
		at += bv->bv_len;
	}
out:
	spin_unlock(&s->lock);
	return added;
}

/**
 * zc_share_note - offer what was looked up to the others
 * @s: the window
 * @elem: number of the element
 * @pos: offset in the file of the first entry
 * @b: where the pages are
 * @first: the first entry that is meant; to the end
 *
 * Who is behind the window, and not in front of it, has nothing to offer.
 *
 * Context: Process context or worker.
 */
void zc_share_note(struct zc_share *s, unsigned int elem, loff_t pos,
		   const struct zc_batch *b, unsigned int first)
{
	unsigned int i;

	spin_lock(&s->lock);
	if (s->nr && (elem < s->elem || (elem == s->elem && pos < s->end)))
		goto out;
	if (elem != s->elem || pos != s->end) {
		while (s->nr)
			zc_share_drop_first(s);
		s->elem = elem;
		s->pos = pos;
		s->end = pos;
	}
	for (i = first; i < b->nr; i++) {
		while (s->nr && (s->nr == ZC_SHARE_ENTRIES ||
				 s->end - s->pos >= ZC_SHARE_BYTES))
			zc_share_drop_first(s);
		get_page(b->bv[i].bv_page);
		s->bv[(s->first + s->nr++) % ZC_SHARE_ENTRIES] = b->bv[i];
		s->end += b->bv[i].bv_len;
	}
out:
	spin_unlock(&s->lock);
}
