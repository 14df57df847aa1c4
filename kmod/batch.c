// SPDX-License-Identifier: GPL-2.0
/*
 * Room for a large batch; and the replacement of page-cache pages in a batch by
 * copies, so that a socket that takes them holds no page of a file.  Takes no lock.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "batch.h"

/* Most entries that one call of zc_batch_make_own() makes */
#define ZC_BATCH_OWN	16

/* struct zc_batch_room - entries of a large batch */
struct zc_batch_room {
	struct bio_vec bv[ZC_BATCH_LARGE];
	u8 class[ZC_BATCH_LARGE];
};

static struct kmem_cache *zc_batch_cache;

/* With a constructor, init_on_alloc does not clear; no entry is read before it is written. */
static void zc_batch_construct(void *room)
{
}

/**
 * zc_batch_init - set up the cache of large batches
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_batch_init(void)
{
	zc_batch_cache = kmem_cache_create("zc_batch", sizeof(struct zc_batch_room),
					   0, 0, zc_batch_construct);
	return zc_batch_cache ? 0 : -ENOMEM;
}

/**
 * zc_batch_exit - free the cache; no batch is left
 *
 * Context: Module unload.
 */
void zc_batch_exit(void)
{
	kmem_cache_destroy(zc_batch_cache);
}

/**
 * zc_batch_grow - give an empty batch more room
 * @b: the batch; left as it is if there is no memory
 *
 * Context: May sleep.
 * Return: the room, for zc_batch_free() once the batch is not used any more; or NULL.
 */
void *zc_batch_grow(struct zc_batch *b)
{
	struct zc_batch_room *room;

	room = kmem_cache_alloc(zc_batch_cache, GFP_KERNEL | __GFP_NOWARN);
	if (room) {
		b->bv = room->bv;
		b->class = room->class;
		b->max = ZC_BATCH_LARGE;
	}
	return room;
}

/**
 * zc_batch_free - free the room of a large batch
 * @heap: as zc_batch_grow() returned it, or NULL
 *
 * Context: Any.
 */
void zc_batch_free(void *heap)
{
	if (heap)
		kmem_cache_free(zc_batch_cache, heap);
}

/**
 * zc_batch_make_own - replace page-cache pages by copies
 * @b: not empty, nothing of it taken; becomes shorter if it was long.  REF: drops
 *     the references to pages that were replaced or left out
 *
 * Context: May sleep.
 * Return: 0; or -ENOMEM, with the batch empty.
 */
int zc_batch_make_own(struct zc_batch *b)
{
	struct bio_vec own[ZC_BATCH_OWN];
	u8 class[ZC_BATCH_OWN];
	size_t all = b->bytes, bytes = 0;
	unsigned int i, nr = 0;

	for (i = 0; i < b->nr && nr < ZC_BATCH_OWN; i++) {
		struct bio_vec *bv = &b->bv[i];
		size_t done = 0;

		if (b->class[i] < ZC_COPY_NR) {
			get_page(bv->bv_page);
			class[nr] = b->class[i];
			own[nr++] = *bv;
			bytes += bv->bv_len;
			continue;
		}
		while (done < bv->bv_len && nr < ZC_BATCH_OWN) {
			size_t at = bv->bv_offset + done;
			size_t n = min_t(size_t, bv->bv_len - done,
					 PAGE_SIZE - offset_in_page(at));
			struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

			if (!page)
				goto out;
			memcpy_page(page, 0, bv->bv_page + (at >> PAGE_SHIFT),
				    offset_in_page(at), n);
			class[nr] = ZCOPY_COPY_RELEASED;
			bvec_set_page(&own[nr++], page, n, 0);
			done += n;
			bytes += n;
		}
	}
out:
	zc_batch_release(b);
	memcpy(b->bv, own, nr * sizeof(*own));
	memcpy(b->class, class, nr);
	b->nr = nr;
	b->bytes = bytes;
	b->more |= bytes < all;
	return nr ? 0 : -ENOMEM;
}
