/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verbs of the device as the methods use them: one socket, one list.  All are
 * inline, because they are part of what is measured.
 */
#ifndef BENCH_VERBS_H
#define BENCH_VERBS_H

#include <linux/zcopy.h>
#include <sys/ioctl.h>

#include "bench.h"

static inline struct zcopy_elem file_elem(const struct job *j)
{
	return (struct zcopy_elem) {
		.kind = ZCOPY_ELEM_FILE, .fd = j->file, .len = j->size,
	};
}

/* The result points to the arguments, which must stay valid. */
static inline struct zcopy_send send_list(const struct zcopy_sink *sink,
					  const struct zcopy_elem *elems,
					  unsigned int nr)
{
	return (struct zcopy_send) {
		.size = sizeof(struct zcopy_send),
		.elems = (uintptr_t)elems,
		.nr_elems = nr,
		.elem_size = sizeof(*elems),
		.sinks = (uintptr_t)sink,
		.nr_sinks = 1,
		.sink_size = sizeof(*sink),
	};
}

static inline struct zcopy_batch batch_of(const struct zcopy_send *sends, unsigned int nr)
{
	return (struct zcopy_batch) {
		.size = sizeof(struct zcopy_batch),
		.sends = (uintptr_t)sends,
		.nr_sends = nr,
		.send_size = sizeof(*sends),
	};
}

/* Submits the file; returns the transfer's number. */
static inline uint64_t submit_file(const struct job *j, int sock)
{
	struct zcopy_sink sink = { .fd = sock };
	struct zcopy_elem elem = file_elem(j);
	struct zcopy_send s = send_list(&sink, &elem, 1);

	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_SUBMIT, &s));
	return s.id;
}

/* Waits for @min completions; returns how many came, up to @nr.  @id 0: of any transfer */
static inline unsigned int collect(const struct job *j, uint64_t id,
				   struct zcopy_result *res, unsigned int nr,
				   unsigned int min)
{
	struct zcopy_wait w = {
		.size = sizeof(w),
		.id = id,
		.results = (uintptr_t)res,
		.nr_results = nr,
		.result_size = sizeof(*res),
		.min = min,
		.timeout_ns = min ? ZCOPY_WAIT_FOREVER : 0,
	};

	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_WAIT, &w));
	return w.got;
}

#endif
