// SPDX-License-Identifier: GPL-2.0
/*
 * One file to one socket, through each of zcopy's doors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/zcopy_netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "lib/zcopy.h"
#include "ring.h"
#include "verbs.h"

static struct zcopy_nl *nl;

static void done(const struct job *j, const struct zcopy_result *res)
{
	if (res->status == ZCOPY_STATUS_DONE && res->bytes == j->size)
		return;
	fprintf(stderr, "figures: zcopy: status %u, error %u, %llu bytes\n", res->status,
		res->error, (unsigned long long)res->bytes);
	exit(1);
}

void doors_prepare(void)
{
	errno = -zcopy_nl_open(&nl);
	if (errno)
		fail("netlink");
}

void doors_end(void)
{
	zcopy_nl_close(nl);
}

void by_zcopy_send(const struct job *j)
{
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_elem elem = file_elem(j);
	struct zcopy_send s = send_list(&sink, &elem, 1);
	struct zcopy_result res;

	s.results = (uintptr_t)&res;
	s.result_size = sizeof(res);
	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_SEND, &s));
	done(j, &res);
}

void by_zcopy_submit(const struct job *j)
{
	uint64_t id = submit_file(j, j->sock);
	struct zcopy_result res;

	if (collect(j, id, &res, 1, 1) != 1)
		fail("no completion");
	done(j, &res);
}

void by_zcopy_ring(const struct job *j)
{
	struct ring *r = uring_ring(j);
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_elem elem = file_elem(j);
	struct zcopy_send s = send_list(&sink, &elem, 1);
	struct zcopy_uring cmd = { .addr = (uintptr_t)&s };
	struct io_uring_sqe *sqe = ring_sqe(r);
	struct zcopy_result res;
	struct io_uring_cqe cqe;

	s.results = (uintptr_t)&res;
	s.result_size = sizeof(res);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = j->zcopy;
	/* cmd_op and cmd[]: older headers do not name these fields. */
	sqe->off = ZCOPY_IOC_SEND;
	memcpy((char *)sqe + 48, &cmd, sizeof(cmd));
	ring_enter(r, 1);
	if (!ring_reap(r, &cqe) || cqe.res)
		fail("zcopy in a ring");
	done(j, &res);
}

struct ending {
	bool came;
	struct zcopy_result result;
};

static int told(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct ending *e = arg;

	if (event != ZCOPY_EVENT_COMPLETED)
		return 0;
	e->came = true;
	e->result = *t->result;
	return 0;
}

void by_zcopy_netlink(const struct job *j)
{
	struct zcopy_sink sink = { .fd = j->sock };
	struct zcopy_elem elem = file_elem(j);
	struct zcopy_send s = send_list(&sink, &elem, 1);
	struct ending e = { 0 };
	uint64_t id;

	errno = -zcopy_nl_submit(nl, j->zcopy, &s, &id);
	if (errno)
		fail(zcopy_nl_error(nl));
	while (!e.came)
		if (zcopy_nl_events(nl, -1, told, &e) < 0)
			fail("events");
	done(j, &e.result);
}
