/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transfers of a process that flow until they are stopped, to readers of the test, so that
 * only the sending counts as the process's.
 */
#ifndef ZCOPY_TESTS_FLOWS_H
#define ZCOPY_TESTS_FLOWS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "peers.h"
#include "users.h"

#define FLOW_SOCKETS	2

enum flow_door {
	FLOW_SUBMIT,
	FLOW_BATCH,		/* two transfers */
	FLOW_SEND_MANY,		/* SEND to two sockets */
	FLOW_NETLINK,
	FLOW_URING,
	FLOW_DETACHED,		/* the process ends */
	FLOW_NR,
};

struct flow {
	/* Set by the test before flow_start() */
	enum flow_door door;
	uid_t uid;
	const char *cgroup;	/* NULL: the root */
	uint32_t flags;
	uint64_t deadline_ns, idle_ns;

	struct user user;
	struct pair pair[FLOW_SOCKETS];
	pthread_t reader[FLOW_SOCKETS];
	uint64_t bytes[FLOW_SOCKETS];	/* read */
};

const char *flow_name(enum flow_door door);
/* Makes the file; needs root. */
void flows_prepare(void);
bool flow_possible(enum flow_door door);
void flow_start(struct flow *f);
uint64_t flow_bytes(const struct flow *f);
/*
 * FLOW_SUBMIT: waits for the end in the process, after a cancel if @cancel; sets the status
 * and how many milliseconds passed since the submission, or since the cancel.
 */
bool flow_ends(struct flow *f, bool cancel, long *status, long *ms);
void flow_stop(struct flow *f);

#endif
