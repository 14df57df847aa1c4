// SPDX-License-Identifier: GPL-2.0
/* The ways to have a list sent; see ways.h. */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "ways.h"

/*
 * What the kernel has a task do for its closed ring comes at a time of its own, and
 * interrupts what the task waits in then: a SEND or WAIT of another way.  So each process
 * has one ring until it exits.
 */
static struct door *kept_ring(void)
{
	static struct door d;
	static pid_t owner;

	if (owner != getpid()) {
		door_open(&d, DOOR_URING);
		owner = getpid();
	}
	return &d;
}

static int by_door(const struct way *w, const struct request *list, const struct pair *p)
{
	bool keeps = w->door == DOOR_URING;
	struct zcopy_result res = { 0 };
	struct request q = *list;
	struct door own = { 0 }, *d = keeps ? kept_ring() : &own;
	int err;

	q.sock = p->near;
	if (!keeps)
		door_open(d, w->door);
	err = door_run(d, &q, &res);
	if (!keeps)
		door_close(d);
	return err ?: res.status == ZCOPY_STATUS_DONE ? 0 : -EIO;
}

static void fill(struct zcopy_send *s, struct zcopy_sink *sink, const struct request *list,
		 const struct pair *p)
{
	struct request q = *list;

	q.sock = p->near;
	request_fill(s, sink, &q);
}

static int by_batch(const struct way *w, const struct request *list, const struct pair *p)
{
	struct zcopy_send s[WAY_SOCKETS];
	struct zcopy_sink sink[WAY_SOCKETS];
	struct zcopy_result res[WAY_SOCKETS];
	struct zcopy_batch b = {
		.size = sizeof(b), .sends = (uintptr_t)s, .nr_sends = w->socks,
		.send_size = sizeof(*s),
	};
	int err, n, dev = dev_open(0);

	for (unsigned int i = 0; i < w->socks; i++)
		fill(&s[i], &sink[i], list, &p[i]);
	err = ioctl(dev, ZCOPY_IOC_BATCH, &b) ? -errno : 0;
	n = err ? 0 : dev_wait(dev, 0, res, w->socks, w->socks, RESULT_MS);
	close(dev);
	return err ?: n == (int)w->socks ? 0 : -EIO;
}

static int by_fan_out(const struct way *w, const struct request *list, const struct pair *p)
{
	struct zcopy_sink sink[WAY_SOCKETS];
	struct zcopy_result res[WAY_SOCKETS];
	struct zcopy_send s;
	int err, dev = dev_open(0);

	fill(&s, sink, list, p);
	for (unsigned int i = 1; i < w->socks; i++) {
		sink[i] = sink[0];
		sink[i].fd = p[i].near;
	}
	s.nr_sinks = w->socks;
	s.results = (uintptr_t)res;
	s.result_size = sizeof(*res);
	err = ioctl(dev, ZCOPY_IOC_SEND, &s) ? -errno : 0;
	close(dev);
	return err;
}

const struct way ways[WAYS] = {
	{ "SEND", by_door, DOOR_SEND, 1, true },
	{ "SUBMIT", by_door, DOOR_WAIT, 1, false },
	{ "netlink", by_door, DOOR_NETLINK, 1, false },
	{ "io_uring", by_door, DOOR_URING, 1, false },
	{ "BATCH", by_batch, DOOR_WAIT, 2, false },
	{ "SEND to two", by_fan_out, DOOR_SEND, 2, false },
};

bool way_possible(const struct way *w)
{
	return w->door != DOOR_URING || dev_has(ZCOPY_FEAT_URING);
}

int way_run(const struct way *w, const struct request *list, const struct pair *p)
{
	return w->run(w, list, p);
}
