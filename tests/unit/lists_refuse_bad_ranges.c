// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The library's list of elements, and the request that is made from it.
 * needs: zcopy
 */
#include "ktap.h"

#include "zcopy.h"

int main(void)
{
	const uint64_t max = (1ULL << 63) - 1;
	struct zcopy_sink sinks[2];
	struct zcopy_list *list;
	struct zcopy_elem *elem;
	struct zcopy_send req;
	int i, err = 0;

	if (zcopy_list_new(&list))
		die("no list");
	ktap_eq(zcopy_list_file(list, -1, 0, 1), -EBADF, "no descriptor");
	ktap_eq(zcopy_list_file(list, 0, max, 1), -EINVAL, "beyond the end");
	ktap_eq(zcopy_list_file(list, 0, max + 1, 0), -EINVAL, "offset too large");
	ktap_eq(zcopy_list_file(list, 0, 0, max + 1), -EINVAL, "length too large");
	ktap_eq(zcopy_list_memory(list, NULL, 1), -EINVAL, "no memory there");
	ktap_eq(zcopy_list_memory(list, NULL, 0), 0, "no bytes are no element");
	ktap_eq(zcopy_list_count(list), 0, "what was refused is not in the list");
	ktap_eq(zcopy_list_file(list, 0, max, 0), 0, "an empty range at the end");
	ktap_eq(zcopy_list_file(list, 0, max, ZCOPY_LEN_EOF), 0, "up to the end");

	ktap_eq(zcopy_list_record(list, 21, "ab", 2), -EINVAL, "a record behind others");
	zcopy_list_reset(list);
	ktap_eq(zcopy_list_record(list, 0, "ab", 2), -EINVAL, "a record of no type");
	ktap_eq(zcopy_list_record(list, 23, "ab", 2), -EINVAL, "a record of data");
	ktap_eq(zcopy_list_record(list, 21, "ab", 0), -EINVAL, "an empty record");
	ktap_eq(zcopy_list_record(list, 21, "ab", 16385), -EINVAL, "too long a record");
	ktap_eq(zcopy_list_record(list, 21, NULL, 2), -EINVAL, "a record in no memory");
	ktap_eq(zcopy_list_record(list, 255, "ab", 16384), 0, "a record");
	ktap_eq(zcopy_list_count(list), 1, "is in the list");

	zcopy_list_reset(list);
	for (i = 0; i < 1000; i++)
		err |= zcopy_list_file(list, 3, i, 7);
	err |= zcopy_list_memory(list, "abc", 3);
	ktap_ok(!err && zcopy_list_count(list) == 1001, "a long list");

	zcopy_sink_init(&sinks[0], 5);
	zcopy_sink_init(&sinks[1], 6);
	memset(&req, 0xff, sizeof(req));
	zcopy_send_init(&req, list, sinks, 2);
	elem = (void *)(uintptr_t)req.elems;
	ktap_ok(req.size == sizeof(req) && req.nr_elems == 1001 &&
		req.elem_size == sizeof(*elem) && req.nr_sinks == 2 &&
		req.sink_size == sizeof(sinks[0]), "sizes and counts");
	ktap_ok(elem[999].kind == ZCOPY_ELEM_FILE && elem[999].fd == 3 &&
		elem[999].off == 999 && elem[999].len == 7 &&
		elem[1000].kind == ZCOPY_ELEM_MEMORY && elem[1000].fd == 0 &&
		elem[1000].len == 3, "elements as given, in order");
	ktap_ok(!req.flags && !req.until && !req.end && !req.rate && !req.cookie &&
		!req.results && !req.id && !req.reserved[3], "all else is 0");
	zcopy_list_free(list);
	zcopy_list_free(NULL);
	return ktap_done();
}
