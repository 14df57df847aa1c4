/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The doors into zcopy: send a request through one of them, and get its result.
 * Programs that use them link with the library, which provides netlink.
 */
#ifndef ZCOPY_TESTS_DOORS_H
#define ZCOPY_TESTS_DOORS_H

#include "counters.h"
#include "dev.h"
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

void door_open(struct door *d, enum door_kind kind);
int door_start(struct door *d, const struct request *q, uint64_t *id);
int door_finish(struct door *d, uint64_t id, struct zcopy_result *res);
void door_close(struct door *d);
/* Any door, from start to end; waits while a non-blocking socket is full. */
int door_run(struct door *d, const struct request *q, struct zcopy_result *res);

#endif
