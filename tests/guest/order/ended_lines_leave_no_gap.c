// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink cancels all transfers at once.  In the queue of a socket no transfer
 * sends after one of which only a part was sent, even if their numbers are far
 * apart and the turn of the queue comes while the cancel is still telling other
 * transfers.  The test cancels in the caller's namespace and in all namespaces.
 * guest: timeout=120
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "crowd.h"
#include "dev.h"
#include "fixture.h"
#include "nlraw.h"
#include "peers.h"

#define SOCKETS	4
#define BEHIND	3	/* transfers behind the first in each queue */
#define BETWEEN	250	/* numbers between two of a queue, so that each has its own bucket */
#define BUCKETS	1024	/* hash buckets of numbers; the cancel walks through them in order */
#define SIZE	(1 << 20)
#define SHORT	5000
#define RATE	30000
#define ROUNDS	12

static int file;

struct line {
	struct pair s;
	struct reader reader;
};

static uint64_t submit(int dev, int sock, bool first)
{
	struct raw q;

	/* The later transfers send bytes that do not continue any part of the first. */
	raw_fill(&q, sock, file, first ? 0 : SIZE / 2 + 1, first ? SIZE : SHORT);
	q.s.rate = first ? RATE : 0;
	if (raw_submit(dev, &q))
		die("submit");
	return q.s.id;
}

/* Uses up numbers until the next one is in one of the first buckets. */
static void start_low(int dev)
{
	struct pair s;
	uint64_t id;

	s = pair_open(false);
	do {
		if (crowd_start(dev, s.near, 1, &id) != 1)
			die("a number");
	} while (id % BUCKETS != 1);
	if (!counters_rest())
		die("those of no bytes end");
	close(s.near);
	close(s.far);
}

/* The sockets have room, but the first transfer of each queue waits for its rate. */
static void round_of_it(uint16_t flag, unsigned int nr)
{
	struct line lines[SOCKETS];
	struct crowd others;
	unsigned int good = 0, all = SOCKETS * (1 + BEHIND) + 1 + BEHIND * BETWEEN;
	struct nlraw nl;
	int dev;

	nlraw_open(&nl);
	dev = dev_open(0);
	start_low(dev);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		lines[i].s = pair_open(false);
		reader_expect(&lines[i].reader, lines[i].s.far, SIZE);
		submit(dev, lines[i].s.near, true);
	}
	crowd_open(&others, true);
	for (unsigned int k = 0; k < BEHIND; k++) {
		crowd_add(&others, BETWEEN);
		for (unsigned int i = 0; i < SOCKETS; i++)
			submit(dev, lines[i].s.near, false);
	}
	/* A part of each first transfer has arrived. */
	for (unsigned int i = 0; i < SOCKETS; i++)
		if (!reader_has(&lines[i].reader, 1, RESULT_MS))
			note("socket %u: nothing yet", i);
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, flag), 0, "%s, round %u: all are told",
		flag ? "all namespaces" : "one namespace", nr);
	ktap_eq(nl.count, all, "as many as there are");
	ktap_ok(counters_rest(), "all end");
	for (unsigned int i = 0; i < SOCKETS; i++) {
		long got;

		close(lines[i].s.near);
		got = reader_got(&lines[i].reader);
		good += got > 0 && got < SIZE;
		if (got <= 0)
			note("socket %u: %s", i, got ? "others' bytes" : "none");
		close(lines[i].s.far);
	}
	ktap_eq(good, SOCKETS, "each peer gets a part of the first alone");
	crowd_close(&others);
	close(dev);
	close(nl.fd);
}

int main(void)
{
	/* The debug guest is slow, and looks for other faults. */
	unsigned int rounds = guest_is_debug() ? ROUNDS / 4 : ROUNDS;

	crowd_limits();
	file = file_to_read("source", SIZE);
	for (unsigned int i = 0; i < rounds; i++) {
		round_of_it(0, i);
		round_of_it(ZCOPY_A_ALL_NAMESPACES, i);
	}
	return ktap_done();
}

