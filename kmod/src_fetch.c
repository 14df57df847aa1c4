// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that the file system has to bring, through its own paths, so that its
 * locks and checks hold.  May sleep for as long as the disk takes; the caller
 * holds no lock.
 */
#include <linux/net.h>
#include <linux/pagemap.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "batch.h"
#include "src.h"

/* Takes a reference of its own to the page of a pipe buffer. */
static int zc_fetch_take(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
			 struct splice_desc *sd)
{
	struct page *page = buf->page + (buf->offset >> PAGE_SHIFT);
	struct zc_batch *b = sd->u.data;

	if (zc_batch_full(b))
		return 0;
	if (unlikely(!sendpage_ok(page)))
		return -EIO;
	get_page(page);
	zc_batch_add(b, page, offset_in_page(buf->offset), sd->len,
		     zc_page_in_cache(page) ? b->fetched : ZCOPY_COPY_NO_CACHE);
	return sd->len;
}

static int zc_fetch_actor(struct pipe_inode_info *pipe, struct splice_desc *sd)
{
	return __splice_from_pipe(pipe, sd, zc_fetch_take);
}

/**
 * zc_fetch_prepare - have the kernel make this task's internal pipe
 * @file: a file that has a splice path
 *
 * A task gets it with its first splice and keeps it.  Made here by a worker that
 * acts for the kernel, it is charged to no submitter, and no limit on the pipes
 * of a user refuses it.  Nothing is read.
 *
 * Context: Worker, with the kernel's own credentials.  May sleep.
 */
void zc_fetch_prepare(struct file *file)
{
	struct splice_desc sd = {};

	splice_direct_to_actor(file, &sd, zc_fetch_actor);
}

/**
 * zc_fetch_splice - add bytes of a file through its splice path
 * @file: a file that has one
 * @pos: offset in bytes
 * @want: most bytes to add, at least 1
 * @b: where to add, with room for at least ZC_BATCH_SMALL / 2 entries; REF: it
 *     gets a reference to each page
 * @class: what page-cache pages are counted as
 *
 * Context: Process context or worker, no lock held.  Sleeps.
 * Return: bytes added, 0 at the end of the file, or a negative errno.
 */
ssize_t zc_fetch_splice(struct file *file, loff_t pos, size_t want,
			struct zc_batch *b, u8 class)
{
	struct splice_desc sd = {
		.total_len	= min_t(size_t, want, ZC_FETCH_PAGES * PAGE_SIZE -
					offset_in_page(pos)),
		.pos		= pos,
		.u.data		= b,
	};

	b->fetched = class;
	return splice_direct_to_actor(file, &sd, zc_fetch_actor);
}

/**
 * zc_fetch_read - add bytes of a file, copied by its read path
 * @file: a file that has a read_iter
 * @pos: offset in bytes
 * @want: most bytes to add, at least 1
 * @b: where to add; REF: it gets the only reference to each page
 * @class: enum zcopy_copy, why they are copied
 *
 * Reads whole blocks where the file is open with O_DIRECT, and drops what lies
 * before @pos.
 *
 * Context: Process context or worker, no lock held.  Sleeps.
 * Return: bytes added, 0 at the end of the file, or a negative errno.
 */
ssize_t zc_fetch_read(struct file *file, loff_t pos, size_t want,
		      struct zc_batch *b, u8 class)
{
	bool blocks = file->f_flags & O_DIRECT;
	struct bio_vec bv[ZC_FETCH_PAGES];
	size_t skip = blocks ? offset_in_page(pos) : 0;
	unsigned int nr = 0, keep, i;
	loff_t at = pos - skip;
	struct iov_iter it;
	ssize_t got;
	loff_t size;

	want = min_t(size_t, want, ARRAY_SIZE(bv) * PAGE_SIZE - skip);
	want = min_t(size_t, want, (b->max - b->nr) * PAGE_SIZE - skip);
	while (nr < DIV_ROUND_UP(skip + want, PAGE_SIZE)) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			break;
		bvec_set_page(&bv[nr++], page, PAGE_SIZE, 0);
	}
	if (!nr)
		return -ENOMEM;
	iov_iter_bvec(&it, ITER_DEST, bv, nr,
		      blocks ? nr * PAGE_SIZE : min(want, nr * PAGE_SIZE));
	/* RACE: before and after the read, as the file may grow or be cut meanwhile. */
	size = i_size_read(file_inode(file));
	got = vfs_iter_read(file, &it, &at, 0);
	/* Only a local file's size is sure to be right; others end where reading ends. */
	if (got > 0 && got <= skip)
		got = pos < min(size, i_size_read(file_inode(file))) &&
		      zc_file_is_local(file) ? -EIO : 0;
	else if (got > 0)
		got = min_t(ssize_t, got - skip, want);

	keep = got > 0 ? DIV_ROUND_UP(skip + got, PAGE_SIZE) : 0;
	while (nr > keep)
		__free_page(bv[--nr].bv_page);
	want = got > 0 ? got : 0;
	for (i = 0; i < keep; i++) {
		size_t n = min_t(size_t, want, PAGE_SIZE - skip);

		zc_batch_add(b, bv[i].bv_page, skip, n, class);
		want -= n;
		skip = 0;
	}
	return got;
}
