// SPDX-License-Identifier: GPL-2.0
/*
 * Several threads wait for the same transfer, and other threads collect any
 * completion.  One thread gets the completion, the remaining ones are told that
 * there is none, and all of them return while another transfer lives on.
 * guest: timeout=40
 */
#include "ktap.h"

#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define ROUNDS	150
#define WAITERS	3

static int dev;
static uint64_t id;
static unsigned int got, none, other;
static pthread_barrier_t gate;

static void count(unsigned int *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void *wait_for_it(void *arg)
{
	struct zcopy_result res;
	unsigned int round;
	int ret;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&gate);
		/* The last one takes what comes, at once or not. */
		ret = dev_wait(dev, arg ? 0 : id, &res, 1, 1, arg ? 1 : 20000);
		if (ret == 1 && res.id == id)
			count(&got);
		else if (ret == -ENOENT || (arg && !ret))
			count(&none);
		else
			count(&other);
		pthread_barrier_wait(&gate);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[WAITERS];
	int file;
	struct pair s;
	struct pair parked;
	struct zcopy_result res;
	struct raw q;
	unsigned int i;

	dev = dev_open(0);
	file = file_to_read("source", 1 << 20);
	parked = pair_open(true);
	raw_fill(&q, parked.near, file, 0, 1 << 20);
	if (raw_submit(dev, &q))
		die("submit");
	s = pair_open(false);
	pthread_barrier_init(&gate, NULL, WAITERS + 1);
	for (i = 0; i < WAITERS; i++)
		pthread_create(&threads[i], NULL, wait_for_it,
			       i == WAITERS - 1 ? &dev : NULL);
	for (i = 0; i < ROUNDS; i++) {
		raw_fill(&q, s.near, file, 0, 4096);
		if (raw_submit(dev, &q))
			die("submit");
		id = q.s.id;
		pthread_barrier_wait(&gate);
		pthread_barrier_wait(&gate);
		if (sock_check(s.far, 0, 4096) != 4096)
			die("stream");
	}
	for (i = 0; i < WAITERS; i++)
		pthread_join(threads[i], NULL);
	ktap_eq(got, ROUNDS, "each completion went to one of them");
	ktap_eq(none, (WAITERS - 1) * ROUNDS, "the others were told");
	ktap_eq(other, 0, "nobody was told anything else");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 10), 0, "none is left");
	close(parked.far);
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 20000), 1,
		"the one that lived on ends last");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

