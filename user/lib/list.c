// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns lists of elements and fills in requests.  Works in memory only: it makes
 * no system call and does not look at descriptors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LEN_MAX		((1ULL << 63) - 1)
/* Of TLS: the content type of what is no control record; most bytes */
#define RECORD_DATA	23
#define RECORD_MOST	16384

int zcopy_list_new(struct zcopy_list **listp)
{
	*listp = calloc(1, sizeof(**listp));
	return *listp ? 0 : -ENOMEM;
}

void zcopy_list_free(struct zcopy_list *list)
{
	if (!list)
		return;
	free(list->elems);
	free(list);
}

void zcopy_list_reset(struct zcopy_list *list)
{
	list->nr = 0;
}

unsigned int zcopy_list_count(const struct zcopy_list *list)
{
	return list->nr;
}

/* Append a zeroed element; NULL if there is no memory */
static struct zcopy_elem *list_add(struct zcopy_list *list)
{
	struct zcopy_elem *elem;

	if (list->nr == list->room) {
		unsigned int room = list->room ? list->room * 2 : 8;

		elem = reallocarray(list->elems, room, sizeof(*elem));
		if (!elem)
			return NULL;
		list->elems = elem;
		list->room = room;
	}
	elem = &list->elems[list->nr++];
	memset(elem, 0, sizeof(*elem));
	return elem;
}

int zcopy_list_file(struct zcopy_list *list, int fd, uint64_t off, uint64_t len)
{
	struct zcopy_elem *elem;

	if (fd < 0)
		return -EBADF;
	if (off > LEN_MAX || (len != ZCOPY_LEN_EOF && len > LEN_MAX - off))
		return -EINVAL;
	elem = list_add(list);
	if (!elem)
		return -ENOMEM;
	elem->kind = ZCOPY_ELEM_FILE;
	elem->fd = fd;
	elem->off = off;
	elem->len = len;
	return 0;
}

int zcopy_list_memory(struct zcopy_list *list, const void *data, size_t len)
{
	struct zcopy_elem *elem;

	if (!len)
		return 0;
	if (!data)
		return -EINVAL;
	elem = list_add(list);
	if (!elem)
		return -ENOMEM;
	elem->kind = ZCOPY_ELEM_MEMORY;
	elem->off = (uintptr_t)data;
	elem->len = len;
	return 0;
}

int zcopy_list_record(struct zcopy_list *list, uint8_t type, const void *data,
		      size_t len)
{
	int err;

	if (list->nr || !len || len > RECORD_MOST || !type || type == RECORD_DATA)
		return -EINVAL;
	err = zcopy_list_memory(list, data, len);
	if (err)
		return err;
	list->elems[0].kind = ZCOPY_ELEM_RECORD;
	list->elems[0].record = type;
	return 0;
}

void (zcopy_sink_init)(struct zcopy_sink *sink, int fd, size_t size)
{
	memset(sink, 0, size);
	sink->fd = fd;
}

void (zcopy_send_init)(struct zcopy_send *req, const struct zcopy_list *list,
		       const struct zcopy_sink *sinks, unsigned int nr_sinks,
		       size_t size, size_t sink_size)
{
	memset(req, 0, size);
	req->size = size;
	req->elems = (uintptr_t)list->elems;
	req->nr_elems = list->nr;
	req->elem_size = sizeof(struct zcopy_elem);
	req->sinks = (uintptr_t)sinks;
	req->nr_sinks = nr_sinks;
	req->sink_size = sink_size;
}
