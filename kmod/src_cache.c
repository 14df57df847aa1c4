// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are in the page cache: found without the file system's help, in
 * whole folios, and never beyond the size that the file has after the folio
 * was seen to be up to date.  Takes no lock but RCU; sleeps only if read-ahead
 * has to be started and the caller may block.
 *
 * The mapping is walked here and not by filemap_get_folios_contig(): one pass
 * puts folios straight into the batch, as many as it holds.
 */
#include <linux/magic.h>
#include <linux/page_idle.h>
#include <linux/pagemap.h>
#include <linux/swap.h>

#include "batch.h"
#include "src.h"

/**
 * zc_cache_usable - may this file's pages be looked up in its mapping?
 * @file: an open regular file
 *
 * True where the file's own splice path is the generic one over f_mapping, or
 * a wrapper that only adds a lock around it.  Stacked and network file systems
 * are neither: their pages live elsewhere or must be revalidated.
 *
 * Context: Any.
 * Return: whether zc_cache_fill() gives what read(2) would.
 */
bool zc_cache_usable(struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (file->f_mapping != inode->i_mapping ||
	    file->f_mapping->host != inode)
		return false;
	if (zc_reads_page_cache(file->f_op))
		return true;
	if (!file->f_op->splice_read || !file->f_op->read_iter)
		return false;
	switch (inode->i_sb->s_magic) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
		return true;
	}
	return false;
}

static bool zc_cache_poisoned(struct folio *folio)
{
	return folio_test_hwpoison(folio) ||
	       (folio_test_large(folio) && folio_test_has_hwpoisoned(folio));
}

/*
 * A folio under @xas, with a reference, or NULL where the cache has none.
 *
 * RACE: a folio can be freed, and be another's, between the look and the
 * reference; if it is still what the tree has, the reference is to the right one.
 */
static struct folio *zc_cache_get(struct xa_state *xas, struct folio *folio)
{
	for (;; folio = xas_load(xas)) {
		if (xas_retry(xas, folio))
			continue;
		/* A larger folio took the place of the one before: look anew. */
		if (!folio || xa_is_value(folio) || xa_is_sibling(folio))
			return NULL;
		if (likely(folio_try_get(folio))) {
			if (likely(folio == xas_reload(xas)))
				return folio;
			folio_put(folio);
		}
		xas_reset(xas);
	}
}

/*
 * Adds folios from @pos on, up to a folio that is missing or must not be used.  A folio
 * that is marked for read-ahead is the last to be added.  Returns the bytes added.
 */
static size_t zc_cache_walk(struct address_space *mapping, loff_t pos,
			    size_t want, struct zc_batch *b, bool pass,
			    struct folio **marked)
{
	XA_STATE(xas, &mapping->i_pages, pos >> PAGE_SHIFT);
	struct folio *folio;
	size_t added = 0;

	*marked = NULL;
	rcu_read_lock();
	folio = zc_cache_get(&xas, xas_load(&xas));
	while (folio) {
		size_t off = pos + added - folio_pos(folio);
		size_t n = folio_size(folio);
		bool readahead = folio_test_readahead(folio);

		if (unlikely(off >= n || !folio_test_uptodate(folio) ||
			     zc_cache_poisoned(folio) ||
			     (readahead && !pass))) {
			folio_put(folio);
			break;
		}
		n = min(n - off, want - added);
		zc_batch_add(b, folio_page(folio, 0), off, n, ZC_CLASS_HIT);
		added += n;
		if (unlikely(readahead)) {
			*marked = folio;
			break;
		}
		if (added == want || zc_batch_full(b))
			break;
		if (folio_test_large(folio)) {
			xas_set(&xas, folio_next_index(folio));
			folio = zc_cache_get(&xas, xas_load(&xas));
		} else {
			folio = zc_cache_get(&xas, xas_next(&xas));
		}
	}
	rcu_read_unlock();
	return added;
}

/* Takes back the last @over bytes. */
static void zc_cache_trim(struct zc_batch *b, size_t over)
{
	while (over) {
		struct bio_vec *bv = &b->bv[b->nr - 1];
		size_t n = min_t(size_t, over, bv->bv_len);

		bv->bv_len -= n;
		b->bytes -= n;
		over -= n;
		if (!bv->bv_len) {
			put_page(bv->bv_page);
			b->nr--;
		}
	}
}

/* As folio_mark_accessed(), where that would do something. */
static void zc_cache_touch(struct folio *folio)
{
	if (!folio_test_active(folio) || !folio_test_referenced(folio) ||
	    folio_test_idle(folio))
		folio_mark_accessed(folio);
}

/**
 * zc_cache_fill - add pages of a file that are in the page cache
 * @src: the list
 * @elem: an element of a file for which zc_cache_usable() holds
 * @pos: offset in the file in bytes
 * @want: most bytes to add, at least 1
 * @b: where to add, not full; REF: it gets a reference to each page
 * @flags: ZC_SRC_*
 * @added: bytes added; 0 and true: the file ends at or before @pos
 *
 * Context: Process context.  Sleeps only with ZC_SRC_MAY_BLOCK.
 * Return: true, or false if the first byte is not there, or not without
 * blocking.
 */
bool zc_cache_fill(struct zc_src *src, unsigned int elem, loff_t pos,
		   size_t want, struct zc_batch *b, unsigned int flags,
		   size_t *added)
{
	struct address_space *mapping = src->elems[elem].file->f_mapping;
	bool aliased = mapping_writably_mapped(mapping);
	struct inode *inode = mapping->host;
	unsigned int i, first = b->nr;
	struct folio *marked;
	loff_t isize;
	size_t got;

	*added = 0;
	do {
		got = zc_cache_walk(mapping, pos + *added, want - *added, b,
				    flags & (ZC_SRC_MAY_BLOCK | ZC_SRC_CACHED),
				    &marked);
		*added += got;
		if (marked && !(flags & ZC_SRC_CACHED))
			zc_ahead_more(src, elem, marked, want - *added + 1);
	} while (marked && *added < want && !zc_batch_full(b));
	/*
	 * ORDER: the size is read after the folios were seen up to date: what
	 * is beyond it is not the file's.
	 */
	isize = i_size_read(inode);
	if (!*added)
		return pos >= isize;
	isize = max(isize, pos);
	if (pos + *added > isize) {
		zc_cache_trim(b, pos + *added - isize);
		*added = isize - pos;
	}
	for (i = first; i < b->nr; i++) {
		struct folio *folio = page_folio(b->bv[i].bv_page);

		if (aliased)
			flush_dcache_folio(folio);
		zc_cache_touch(folio);
	}
	if (*added && src->ahead.aimed == elem + 1)
		src->ahead.ra.prev_pos = pos + *added - 1;
	zc_ahead_count(src, elem, b, first, pos);
	return true;
}
