/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page cache: batches of folios, read-ahead, and the test whether a page is in it.
 * The calls are the same on all kernels so far, but have changed before.
 *
 * COMPAT: probe folio_batch_h; goes when 6.12 does.  A batch holds 15 folios in
 * 6.1 and 31 since: ask folio_batch_space() or ARRAY_SIZE().
 */
#ifndef ZC_COMPAT_CACHE_H
#define ZC_COMPAT_CACHE_H

#include <linux/mm.h>
#include <linux/pagemap.h>
#if ZC_HAVE_folio_batch_h
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/**
 * zc_readahead_sync - start reading a range that is not cached
 * @file: borrowed
 * @ra: read-ahead state, used and updated
 * @index: first page
 * @nr: number of pages wanted
 *
 * Context: may sleep.  Does not wait for the pages.
 */
static inline void zc_readahead_sync(struct file *file,
				     struct file_ra_state *ra,
				     pgoff_t index, unsigned long nr)
{
	DEFINE_READAHEAD(ractl, file, ra, file->f_mapping, index);

	/* The kernel does not check this; it relies on a read-ahead window of 0. */
	if (!file->f_mapping->a_ops->readahead)
		return;
	page_cache_sync_ra(&ractl, nr);
}

/**
 * zc_readahead_async - go on reading ahead, from a folio marked for it
 * @file: borrowed
 * @ra: read-ahead state, used and updated
 * @folio: borrowed; folio_test_readahead() was true
 * @index: page at which the reader is
 * @nr: number of pages wanted
 *
 * Context: may sleep.  Does not wait for the pages.
 */
static inline void zc_readahead_async(struct file *file,
				      struct file_ra_state *ra,
				      struct folio *folio, pgoff_t index,
				      unsigned long nr)
{
	DEFINE_READAHEAD(ractl, file, ra, file->f_mapping, index);

	if (!file->f_mapping->a_ops->readahead)
		return;
	page_cache_async_ra(&ractl, folio, nr);
}

/**
 * zc_page_in_cache - is this a page of a file's cache?
 * @page: borrowed
 *
 * Tells pages that came by reference from copies made for us.  A page that was
 * truncated since does not count.  A page that is being swapped out or in has the
 * mapping of the swap cache, not of a file.
 *
 * Return: true for such a page and for the zero page, which stands for a hole.  The
 * answer may be stale at once; use it for accounting only.
 */
static inline bool zc_page_in_cache(struct page *page)
{
	struct folio *folio = page_folio(page);

	if (is_zero_pfn(page_to_pfn(page)))
		return true;
	return folio_mapping(folio) && !folio_test_swapcache(folio);
}

#endif
