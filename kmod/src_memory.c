// SPDX-License-Identifier: GPL-2.0
/*
 * Memory elements: bytes of the submitter, copied at submission.  Each open device
 * shares a page among short elements, so that a header costs neither a page nor the
 * clearing of one.  Longer elements get pages of their own, and so do those of
 * transfers without a device.  A page is charged to the cgroup of the task that
 * allocates it; a list counts each page in which it has a byte.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "batch.h"
#include "reject.h"
#include "src.h"

/* What goes into a shared page, whole: more than one of them fit. */
#define ZC_MEMORY_SHORT		(PAGE_SIZE / 2)
/* What is copied without an iterator */
#define ZC_MEMORY_PLAIN		512
/* Pages that are got at a time, if they are there at once */
#define ZC_MEMORY_ORDER		get_order(32 * 1024)

/* Most pieces: one for each page, and one for each element that starts anew. */
static unsigned int zc_memory_most(const struct zc_src *src)
{
	return ZC_MAX_MEMORY / PAGE_SIZE + 2 + src->room;
}

/**
 * zc_memory_init - set up what an open device shares out
 * @m: zeroed
 *
 * Context: Any.
 */
void zc_memory_init(struct zc_memory *m)
{
	mutex_init(&m->lock);
}

/**
 * zc_memory_exit - let go of the page that is being shared out
 * @m: as set up
 *
 * Context: Any.
 */
void zc_memory_exit(struct zc_memory *m)
{
	if (m->frag.page)
		put_page(m->frag.page);
}

/* A place for one more piece, or NULL. */
static struct bio_vec *zc_memory_piece(struct zc_src *src)
{
	struct bio_vec *more;

	if (src->nr_mem < ZC_FEW_PIECES)
		return &src->mem[src->nr_mem++];
	if (src->mem == src->few_mem) {
		more = kvmalloc_array(zc_memory_most(src), sizeof(*more),
				      GFP_KERNEL_ACCOUNT);
		if (!more)
			return NULL;
		memcpy(more, src->mem, sizeof(src->few_mem));
		src->mem = more;
	}
	if (src->nr_mem == zc_memory_most(src))
		return NULL;
	return &src->mem[src->nr_mem++];
}

/* The next @n bytes of @frag were filled: the list has them now. */
static ssize_t zc_memory_filled(struct zc_src *src, struct page_frag *frag, size_t n)
{
	struct bio_vec *bv = src->nr_mem ? &src->mem[src->nr_mem - 1] : NULL;

	if (bv && bv->bv_page == frag->page &&
	    bv->bv_offset + bv->bv_len == frag->offset) {
		bv->bv_len += n;
	} else {
		bv = zc_memory_piece(src);
		if (!bv)
			return -ENOMEM;
		get_page(frag->page);
		bvec_set_page(bv, frag->page, n, frag->offset);
	}
	frag->offset += n;
	return n;
}

static void *zc_memory_at(const struct page_frag *frag)
{
	return page_address(frag->page) + frag->offset;
}

/* Copies up to @len bytes into @frag.  Returns how many, or a refusal. */
static ssize_t zc_memory_copy(struct zc_src *src, struct page_frag *frag,
			      struct iov_iter *from, size_t len)
{
	size_t n = min_t(size_t, len, frag->size - frag->offset);

	if (copy_from_iter(zc_memory_at(frag), n, from) != n)
		return -EFAULT;
	return zc_memory_filled(src, frag, n);
}

static bool zc_memory_alloc(struct page_frag *frag, unsigned int order)
{
	if (frag->page)
		put_page(frag->page);
	frag->page = NULL;
	if (order)
		frag->page = alloc_pages((GFP_KERNEL_ACCOUNT & ~__GFP_DIRECT_RECLAIM) |
					 __GFP_COMP | __GFP_NOWARN |
					 __GFP_NORETRY, order);
	if (!frag->page) {
		order = 0;
		frag->page = alloc_page(GFP_KERNEL_ACCOUNT);
	}
	frag->size = PAGE_SIZE << order;
	frag->offset = 0;
	return frag->page;
}

/* Looks at the last pieces only: counted twice is better than not at all. */
static bool zc_memory_has(const struct zc_src *src, const struct page *page)
{
	unsigned int n = src->nr_mem;

	return (n && src->mem[n - 1].bv_page == page) ||
	       (n > 1 && src->mem[n - 2].bv_page == page);
}

/*
 * Makes room for @len bytes in the page that transfers of a device share.  A transfer
 * keeps the whole page from being freed, so the whole page counts as pinned by it.
 */
static bool zc_memory_share(struct zc_src *src, struct page_frag *frag, size_t len)
{
	/* No transfer uses it any more. */
	if (frag->page && page_ref_count(frag->page) == 1)
		frag->offset = 0;
	if ((!frag->page || len > frag->size - frag->offset) &&
	    !zc_memory_alloc(frag, 0))
		return false;
	if (!zc_memory_has(src, frag->page))
		src->mem_pinned += PAGE_SIZE;
	return true;
}

static ssize_t zc_memory_own(struct zc_src *src, struct iov_iter *from, size_t len)
{
	struct page_frag *frag = &src->frag;
	size_t done = 0;

	while (done < len) {
		ssize_t n;

		if (frag->offset == frag->size) {
			if (!zc_memory_alloc(frag, min(get_order(len - done),
						       ZC_MEMORY_ORDER)))
				return -ENOMEM;
			src->mem_pinned += frag->size;
		}
		n = zc_memory_copy(src, frag, from, len - done);
		if (n < 0)
			return n;
		done += n;
	}
	return done;
}

/* Adds the element of the last @len bytes; @got: how many were copied, or why not. */
static int zc_memory_add(struct zc_src *src, size_t len, ssize_t got,
			 struct netlink_ext_ack *extack)
{
	struct zc_elem *e = &src->elems[src->nr];

	if (got == -EFAULT)
		return zc_reject(ZC_REJECT_bad_pointer, extack);
	if (got < 0)
		return zc_reject(ZC_REJECT_no_memory, extack);
	*e = (struct zc_elem) {
		.how	= ZC_HOW_MEMORY,
		.class	= ZCOPY_COPY_MEMORY,
		.pos	= src->mem_bytes,
		.len	= len,
		.held	= len,
	};
	src->mem_bytes += len;
	src->asked += len;
	src->nr++;
	return 0;
}

/**
 * zc_src_add_memory - add bytes of the submitter, copied now
 * @src: with room for it
 * @m: what the open device shares out, or NULL
 * @from: where they are; consumed
 * @extack: for the sentence of a refusal, or NULL
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0, or the errno of a refusal.
 */
int zc_src_add_memory(struct zc_src *src, struct zc_memory *m,
		      struct iov_iter *from, struct netlink_ext_ack *extack)
{
	size_t len = iov_iter_count(from);
	ssize_t got = -ENOMEM;

	if (src->warm)
		return zc_reject(ZC_REJECT_warm_conflict, extack);
	if (len > ZC_MAX_MEMORY - src->mem_bytes)
		return zc_reject(ZC_REJECT_too_much_memory, extack);
	/*
	 * RACE: copying may wait for ever for the submitter's memory, so the lock is
	 * only tried: other submitters of the device must not wait for that.
	 */
	if (m && len && len <= ZC_MEMORY_SHORT && mutex_trylock(&m->lock)) {
		if (zc_memory_share(src, &m->frag, len))
			got = zc_memory_copy(src, &m->frag, from, len);
		mutex_unlock(&m->lock);
	} else {
		got = zc_memory_own(src, from, len);
	}
	return zc_memory_add(src, len, got, extack);
}

/**
 * zc_memory_begin - where to put few bytes of the submitter, without an iterator
 * @src: with room for an element
 * @m: what the open device shares out, or NULL
 * @len: how many
 *
 * RACE: as in zc_src_add_memory().
 *
 * Context: Process context of the submitter, may sleep.
 * Return: the place, and zc_memory_end() must follow; or NULL: zc_src_add_memory()
 * has to be called, which knows why if that is an error.
 */
void *zc_memory_begin(struct zc_src *src, struct zc_memory *m, size_t len)
{
	if (!m || !len || len > ZC_MEMORY_PLAIN || src->warm ||
	    len > ZC_MAX_MEMORY - src->mem_bytes || !mutex_trylock(&m->lock))
		return NULL;
	if (zc_memory_share(src, &m->frag, len))
		return zc_memory_at(&m->frag);
	mutex_unlock(&m->lock);
	return NULL;
}

/**
 * zc_memory_end - add bytes that were put where zc_memory_begin() said
 * @src: as there
 * @m: as there
 * @len: as there
 * @there: they were put there; the submitter's memory could be read
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0, or the errno of a refusal.
 */
int zc_memory_end(struct zc_src *src, struct zc_memory *m, size_t len, bool there)
{
	ssize_t got = there ? zc_memory_filled(src, &m->frag, len) : -EFAULT;

	mutex_unlock(&m->lock);
	return zc_memory_add(src, len, got, NULL);
}

/**
 * zc_memory_append - add bytes to the memory of a list, of no element yet
 * @src: the list
 * @from: where they are, as many as the list may still have; consumed
 *
 * Context: Process context of the submitter, may sleep.
 * Return: bytes added, or -ENOMEM.
 */
ssize_t zc_memory_append(struct zc_src *src, struct iov_iter *from)
{
	ssize_t got = zc_memory_own(src, from, iov_iter_count(from));

	if (got > 0)
		src->mem_bytes += got;
	return got;
}

/**
 * zc_memory_fill - add bytes of a memory element to a batch
 * @src: the list
 * @at: where they are in all its memory
 * @want: most bytes to add, not beyond the element
 * @b: where to add; REF: it gets a reference to each page
 * @class: enum zcopy_copy, why they are copied
 *
 * Context: Any.
 * Return: bytes added; fewer than @want only if the batch is full.
 */
size_t zc_memory_fill(const struct zc_src *src, size_t at, size_t want,
		      struct zc_batch *b, u8 class)
{
	const struct bio_vec *bv = src->mem;
	size_t added = 0;

	while (at >= bv->bv_len)
		at -= bv++->bv_len;
	while (added < want && !zc_batch_full(b)) {
		size_t n = min_t(size_t, want - added, bv->bv_len - at);

		get_page(bv->bv_page);
		zc_batch_add(b, bv->bv_page, bv->bv_offset + at, n, class);
		added += n;
		at = 0;
		bv++;
	}
	return added;
}

/**
 * zc_memory_copy_list - have the memory of another list
 * @src: without memory
 * @from: complete.  REF: @src gets references of its own to its pages
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_memory_copy_list(struct zc_src *src, const struct zc_src *from)
{
	unsigned int i;

	for (i = 0; i < from->nr_mem; i++) {
		struct bio_vec *bv = zc_memory_piece(src);

		if (!bv)
			return -ENOMEM;
		*bv = from->mem[i];
		get_page(bv->bv_page);
	}
	src->mem_bytes = from->mem_bytes;
	src->mem_pinned = from->mem_pinned;
	return 0;
}

/**
 * zc_memory_drop - let go of the memory of a list
 * @src: the list
 *
 * Context: Any.
 */
void zc_memory_drop(struct zc_src *src)
{
	unsigned int i;

	for (i = 0; i < src->nr_mem; i++)
		put_page(src->mem[i].bv_page);
	if (src->frag.page)
		put_page(src->frag.page);
	src->frag.page = NULL;
	if (src->mem != src->few_mem)
		kvfree(src->mem);
	src->mem = src->few_mem;
	src->nr_mem = 0;
	src->mem_bytes = 0;
	src->mem_pinned = 0;
}
