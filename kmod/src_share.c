// SPDX-License-Identifier: GPL-2.0
/*
 * What the lists of one fan-out share: the pages that one of them looked up last,
 * for the others, which come to the same place soon after.  The foremost list looks
 * pages up; the lists behind it take them from the window.  A list that the window
 * has left behind looks up pages for itself, so a slow peer pins no more than the
 * window.  A page pins its whole folio, so folios are counted, and the payer is
 * charged for the most that a window may hold; if the payer's limit has no room for
 * that, there is no window.  The window's own lock is a leaf.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "batch.h"
#include "payer.h"
#include "src.h"

/* Bytes of folios in a window, at most */
#define ZC_SHARE_BYTES		(4 * 1024 * 1024)

/* struct zc_share - a window of pages of one element, without gaps */
struct zc_share {
	refcount_t ref;
	/* Set before any list is run, constant then */
	bool asked;
	unsigned int size;	/* entries, 0: no window */
	size_t most;		/* bytes of folios */
	struct bio_vec *bv;	/* REF: their pages; a ring */
	struct zc_payer *payer;	/* REF */
	struct zc_claim claim;

	spinlock_t lock;	/* all below, and the ring */
	unsigned int elem;
	loff_t pos;		/* of the first byte in it */
	loff_t end;
	unsigned int first;
	unsigned int nr;
	size_t held;		/* bytes of folios */
};

/**
 * zc_share_create - make what will have a window
 *
 * Context: May sleep.
 * Return: it, with one reference, or NULL.
 */
struct zc_share *zc_share_create(void)
{
	struct zc_share *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	refcount_set(&s->ref, 1);
	spin_lock_init(&s->lock);
	return s;
}

/**
 * zc_share_open - have a window from now on
 * @s: as created; nothing is done the second time
 * @payer: who pays for what the window holds
 * @bytes: of the files, in whole pages
 *
 * Context: Process context of the submitter, may sleep; before any list is run.
 * Return: false if the payer may not have one.
 */
bool zc_share_open(struct zc_share *s, struct zc_payer *payer, u64 bytes)
{
	if (s->asked || !bytes)
		return true;
	s->asked = true;
	s->most = min_t(u64, bytes, ZC_SHARE_BYTES);
	s->claim.amount[ZC_CLAIM_WINDOW] = s->most;
	if (!zc_limits_take(payer, &s->claim))
		return false;
	s->payer = zc_payer_hold(payer);
	s->bv = kvmalloc_array(s->most >> PAGE_SHIFT, sizeof(*s->bv),
			       GFP_KERNEL_ACCOUNT);
	if (s->bv)
		s->size = s->most >> PAGE_SHIFT;
	return true;
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

/* The entry that is @i behind the first. */
static struct bio_vec *zc_share_at(const struct zc_share *s, unsigned int i)
{
	i += s->first;
	return &s->bv[i < s->size ? i : i - s->size];
}

/* What is held because of an entry, if its neighbour is there anyway. */
static size_t zc_share_folio(const struct bio_vec *bv, const struct bio_vec *other)
{
	struct folio *folio = page_folio(bv->bv_page);

	return other && page_folio(other->bv_page) == folio ? 0 : folio_size(folio);
}

static void zc_share_drop_first(struct zc_share *s)
{
	struct bio_vec *bv = zc_share_at(s, 0);

	s->held -= zc_share_folio(bv, s->nr > 1 ? zc_share_at(s, 1) : NULL);
	s->pos += bv->bv_len;
	put_page(bv->bv_page);
	s->first = s->first + 1 == s->size ? 0 : s->first + 1;
	s->nr--;
}

/* Batches end anywhere: a page is one entry all the same. */
static bool zc_share_extend(struct zc_share *s, const struct bio_vec *bv)
{
	struct bio_vec *last = zc_share_at(s, s->nr - 1);

	if (last->bv_page != bv->bv_page ||
	    last->bv_offset + last->bv_len != bv->bv_offset)
		return false;
	last->bv_len += bv->bv_len;
	return true;
}

/* A folio that is more than the window may hold stays out. */
static void zc_share_add(struct zc_share *s, const struct bio_vec *bv)
{
	size_t more = zc_share_folio(bv, s->nr ? zc_share_at(s, s->nr - 1) : NULL);

	s->end += bv->bv_len;
	if (s->nr && zc_share_extend(s, bv))
		return;
	while (s->nr && (s->nr == s->size || s->held + more > s->most))
		zc_share_drop_first(s);
	if (!s->nr) {
		more = zc_share_folio(bv, NULL);
		if (more > s->most) {
			s->pos = s->end;
			return;
		}
	}
	get_page(bv->bv_page);
	*zc_share_at(s, s->nr++) = *bv;
	s->held += more;
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
	kvfree(s->bv);
	if (s->payer) {
		zc_limits_give_back(s->payer, &s->claim, ZC_CLAIM_WINDOW);
		zc_payer_put(s->payer);
	}
	kfree(s);
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

	if (!s->size)
		return 0;
	spin_lock(&s->lock);
	isize = i_size_read(mapping->host);
	if (!s->nr || elem != s->elem || pos < s->pos || pos >= s->end ||
	    pos >= isize)
		goto out;
	want = min_t(u64, want, isize - pos);
	for (i = 0, at = s->pos; i < s->nr && added < want && !zc_batch_full(b); i++) {
		struct bio_vec *bv = zc_share_at(s, i);
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
 * A list that is behind the window's end has nothing to offer.
 *
 * Context: Process context or worker.
 */
void zc_share_note(struct zc_share *s, unsigned int elem, loff_t pos,
		   const struct zc_batch *b, unsigned int first)
{
	unsigned int i;

	if (!s->size)
		return;
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
	for (i = first; i < b->nr; i++)
		zc_share_add(s, &b->bv[i]);
out:
	spin_unlock(&s->lock);
}
