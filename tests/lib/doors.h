/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The doors into zcopy without the library, except for netlink: build a request
 * from elements, send it through one of the doors, and get its result.
 */
#ifndef ZCOPY_TESTS_DOORS_H
#define ZCOPY_TESTS_DOORS_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stdint.h>

#include "fixture.h"
#include "ring.h"

struct zcopy_nl;

enum door_kind {
	DOOR_SEND,		/* ZCOPY_IOC_SEND */
	DOOR_WAIT,		/* ZCOPY_IOC_SUBMIT, ZCOPY_IOC_WAIT */
	DOOR_READ,		/* ZCOPY_IOC_SUBMIT, poll(2), read(2) */
	DOOR_NETLINK,		/* ZCOPY_CMD_SUBMIT and the event */
	DOOR_URING,		/* IORING_OP_URING_CMD, where the module offers it */
};

#define DOOR_ENDED 8

/* A command that runs or has ended */
struct door_slot {
	bool used, over;
	int err;			/* of the CQE */
	struct zcopy_result res;	/* written to by the kernel */
};

struct door {
	enum door_kind kind;
	int dev;
	struct zcopy_nl *nl;
	struct zcopy_result ended[DOOR_ENDED];	/* as the events came */
	unsigned int nr_ended;
	struct ring ring;
	struct door_slot slots[DOOR_ENDED];
};

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

/* Verbs: 0, or a negative errno */
int dev_open(int flags);
void request_fill(struct zcopy_send *s, struct zcopy_sink *sink,
		  const struct request *q);
int dev_send(int dev, const struct request *q, struct zcopy_result *res);
int dev_submit(int dev, const struct request *q, uint64_t *id);
/* A count, or a negative errno */
int dev_wait(int dev, uint64_t id, struct zcopy_result *res, unsigned int nr,
	     unsigned int min, uint64_t timeout_ns);
/* A count, 0 after @timeout_ms, or a negative errno */
int dev_read(int dev, struct zcopy_result *res, unsigned int nr, int timeout_ms);
int dev_query(int dev, struct zcopy_query *q);
int dev_set_rate(int dev, uint64_t id, uint64_t rate);
bool dev_has(uint64_t features);		/* ZCOPY_FEAT_*, all of them */

/* Doors; doors.c links with the library. */
void door_open(struct door *d, enum door_kind kind);
int door_start(struct door *d, const struct request *q, uint64_t *id);
int door_finish(struct door *d, uint64_t id, struct zcopy_result *res);
void door_close(struct door *d);
/* Any door, from start to end; waits while a non-blocking socket is full. */
int door_run(struct door *d, const struct request *q, struct zcopy_result *res);

/* ---- results ---- */
#define RESULT_SECONDS	40		/* longest wait for a result */

bool result_adds_up(const struct zcopy_result *r);
/* All copied bytes are for this reason (enum zcopy_copy). */
bool result_copied_for(const struct zcopy_result *r, unsigned int why);
void result_note(const struct zcopy_result *r);
void result_sum(struct zcopy_result *to, const struct zcopy_result *from);

/* Transfers of this network namespace that have not ended. */
unsigned int live_count(void);
/* Bytes that the first live transfer has sent. */
uint64_t live_sent(void);
/* The same, once the count has not grown for a while: the socket is full. */
uint64_t live_stalled(void);
/* Waits for that with all live transfers. */
void live_all_stalled(void);
/* The ID of the live transfer that began last; 0: none lives. */
uint64_t live_newest(void);
/* Bytes that this live transfer has sent. */
uint64_t live_sent_by(uint64_t id);
/* Waits until there are @nr live transfers; false: not within @ms. */
bool live_becomes(unsigned int nr, unsigned int ms);

#endif
