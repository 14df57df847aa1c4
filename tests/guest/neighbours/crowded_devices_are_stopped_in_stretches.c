// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping tens of thousands of transfers of a device does not delay other callers
 * of that device, and comes to an end even while a program submits more transfers.
 * Each transfer that was told to stop completes once, and none sends a byte after
 * bytes that the transfer before it left out.  Closing a device stops as many live
 * transfers and drops as many completions.
 * guest: timeout=200 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "crowd.h"
#include "doors.h"
#include "fixture.h"
#include "peers.h"

#define MANY		60000
#define MANY_DEBUG	6000
#define ROUNDS		10		/* one without a pause of the guest is enough */
#define UNKNOWN		(1ULL << 50)

static struct crowd c;
static unsigned int many;
static atomic_bool stop;
static atomic_ullong worst;		/* nanoseconds that a call took */

static void *ask(void *unused)
{
	struct zcopy_result res;

	while (!stop) {
		uint64_t start = now_ns();

		if (dev_wait(c.dev, UNKNOWN, &res, 1, 0, 0) != -ENOENT)
			die("an unknown number");
		start = now_ns() - start;
		if (start > worst)
			worst = start;
	}
	return unused;
}

/* Collects @nr completions; returns how many say cancelled. */
static unsigned int collect(unsigned int nr)
{
	static struct zcopy_result res[4096];
	unsigned int got = 0, cancelled = 0;
	int ret, i;

	while (got < nr) {
		ret = dev_wait(c.dev, 0, res, 4096, 1, 30000);
		if (ret <= 0)
			break;
		got += ret;
		for (i = 0; i < ret; i++)
			cancelled += res[i].status == ZCOPY_STATUS_CANCELLED;
	}
	return got == nr ? cancelled : 0;
}

/* True if the slowest call took only a small part of the time of the cancel. */
static bool round_of_it(void)
{
	pthread_t thread;
	uint64_t start;
	int told;

	stop = false;
	worst = 0;
	crowd_open(&c, true);
	crowd_add(&c, many - 1);
	pthread_create(&thread, NULL, ask, NULL);
	sleep_ms(50);
	worst = 0;
	start = now_ns();
	told = dev_cancel(c.dev, 0);
	start = now_ns() - start;
	stop = true;
	pthread_join(thread, NULL);
	ktap_eq(told, many, "all are told to stop");
	ktap_eq(collect(many), many, "and complete, once");
	crowd_close(&c);
	note("stopping took %llu us, the slowest call meanwhile %llu us",
	     (unsigned long long)start / 1000, (unsigned long long)worst / 1000);
	return worst < start / 4;
}

static void *submit(void *arg)
{
	unsigned int *nr = arg;

	while (!stop && *nr < CROWD_MOST - many - 64)
		*nr += crowd_start(c.dev, c.s.near, 16, NULL);
	return NULL;
}

static void beside_a_submitter(void)
{
	unsigned int more = 0;
	pthread_t thread;
	int told, rest;

	stop = false;
	crowd_open(&c, true);
	crowd_add(&c, many - 1);
	pthread_create(&thread, NULL, submit, &more);
	told = dev_cancel(c.dev, 0);
	stop = true;
	pthread_join(thread, NULL);
	ktap_ok(told >= (int)many, "beside a submitter: all that were there are told");
	note("%d told, %u more were submitted", told, more);
	rest = dev_cancel(c.dev, 0);
	ktap_ok(rest >= 0, "those that came meanwhile");
	if (!live_becomes(0, 30000))
		die("some do not end");
	ktap_ok(collect(many + more) >= (unsigned int)told, "each completes once");
	crowd_close(&c);
}

static void closes(bool live)
{
	uint64_t ms;

	crowd_open(&c, live);
	crowd_add(&c, many - live);
	if (!live && !live_becomes(0, 30000))
		die("not all end");
	ms = crowd_close(&c);
	ktap_ok(ms < 10000, "a close with %u %s ends", many,
		live ? "live transfers" : "completions");
	note("it took %llu ms", (unsigned long long)ms);
	ktap_ok(counters_rest(), "at rest");
}

/* Behind a large transfer wait small ones, from another part of the file. */
static void no_gap(bool by_close)
{
	unsigned int nr = many / 10;
	int dev = dev_open(0), file = file_to_read("gap", 2 << 20);
	struct pair s;
	struct raw q;
	long got;

	s = pair_open(true);
	for (unsigned int i = 0; i < nr; i++) {
		raw_fill(&q, s.near, file, i ? 1 << 20 : 0, i ? 16 : 1 << 20);
		if (raw_submit(dev, &q))
			die("submit");
	}
	if (!by_close)
		ktap_eq(dev_cancel(dev, 0), nr, "a line of %u is told", nr);
	close(dev);
	ktap_ok(counters_rest(), "a line of %u is stopped by %s", nr,
		by_close ? "a close" : "a cancel");
	close(s.near);
	got = sock_check(s.far, 0, 1 << 20);
	ktap_ok(got > 0 && got < 1 << 20, "the peer gets a part of the first alone");
	note("%ld bytes", got);
	close(s.far);
	close(file);
}

int main(void)
{
	bool good = false;

	many = guest_is_debug() ? MANY_DEBUG : MANY;
	crowd_limits();
	for (unsigned int i = 0; i < ROUNDS && !good; i++)
		good = round_of_it();
	ktap_ok(good || guest_is_debug(), "who asks meanwhile is not held up");
	beside_a_submitter();
	closes(true);
	closes(false);
	no_gap(false);
	no_gap(true);
	return ktap_done();
}

