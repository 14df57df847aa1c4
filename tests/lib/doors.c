// SPDX-License-Identifier: GPL-2.0
/*
 * One transfer through any door by the same three calls; see doors.h.  The library
 * provides netlink, so tests that use this file link with it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <linux/zcopy_netlink.h>
#include <zcopy.h>

#include "doors.h"

void door_open(struct door *d, enum door_kind kind)
{
	int err;

	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->dev = dev_open(0);
	if (kind == DOOR_URING && ring_open(&d->ring, DOOR_ENDED, 0))
		die("a ring");
	if (kind != DOOR_NETLINK)
		return;
	err = zcopy_nl_open(&d->nl);
	if (err) {
		errno = -err;
		die("netlink family zcopy");
	}
}

void door_close(struct door *d)
{
	zcopy_nl_close(d->nl);
	if (d->kind == DOOR_URING)
		ring_close(&d->ring);
	close(d->dev);
}

static void door_take_cqe(struct door *d, const struct io_uring_cqe *cqe)
{
	struct door_slot *slot = &d->slots[cqe->user_data];
	bool all = slot->res.status == ZCOPY_STATUS_DONE ||
		   slot->res.status == ZCOPY_STATUS_CHANGED;
	int want = all ? 0 : -(int)slot->res.error;

	slot->over = true;
	slot->err = cqe->res;
	/* If the kernel wrote a result, it must agree with the CQE. */
	if (slot->res.size && cqe->res != want) {
		note("the CQE says %d, the result %d", cqe->res, want);
		slot->err = -EPROTO;
	} else if (slot->res.size) {
		slot->err = 0;
	}
}

static int door_start_uring(struct door *d, const struct request *q, uint64_t *id)
{
	struct door_slot *slot = d->slots;
	struct io_uring_cqe cqe;
	struct zcopy_sink sink;
	struct zcopy_send s;
	int n;

	while (slot < d->slots + DOOR_ENDED && slot->used)
		slot++;
	if (slot == d->slots + DOOR_ENDED)
		return -ENOSPC;
	memset(slot, 0, sizeof(*slot));
	slot->used = true;
	request_fill(&s, &sink, q);
	s.results = (uintptr_t)&slot->res;
	s.result_size = sizeof(slot->res);
	ring_send(ring_sqe(&d->ring), d->dev, &s, slot - d->slots);
	n = ring_submit(&d->ring);
	if (n != 1)
		return n < 0 ? n : -EPROTO;
	while (ring_peek(&d->ring, &cqe))
		door_take_cqe(d, &cqe);
	*id = slot->res.id;
	if (!slot->over || !slot->err)
		return slot->res.id ? 0 : -EPROTO;
	slot->used = false;
	return slot->err;
}

static int door_finish_uring(struct door *d, uint64_t id, struct zcopy_result *res)
{
	struct door_slot *slot = d->slots;
	struct io_uring_cqe cqe;

	while (slot < d->slots + DOOR_ENDED && !(slot->used && slot->res.id == id))
		slot++;
	if (slot == d->slots + DOOR_ENDED)
		return -ENOENT;
	while (!slot->over) {
		if (!ring_wait(&d->ring, &cqe, RESULT_MS * guest_scale()))
			return -ETIMEDOUT;
		door_take_cqe(d, &cqe);
	}
	*res = slot->res;
	slot->used = false;
	return slot->err;
}

/* Not for DOOR_SEND, which starts and ends in one call. */
int door_start(struct door *d, const struct request *q, uint64_t *id)
{
	struct zcopy_sink sink;
	struct zcopy_send s;
	int err;

	if (d->kind == DOOR_URING)
		return door_start_uring(d, q, id);
	if (d->kind != DOOR_NETLINK)
		return dev_submit(d->dev, q, id);
	request_fill(&s, &sink, q);
	err = zcopy_nl_submit(d->nl, d->dev, &s, id);
	if (err)
		note("netlink: %s", zcopy_nl_error(d->nl));
	return err;
}

static int door_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct door *d = arg;

	if (event == ZCOPY_EVENT_COMPLETED && d->nr_ended < DOOR_ENDED)
		d->ended[d->nr_ended++] = *t->result;
	return 0;
}

static bool door_ended(const struct door *d, uint64_t id, struct zcopy_result *res)
{
	for (unsigned int i = 0; i < d->nr_ended; i++) {
		if (d->ended[i].id != id)
			continue;
		*res = d->ended[i];
		return true;
	}
	return false;
}

static int door_await_event(struct door *d, uint64_t id, struct zcopy_result *res)
{
	uint64_t end = now_ms() + RESULT_MS * guest_scale();

	while (!door_ended(d, id, res)) {
		int n = zcopy_nl_events(d->nl, 1000, door_event, d);

		if (n < 0)
			return n;
		if (now_ms() > end)
			return -ETIMEDOUT;
	}
	return 0;
}

int door_finish(struct door *d, uint64_t id, struct zcopy_result *res)
{
	int n, ms = RESULT_MS * guest_scale();

	switch (d->kind) {
	/* Task work of a ring that ended may interrupt both, at a time of its own. */
	case DOOR_WAIT:
		do
			n = dev_wait(d->dev, id, res, 1, 1, ms);
		while (n == -EINTR);
		break;
	case DOOR_READ:
		do
			n = dev_read(d->dev, res, 1, ms);
		while (n == -EINTR);
		break;
	case DOOR_NETLINK:
		return door_await_event(d, id, res);
	case DOOR_URING:
		return door_finish_uring(d, id, res);
	default:
		return -EINVAL;
	}
	return n == 1 ? 0 : n ? n : -ETIMEDOUT;
}

/* Copies the list into @e without the first @sent bytes. */
static unsigned int elems_skip(struct zcopy_elem *e, unsigned int nr, uint64_t sent)
{
	unsigned int i = 0;

	while (i < nr && sent) {
		uint64_t n = e[i].len < sent ? e[i].len : sent;

		e[i].off += n;
		if (e[i].len != ZCOPY_LEN_EOF)
			e[i].len -= n;
		sent -= n;
		if (e[i].len)
			break;
		i++;
	}
	return i;
}

static int door_run_send(struct door *d, const struct request *q,
			 struct zcopy_result *res)
{
	struct pollfd p = { .fd = q->sock, .events = POLLOUT };
	struct zcopy_elem elems[q->nr ? q->nr : 1];
	struct request rest = *q;
	struct zcopy_result part;
	int err;

	memcpy(elems, q->elems, q->nr * sizeof(*elems));
	rest.elems = elems;
	err = dev_send(d->dev, q, res);
	part = *res;
	while (!err && part.status == ZCOPY_STATUS_AGAIN) {
		unsigned int gone = elems_skip(rest.elems, rest.nr, part.bytes);

		rest.elems += gone;
		rest.nr -= gone;
		if (poll(&p, 1, RESULT_MS * guest_scale()) != 1)
			return -ETIMEDOUT;
		err = dev_send(d->dev, &rest, &part);
		if (!err)
			result_sum(res, &part);
	}
	return err;
}

int door_run(struct door *d, const struct request *q, struct zcopy_result *res)
{
	uint64_t id;
	int err;

	if (d->kind == DOOR_SEND)
		return door_run_send(d, q, res);
	err = door_start(d, q, &id);
	return err ? err : door_finish(d, id, res);
}
