// SPDX-License-Identifier: GPL-2.0
/*
 * What a list may come to hold of the memory, and its fan-out with it: told once
 * the list is complete, before anything of it is sent.  Takes no lock.
 */
#include <linux/minmax.h>
#include <linux/mm.h>

#include "src.h"

/*
 * A byte of a page holds all of it.  Of a large folio it holds all as well, which
 * is not counted, as with sendfile(2): what sockets may hold bounds that.
 */
static u64 zc_src_span(const struct zc_elem *e)
{
	u64 end = e->pos + (e->open_end ? 1 : e->len);

	if (e->how == ZC_HOW_MEMORY || end == e->pos)
		return 0;
	return round_up(end, PAGE_SIZE) - round_down((u64)e->pos, PAGE_SIZE);
}

/**
 * zc_src_most - how many bytes of files can be held by so much room at a time?
 * @src: a complete list
 * @room: bytes
 *
 * Context: Any; before the first zc_src_fill().
 * Return: whole pages for the bytes that fit, or less if the files are shorter.
 */
u64 zc_src_most(const struct zc_src *src, u64 room)
{
	u64 pages = 0, files = 0;
	bool open_end = false;
	unsigned int i;

	for (i = 0; i < src->nr; i++) {
		const struct zc_elem *e = &src->elems[i];

		pages += zc_src_span(e);
		files += e->how == ZC_HOW_MEMORY ? 0 : e->len;
		open_end |= e->open_end && e->how != ZC_HOW_MEMORY;
	}
	room += pages - files;
	/* How long an open end is nobody knows. */
	return open_end ? room : min(pages, room);
}

/**
 * zc_src_open_window - let the lists of a fan-out look up pages for each other
 * @src: a complete list; nothing is done if it is not one of several
 * @payer: who pays
 *
 * Context: Process context of the submitter, may sleep; before the first
 * zc_src_fill() of any of them.
 * Return: false if the payer has too many already, true the next time.
 */
bool zc_src_open_window(struct zc_src *src, struct zc_payer *payer)
{
	u64 bytes = 0;
	unsigned int i;

	if (!src->share)
		return true;
	for (i = 0; i < src->nr; i++) {
		if (src->elems[i].how == ZC_HOW_CACHE)
			bytes += zc_src_span(&src->elems[i]);
	}
	return zc_share_open(src->share, payer, bytes);
}
