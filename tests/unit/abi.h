/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The layout of the interface must never change: the compiler checks sizes and
 * offsets of every struct of <linux/zcopy.h> for 64 and for 32 bits.  Never change
 * a line; a struct that grows gets new lines.
 */
#ifndef ZCOPY_TESTS_ABI_H
#define ZCOPY_TESTS_ABI_H

#include <linux/zcopy.h>

#define SIZE(s, n) \
	_Static_assert(sizeof(struct s) == (n), "size of struct " #s)
#define AT(s, f, n) \
	_Static_assert(__builtin_offsetof(struct s, f) == (n), #s "." #f)
#define IS(c, n) \
	_Static_assert((c) == (n), #c)

SIZE(zcopy_elem, 32);
AT(zcopy_elem, kind, 0);
AT(zcopy_elem, fd, 4);
AT(zcopy_elem, off, 8);
AT(zcopy_elem, len, 16);
AT(zcopy_elem, flags, 24);
AT(zcopy_elem, record, 28);

SIZE(zcopy_sink, 32);
AT(zcopy_sink, fd, 0);
AT(zcopy_sink, flags, 4);
AT(zcopy_sink, rate, 8);
AT(zcopy_sink, reserved, 16);

SIZE(zcopy_send, 144);
AT(zcopy_send, size, 0);
AT(zcopy_send, flags, 4);
AT(zcopy_send, elems, 8);
AT(zcopy_send, nr_elems, 16);
AT(zcopy_send, elem_size, 20);
AT(zcopy_send, sinks, 24);
AT(zcopy_send, nr_sinks, 32);
AT(zcopy_send, sink_size, 36);
AT(zcopy_send, cookie, 40);
AT(zcopy_send, until, 48);
AT(zcopy_send, end, 52);
AT(zcopy_send, rate, 56);
AT(zcopy_send, deadline_ns, 64);
AT(zcopy_send, idle_ns, 72);
AT(zcopy_send, readahead, 80);
AT(zcopy_send, results, 88);
AT(zcopy_send, result_size, 96);
AT(zcopy_send, reserved0, 100);
AT(zcopy_send, id, 104);
AT(zcopy_send, reserved, 112);

SIZE(zcopy_result, 208);
AT(zcopy_result, size, 0);
AT(zcopy_result, sink, 4);
AT(zcopy_result, id, 8);
AT(zcopy_result, cookie, 16);
AT(zcopy_result, status, 24);
AT(zcopy_result, error, 28);
AT(zcopy_result, bytes_asked, 32);
AT(zcopy_result, bytes, 40);
AT(zcopy_result, bytes_by_ref, 48);
AT(zcopy_result, bytes_copied, 56);
AT(zcopy_result, copied, 64);
AT(zcopy_result, cache_hit_bytes, 128);
AT(zcopy_result, cache_miss_bytes, 136);
AT(zcopy_result, socket_waits, 144);
AT(zcopy_result, disk_waits, 148);
AT(zcopy_result, retrans, 152);
AT(zcopy_result, reserved0, 156);
AT(zcopy_result, queued_ns, 160);
AT(zcopy_result, first_byte_ns, 168);
AT(zcopy_result, last_byte_ns, 176);
AT(zcopy_result, duration_ns, 184);
AT(zcopy_result, copied_small, 192);
AT(zcopy_result, copied_policy, 200);
IS(ZCOPY_RESULT_SIZE_VER0, 208);

SIZE(zcopy_wait, 64);
AT(zcopy_wait, size, 0);
AT(zcopy_wait, flags, 4);
AT(zcopy_wait, id, 8);
AT(zcopy_wait, results, 16);
AT(zcopy_wait, nr_results, 24);
AT(zcopy_wait, result_size, 28);
AT(zcopy_wait, min, 32);
AT(zcopy_wait, got, 36);
AT(zcopy_wait, timeout_ns, 40);
AT(zcopy_wait, reserved, 48);

SIZE(zcopy_cancel, 40);
AT(zcopy_cancel, size, 0);
AT(zcopy_cancel, flags, 4);
AT(zcopy_cancel, id, 8);
AT(zcopy_cancel, count, 16);
AT(zcopy_cancel, reserved0, 20);
AT(zcopy_cancel, reserved, 24);

SIZE(zcopy_query, 112);
AT(zcopy_query, size, 0);
AT(zcopy_query, flags, 4);
AT(zcopy_query, features, 8);
AT(zcopy_query, send_flags, 16);
AT(zcopy_query, verbs, 24);
AT(zcopy_query, max_elems, 32);
AT(zcopy_query, max_sinks, 36);
AT(zcopy_query, max_memory, 40);
AT(zcopy_query, max_transfers, 44);
AT(zcopy_query, version, 48);
AT(zcopy_query, reserved, 80);

SIZE(zcopy_batch, 48);
AT(zcopy_batch, size, 0);
AT(zcopy_batch, flags, 4);
AT(zcopy_batch, sends, 8);
AT(zcopy_batch, nr_sends, 16);
AT(zcopy_batch, send_size, 20);
AT(zcopy_batch, started, 24);
AT(zcopy_batch, reserved0, 28);
AT(zcopy_batch, reserved, 32);

IS(ZCOPY_BATCH_MAX, 1024);

SIZE(zcopy_rate, 40);
AT(zcopy_rate, size, 0);
AT(zcopy_rate, flags, 4);
AT(zcopy_rate, id, 8);
AT(zcopy_rate, rate, 16);
AT(zcopy_rate, reserved, 24);

SIZE(zcopy_eventfd, 32);
AT(zcopy_eventfd, size, 0);
AT(zcopy_eventfd, flags, 4);
AT(zcopy_eventfd, fd, 8);
AT(zcopy_eventfd, reserved0, 12);
AT(zcopy_eventfd, reserved, 16);

SIZE(zcopy_sendfile, 104);
AT(zcopy_sendfile, size, 0);
AT(zcopy_sendfile, flags, 4);
AT(zcopy_sendfile, sock, 8);
AT(zcopy_sendfile, file, 12);
AT(zcopy_sendfile, off, 16);
AT(zcopy_sendfile, len, 24);
AT(zcopy_sendfile, head, 32);
AT(zcopy_sendfile, tail, 40);
AT(zcopy_sendfile, head_len, 48);
AT(zcopy_sendfile, tail_len, 52);
AT(zcopy_sendfile, cookie, 56);
AT(zcopy_sendfile, until, 64);
AT(zcopy_sendfile, end, 66);
AT(zcopy_sendfile, reserved, 68);
AT(zcopy_sendfile, id, 72);
AT(zcopy_sendfile, bytes, 80);
AT(zcopy_sendfile, bytes_by_ref, 88);
AT(zcopy_sendfile, status, 96);
AT(zcopy_sendfile, error, 100);

SIZE(zcopy_uring, 16);
AT(zcopy_uring, addr, 0);
AT(zcopy_uring, flags, 8);
AT(zcopy_uring, reserved, 12);

IS(ZCOPY_IOC_QUERY, 0xbb00);
IS(ZCOPY_IOC_SEND, 0xbb01);
IS(ZCOPY_IOC_SUBMIT, 0xbb02);
IS(ZCOPY_IOC_WAIT, 0xbb03);
IS(ZCOPY_IOC_CANCEL, 0xbb04);
IS(ZCOPY_IOC_BATCH, 0xbb05);
IS(ZCOPY_IOC_RATE, 0xbb06);
IS(ZCOPY_IOC_EVENTFD, 0xbb07);
IS(ZCOPY_IOC_SENDFILE, 0xbb08);

#endif /* ZCOPY_TESTS_ABI_H */
