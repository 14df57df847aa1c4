// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are in the page cache: found without the file system's help, in
 * whole folios, and never beyond the size that the file has after the folio
 * was seen to be up to date.  Takes no lock but RCU; sleeps only if read-ahead
 * has to be started and the caller may block.
 */
#include <linux/magic.h>
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

/**
 * zc_cache_fill - add pages of a file that are in the page cache
 * @file: a file for which zc_cache_usable() holds
 * @pos: offset in bytes
 * @want: most bytes to add, at least 1
 * @b: where to add; REF: it gets a reference to each page
 * @flags: ZC_SRC_*
 * @added: bytes added; 0 and true: the file ends at or before @pos
 *
 * Context: Process context.  Sleeps only with ZC_SRC_MAY_BLOCK.
 * Return: true, or false if the first byte is not there, or not without
 * blocking.
 */
bool zc_cache_fill(struct file *file, loff_t pos, size_t want,
		   struct zc_batch *b, unsigned int flags, size_t *added)
{
	struct address_space *mapping = file->f_mapping;
	pgoff_t end = (pos + want - 1) >> PAGE_SHIFT;
	pgoff_t index = pos >> PAGE_SHIFT;
	bool aliased = mapping_writably_mapped(mapping);
	struct inode *inode = mapping->host;
	struct folio_batch fbatch;
	bool stop = false, eof = false;
	unsigned int i;

	*added = 0;
	if (pos >= i_size_read(inode))
		return true;

	while (want && !stop && !zc_batch_full(b)) {
		folio_batch_init(&fbatch);
		if (!filemap_get_folios_contig(mapping, &index, end, &fbatch))
			break;
		for (i = 0; i < folio_batch_count(&fbatch); i++) {
			struct folio *folio = fbatch.folios[i];
			loff_t off = pos - folio_pos(folio);
			loff_t isize;
			size_t n;

			if (stop || !want || zc_batch_full(b) || off < 0 ||
			    off >= folio_size(folio) ||
			    !folio_test_uptodate(folio) ||
			    zc_cache_poisoned(folio)) {
				stop = true;
				folio_put(folio);
				continue;
			}
			if (unlikely(folio_test_readahead(folio))) {
				if (!(flags & ZC_SRC_MAY_BLOCK)) {
					stop = true;
					folio_put(folio);
					continue;
				}
				zc_readahead_async(file, folio,
						   pos >> PAGE_SHIFT,
						   end + 1 - (pos >> PAGE_SHIFT));
			}
			/*
			 * ORDER: the size is read after the folio was seen up
			 * to date: what is beyond it is not the file's.
			 */
			isize = i_size_read(inode);
			if (pos >= isize) {
				stop = true;
				eof = true;
				folio_put(folio);
				continue;
			}
			if (aliased)
				flush_dcache_folio(folio);
			folio_mark_accessed(folio);
			n = min_t(u64, folio_size(folio) - off, want);
			n = min_t(u64, n, isize - pos);
			zc_batch_add(b, folio_page(folio, 0), off, n,
				     ZC_CLASS_HIT);
			pos += n;
			*added += n;
			want -= n;
		}
	}
	if (*added)
		file->f_ra.prev_pos = pos - 1;
	return *added || eof;
}
