/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device's verbs without the library, the requests that they take, and checks of
 * the results that they give.
 */
#ifndef ZCOPY_TESTS_DEV_H
#define ZCOPY_TESTS_DEV_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stdint.h>

#include "fixture.h"

struct request {
	struct zcopy_elem *elems;
	unsigned int nr;
	int sock;
	uint32_t flags;
	uint64_t cookie;
	uint32_t until;
	uint32_t end;
	uint64_t rate;
	uint64_t sock_rate;
	uint64_t deadline_ns;
	uint64_t idle_ns;
};

/* Elements */
struct zcopy_elem elem_file(int fd, uint64_t off, uint64_t len);
struct zcopy_elem elem_memory(const void *bytes, uint64_t len);
/*
 * The same bytes as elem_file() in so many short elements that plain TCP copies them
 * (ZCOPY_COPY_SMALL); the count.
 */
#define CRUMBS	20
unsigned int elem_crumbs(struct zcopy_elem *e, int fd, uint64_t off, uint64_t len);

/* Added to the flags of each request that is filled in. fusefs_start() allows any pid. */
extern uint32_t request_flags;

/* Verbs: 0, or a negative errno */
int dev_open(int flags);
void request_fill(struct zcopy_send *s, struct zcopy_sink *sink,
		  const struct request *q);
int dev_send(int dev, const struct request *q, struct zcopy_result *res);
int dev_submit(int dev, const struct request *q, uint64_t *id);
/* A count, 0 after @ms, or a negative errno; ms < 0 waits for ever. */
int dev_wait(int dev, uint64_t id, struct zcopy_result *res, unsigned int nr,
	     unsigned int min, int ms);
int dev_read(int dev, struct zcopy_result *res, unsigned int nr, int ms);
/*
 * Collects the completions of @nr submissions: each once, no more.  Returns NULL, or
 * a sentence that says what is wrong.  Results are in the order of completion.
 */
const char *dev_collect(int dev, struct zcopy_result *res, unsigned int nr);
/* Collects @nr completions, or as many as come within @ms; returns how many. */
unsigned int dev_gather(int dev, unsigned int nr, unsigned int ms);
/* Cancels transfer @id, or all if it is 0; returns how many were told, or -errno. */
int dev_cancel(int dev, uint64_t id);
int dev_query(int dev, struct zcopy_query *q);
int dev_set_rate(int dev, uint64_t id, uint64_t rate);
bool dev_has(uint64_t features);		/* ZCOPY_FEAT_*, all of them */

/*
 * A request as the structs that the kernel gets, with their lists, ready for either
 * verb.  Tests change any field before they submit it, also to what is refused.
 */
#define RAW_ELEMS	8

struct raw {
	struct zcopy_send s;
	struct zcopy_elem e[RAW_ELEMS];
	struct zcopy_sink k;
	struct zcopy_result r;
};

/* A file range to one socket */
void raw_fill(struct raw *q, int sock, int file, uint64_t off, uint64_t len);
/* 0, or a negative errno */
int raw_submit(int dev, struct raw *q);		/* the ID is in q->s.id */
int raw_send(int dev, struct raw *q);		/* the result is in q->r */

/* ---- results ---- */
#define RESULT_MS	40000		/* longest wait for a result */

/* Bytes copied for this reason (enum zcopy_copy) */
uint64_t result_copied(const struct zcopy_result *r, unsigned int why);
bool result_adds_up(const struct zcopy_result *r);
/* All copied bytes are for this reason. */
bool result_copied_for(const struct zcopy_result *r, unsigned int why);
void result_note(const struct zcopy_result *r);
void result_sum(struct zcopy_result *to, const struct zcopy_result *from);

#endif
