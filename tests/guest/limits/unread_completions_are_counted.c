// SPDX-License-Identifier: GPL-2.0
/*
 * An ended transfer counts against the limits for as long as it uses memory: until
 * its completion is collected by read(2) or by waiting, or its device is closed.
 * The transfers of one io_uring command count until the last of them has ended.  A
 * transfer that leaves no completion stops counting at its end.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"
#include "ring.h"

#define MOST	50
#define SINKS	8

static int dev[3];
static struct pair s;

static unsigned int used(void)
{
	return quota_used("max_user_transfers");
}

static void empty(struct raw *q)
{
	raw_fill(q, s.near, 0, 0, 0);
	q->s.nr_elems = 0;
}

/* Returns how many of up to @n were accepted, all of which end. */
static unsigned int submit(int d, unsigned int n)
{
	unsigned int i;
	struct raw q;

	for (i = 0; i < n; i++) {
		empty(&q);
		if (raw_submit(d, &q))
			break;
	}
	ktap_ok(counters_rest(), "all end");
	return i;
}

static void completions(void)
{
	char buf[5 * ZCOPY_RESULT_SIZE_VER0];
	struct zcopy_result res[8];
	struct raw q;
	int i;

	for (i = 0; i < 3; i++)
		dev[i] = dev_open(0);
	ktap_eq(submit(dev[0], 20), 20, "20 on one device");
	ktap_eq(submit(dev[1], 20), 20, "20 on another");
	ktap_eq(submit(dev[2], 20), 10, "10 on a third, and no more");
	ktap_eq(used(), MOST, "nothing was read: all count");
	empty(&q);
	ktap_eq(raw_submit(dev[0], &q), -EDQUOT, "one more is refused");
	empty(&q);
	ktap_eq(raw_send(dev[1], &q), -EDQUOT, "a synchronous one too");

	ktap_eq(read(dev[0], buf, sizeof(buf)), sizeof(buf), "five are read");
	ktap_eq(used(), MOST - 5, "and give back their places");
	ktap_eq(dev_wait(dev[1], 0, res, 8, 8, RESULT_MS), 8, "eight are waited for");
	ktap_eq(used(), MOST - 13, "and give back theirs");
	ktap_eq(dev_wait(dev[0], 0, (void *)8, 1, 1, 100), -EFAULT,
		"what cannot be told");
	ktap_eq(used(), MOST - 13, "keeps its place");
	ktap_eq(submit(dev[2], 20), 13, "as many more are welcome");
	close(dev[2]);
	/* One that just ended may give back its place when its worker lets go of it. */
	ktap_eq(quota_rest("max_user_transfers", MOST - 13 - 10), MOST - 13 - 10,
		"a device that is closed gives back all");
	close(dev[0]);
	close(dev[1]);
	ktap_eq(quota_rest("max_user_transfers", 0), 0, "nothing is left");
}

/* Sends of each kind, more than there are places */
static void no_completions(void)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };
	struct zcopy_result res;
	unsigned int i, bad = 0;
	struct raw q;
	int d = dev_open(0);

	for (i = 0; i < 2 * MOST; i++) {
		empty(&q);
		bad += raw_send(d, &q) != 0;
	}
	ktap_eq(bad, 0, "synchronous ones leave no place taken");
	for (i = 0; i < 2 * MOST; i++) {
		empty(&q);
		q.s.flags = ZCOPY_F_DETACHED;
		bad += raw_submit(d, &q) != 0;
		bad += !counters_rest();
	}
	ktap_eq(bad, 0, "nor do detached ones");
	/* A worker gives back the place of a transfer a moment after its end. */
	ktap_eq(quota_rest("max_user_transfers", 0), 0, "once the last is gone");
	/* Without a pause: the place is free when the caller gets the completion. */
	quota_set("max_user_transfers", 1, NULL, 0);
	for (i = 0; i < 200; i++) {
		empty(&q);
		bad += raw_submit(d, &q) != 0;
		bad += dev_wait(d, q.s.id, &res, 1, 1, RESULT_MS) != 1;
	}
	ktap_eq(bad, 0, "one place is enough for one after the other");
	quota_set("max_user_transfers", MOST, NULL, 0);
	ktap_ok(!ioctl(d, ZCOPY_IOC_CANCEL, &c), "nothing is left to cancel");
	close(d);
	ktap_eq(used(), 0, "nothing is left");
}

/* Commands to several sockets, of which one takes nothing */
static void commands(void)
{
	static struct zcopy_result res[SINKS];
	struct zcopy_sink k[SINKS] = { 0 };
	struct io_uring_cqe cqe;
	int d = dev_open(0), i;
	struct pair p[SINKS];
	struct raw q;
	struct ring r;

	if (ring_open(&r, 8, 0)) {
		note("no io_uring");
		close(d);
		return;
	}
	raw_fill(&q, 0, file_to_read("source", 4096), 0, 4096);
	for (i = 0; i < SINKS; i++) {
		p[i] = pair_open(true);
		k[i].fd = p[i].near;
	}
	quota_stuff(p[0].near);
	q.s.sinks = (uintptr_t)k;
	q.s.nr_sinks = SINKS;
	q.s.results = (uintptr_t)res;
	q.s.result_size = sizeof(res[0]);
	ring_send(ring_sqe(&r), d, &q.s, 7);
	ktap_eq(ring_submit(&r), 1, "a command to %d sockets", SINKS);
	for (i = 0; i < 1500 && counter_of("transfers_active") > 1; i++)
		sleep_ms(20);
	ktap_eq(counter_of("transfers_active"), 1, "one waits, the others ended");
	ktap_eq(used(), SINKS, "all have their places until it is told");
	sock_reset(p[0].far);
	ktap_ok(ring_wait(&r, &cqe, RESULT_MS) && cqe.user_data == 7, "it is told");
	ktap_eq(used(), 0, "and gives back all");
	quota_set("max_user_transfers", 1, NULL, 0);
	for (i = 0; i < 100; i++) {
		q.s.nr_sinks = 1;
		q.k.fd = p[1].near;
		q.s.sinks = (uintptr_t)&q.k;
		q.s.nr_elems = 0;
		ring_send(ring_sqe(&r), d, &q.s, i);
		if (ring_submit(&r) != 1 || !ring_wait(&r, &cqe, RESULT_MS) || cqe.res)
			break;
	}
	ktap_eq(i, 100, "one place is enough for one after the other");
	quota_set("max_user_transfers", MOST, NULL, 0);
	ring_close(&r);
	close(d);
}

int main(void)
{
	s = pair_open(false);
	ktap_eq(quota_set("max_user_transfers", MOST, NULL, 0), 0, "limited");
	completions();
	no_completions();
	commands();
	return ktap_done();
}

