// SPDX-License-Identifier: GPL-2.0
/*
 * Read-ahead of a transfer's own, and a note of what it brought in.  The state
 * that belongs to the open file is the program's: it and other transfers of the
 * same file neither disturb this one nor are disturbed by it.
 *
 * Pages that are not cached right before a read of them is started are "ours" from
 * then on: their bytes count as cache misses, however much later they are sent, and
 * DROP_BEHIND may drop them.  Pages that another task reads at the same moment may be
 * taken for ours.  The note has room for some runs of pages; pages of further runs
 * are not taken for ours.
 */
#include <linux/minmax.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "batch.h"
#include "src.h"

/* Runs of pages; one is enough for a file that is read from start to end. */
#define ZC_AHEAD_RUNS		64
/* Dropping is tried again when the cursor has moved so far. */
#define ZC_AHEAD_STRIDE		(256 * 1024)

static pgoff_t zc_ahead_cursor(const struct zc_src *src)
{
	const struct zc_elem *e = &src->elems[src->cur];

	return (e->pos + src->done) >> PAGE_SHIFT;
}

/* How many pages of a run the cursor has left behind: up to where. */
static pgoff_t zc_ahead_behind(const struct zc_src *src,
			       const struct zc_ahead_run *r)
{
	if (r->elem != src->cur)
		return r->elem < src->cur ? r->end : r->start;
	return clamp(zc_ahead_cursor(src), r->start, r->end);
}

/* Runs that are of no use any more make room. */
static void zc_ahead_forget(struct zc_src *src)
{
	struct zc_ahead *a = &src->ahead;
	unsigned int i, keep = 0;

	for (i = 0; i < a->nr; i++) {
		struct zc_ahead_run *r = &a->runs[i];

		if (r->start == r->end ||
		    (!src->drop_behind && zc_ahead_behind(src, r) == r->end))
			continue;
		a->runs[keep++] = *r;
	}
	a->nr = keep;
}

static void zc_ahead_add(struct zc_ahead *a, unsigned int elem, pgoff_t start,
			 pgoff_t end)
{
	struct zc_ahead_run *last = a->nr ? &a->runs[a->nr - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->elem == elem && start >= last->start &&
	    start <= last->end) {
		last->end = max(last->end, end);
	} else if (a->nr < ZC_AHEAD_RUNS) {
		a->runs[a->nr++] = (struct zc_ahead_run) {
			.elem = elem, .start = start, .end = end,
		};
	}
}

/* Notes the pages of a range that are not in the cache. */
static void zc_ahead_note(struct zc_ahead *a, unsigned int elem,
			  struct address_space *mapping, pgoff_t index,
			  pgoff_t end)
{
	struct folio_batch fbatch;
	pgoff_t next = index;
	unsigned int i, n;

	folio_batch_init(&fbatch);
	while (index < end) {
		n = filemap_get_folios(mapping, &next, end - 1, &fbatch);
		for (i = 0; i < n; i++) {
			struct folio *folio = fbatch.folios[i];

			zc_ahead_add(a, elem, index, min(folio->index, end));
			index = max(index, folio_next_index(folio));
		}
		folio_batch_release(&fbatch);
		if (!n) {
			zc_ahead_add(a, elem, index, end);
			return;
		}
	}
}

/* What was noted from @end on was not read after all. */
static void zc_ahead_trim(struct zc_ahead *a, unsigned int elem, pgoff_t end)
{
	struct zc_ahead_run *last;

	while (a->nr) {
		last = &a->runs[a->nr - 1];
		if (last->elem != elem || last->end <= end)
			return;
		if (last->start < end) {
			last->end = end;
			return;
		}
		a->nr--;
	}
}

/* The state for this element: a new one, if it was of another. */
static void zc_ahead_aim(struct zc_src *src, unsigned int elem)
{
	struct file *file = src->elems[elem].file;
	struct zc_ahead *a = &src->ahead;

	if (a->aimed == elem + 1)
		return;
	a->aimed = elem + 1;
	memset(&a->ra, 0, sizeof(a->ra));
	file_ra_state_init(&a->ra, file->f_mapping);
	a->ra.ra_pages = src->window ? DIV_ROUND_UP(src->window, PAGE_SIZE) :
			 file->f_ra.ra_pages;
}

/*
 * Starts a read from @index on, of at least @nr pages, or goes on from a marked
 * folio, and notes what it brings.
 */
static void zc_ahead_read(struct zc_src *src, unsigned int elem,
			  struct folio *folio, pgoff_t index, pgoff_t nr)
{
	struct file *file = src->elems[elem].file;
	struct zc_ahead *a = &src->ahead;
	loff_t isize = i_size_read(file->f_mapping->host);
	pgoff_t eof = DIV_ROUND_UP_ULL(isize, PAGE_SIZE);
	pgoff_t had = 0, most;

	if (!a->runs)
		a->runs = kmalloc_array(ZC_AHEAD_RUNS, sizeof(*a->runs),
					GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (a->runs) {
		zc_ahead_forget(src);
		if (a->nr && a->runs[a->nr - 1].elem == elem)
			had = a->runs[a->nr - 1].end;
		most = index + nr + 3 * max_t(pgoff_t, a->ra.ra_pages, nr);
		zc_ahead_note(a, elem, file->f_mapping, index, min(most, eof));
	}
	if (folio)
		zc_readahead_async(file, &a->ra, folio, index, nr);
	else
		zc_readahead_sync(file, &a->ra, index, nr);
	had = max(had, folio ? index : index + nr);
	had = max_t(pgoff_t, had, a->ra.start + a->ra.size);
	zc_ahead_trim(a, elem, had);
}

/*
 * Marks in the way of a fetch: the file system's read path would go on from them
 * with the state of the open file.
 */
static void zc_ahead_marks(struct zc_src *src, unsigned int elem, pgoff_t index)
{
	struct address_space *mapping = src->elems[elem].file->f_mapping;
	pgoff_t end = index + ZC_FETCH_PAGES - 1;
	struct folio_batch fbatch;
	unsigned int i;

	folio_batch_init(&fbatch);
	while (filemap_get_folios(mapping, &index, end, &fbatch)) {
		for (i = 0; i < folio_batch_count(&fbatch); i++) {
			struct folio *folio = fbatch.folios[i];

			if (folio_test_readahead(folio))
				zc_ahead_read(src, elem, folio, folio->index,
					      ZC_FETCH_PAGES);
		}
		folio_batch_release(&fbatch);
	}
}

/**
 * zc_ahead_start - a page is not there: see to it that it is being read
 * @src: the list
 * @elem: element, of a file that is read through the page cache
 * @pos: offset in its file
 *
 * Context: Process context, may sleep.  Does not wait for the pages.
 */
void zc_ahead_start(struct zc_src *src, unsigned int elem, loff_t pos)
{
	pgoff_t index = pos >> PAGE_SHIFT;

	zc_ahead_aim(src, elem);
	if (!filemap_range_has_page(src->elems[elem].file->f_mapping, pos, pos))
		zc_ahead_read(src, elem, NULL, index, ZC_FETCH_PAGES);
	zc_ahead_marks(src, elem, index);
}

/**
 * zc_ahead_more - a folio says that it is time to read on
 * @src: the list
 * @elem: element
 * @folio: marked for read-ahead, held by the caller
 * @want: bytes that the reader wants behind it
 *
 * Context: Process context, may sleep.  Does not wait for the pages.
 */
void zc_ahead_more(struct zc_src *src, unsigned int elem, struct folio *folio,
		   size_t want)
{
	pgoff_t nr = DIV_ROUND_UP(want, PAGE_SIZE);

	zc_ahead_aim(src, elem);
	nr = min_t(pgoff_t, nr, max_t(pgoff_t, src->ahead.ra.ra_pages,
				      ZC_FETCH_PAGES));
	/* From its first page on, wherever in it the reader is: as read(2). */
	zc_ahead_read(src, elem, folio, folio->index, nr);
}

static bool zc_ahead_ours(const struct zc_ahead *a, unsigned int elem,
			  pgoff_t index)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++) {
		const struct zc_ahead_run *r = &a->runs[i];

		if (r->elem == elem && index >= r->start && index < r->end)
			return true;
	}
	return false;
}

/**
 * zc_ahead_count - tell hits from misses
 * @src: the list
 * @elem: element
 * @b: batch; its entries from @first on are of @elem
 * @first: entry
 * @pos: its offset in the file
 *
 * Context: Process context or worker.
 */
void zc_ahead_count(const struct zc_src *src, unsigned int elem,
		    struct zc_batch *b, unsigned int first, loff_t pos)
{
	unsigned int i;

	if (!src->ahead.runs)
		return;
	for (i = first; i < b->nr; i++) {
		if (b->class[i] == ZC_CLASS_HIT || b->class[i] == ZC_CLASS_MISS)
			b->class[i] = zc_ahead_ours(&src->ahead, elem,
						    pos >> PAGE_SHIFT) ?
				      ZC_CLASS_MISS : ZC_CLASS_HIT;
		pos += b->bv[i].bv_len;
	}
}

/**
 * zc_ahead_drop - drop pages of ours that were sent
 * @src: the list, with drop_behind
 *
 * Only what nobody else uses: no dirty page, none that is mapped, none that the
 * network stack still holds.  Those stay noted.
 *
 * Context: The runner, no lock held.  May sleep, but not for the disk.
 */
void zc_ahead_drop(struct zc_src *src)
{
	struct zc_ahead *a = &src->ahead;
	u64 at = src->asked - src->left;
	unsigned int i;

	if (!a->nr || at - a->dropped_at < ZC_AHEAD_STRIDE)
		return;
	a->dropped_at = at;
	for (i = 0; i < a->nr; i++) {
		struct zc_ahead_run *r = &a->runs[i];
		pgoff_t end = zc_ahead_behind(src, r);

		if (end > r->start &&
		    zc_drop_range(src->elems[r->elem].file, r->start, end))
			r->start = end;
	}
}

/**
 * zc_ahead_end - the transfer is over
 * @src: the list, with its files
 *
 * Context: May sleep, no lock held.
 */
void zc_ahead_end(struct zc_src *src)
{
	struct zc_ahead *a = &src->ahead;
	unsigned int i;

	if (!a->runs)
		return;
	for (i = 0; src->drop_behind && i < a->nr; i++) {
		const struct zc_ahead_run *r = &a->runs[i];

		if (r->start < r->end)
			zc_drop_later(src, src->elems[r->elem].file, r->start,
				      r->end);
	}
	kfree(a->runs);
	a->runs = NULL;
	a->nr = 0;
}
