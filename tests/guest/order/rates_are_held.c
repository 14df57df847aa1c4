// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer with a rate takes as long as its bytes take at that rate, to within
 * 5 %, through every door, whether the rate belongs to the transfer or to the socket;
 * the lower of the two applies.  The transfer waits without a thread, and the
 * listing says what it waits for.
 *
 * needs: zcopy
 * guest: timeout=240 takes=14
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define RATE	(2 * MIB)
#define LEN	(4 * MIB)
#define TRIES	10		/* the rate must be held in one of them: hosts are busy */

static int file;

/* Nanoseconds from the first attempt to the last byte; 0: something is wrong */
static uint64_t time_of(enum door_kind kind, struct request *q, bool *offered)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_loopback(AF_INET);
	struct reader r = { .fd = p.far, .enough = LEN };
	struct zcopy_result res;
	struct stream want = {0};
	struct door d;
	int err;

	stream_pattern(&want, 5, 0, LEN);
	r.want = &want;
	q->elems = &e;
	q->nr = 1;
	q->sock = p.near;
	door_open(&d, kind);
	reader_start(&r);
	err = door_run(&d, q, &res);
	*offered = err != -EOPNOTSUPP;
	if (err)
		shutdown(p.near, SHUT_WR);
	reader_join(&r);
	door_close(&d);
	pair_close(&p);
	if (err || res.status || !reader_happy(&r)) {
		note("error %d status %u", err, res.status);
		err = 1;
	}
	stream_free(&want);
	return err ? 0 : res.last_byte_ns - res.queued_ns;
}

static void held(const char *what, enum door_kind kind, uint64_t rate,
		 uint64_t sock_rate)
{
	const uint64_t want = LEN * 1000 / RATE;
	bool fast = false, close_to = false, offered = true;
	uint64_t ms = 0;

	for (unsigned int i = 0; i < TRIES && !close_to && !fast; i++) {
		struct request q = { .rate = rate, .sock_rate = sock_rate };

		ms = time_of(kind, &q, &offered) / 1000000;
		if (!offered) {
			ktap_skip("%s: the library has no attribute for it", what);
			return;
		}
		fast = ms < want * 95 / 100;
		close_to = ms <= want * 105 / 100;
	}
	ktap_ok(!fast && close_to, "%s: %llu ms of %llu", what,
		(unsigned long long)ms, (unsigned long long)want);
}

static bool state_is(const char *state)
{
	FILE *f = fopen("/proc/zcopy/transfers", "r");
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, state) != NULL;
	if (f)
		fclose(f);
	return found;
}

/* Many transfers at a time, while only timers run */
static void many(void)
{
	enum { NR = 50 };
	struct zcopy_elem e = elem_file(file, 0, 64 * KIB);
	struct zcopy_result res[NR];
	struct pair p[NR];
	int dev = dev_open(0), got = 0;
	bool right = true;
	unsigned int seen = 0;

	for (unsigned int i = 0; i < NR; i++) {
		struct request q = { .elems = &e, .nr = 1, .rate = 64 * KIB };

		p[i] = pair_loopback(AF_INET);
		q.sock = p[i].near;
		if (dev_submit(dev, &q, NULL))
			die("submit");
		/* All may be over when a slow machine has submitted the last. */
		if (!(i % 10))
			seen += state_is(" rate ");
	}
	for (unsigned int i = 0; i < 10; i++) {
		seen += state_is(" rate ");
		sleep_ms(20);
	}
	ktap_ok(seen, "listings say that they wait for their rate");
	while (got < NR) {
		int n = dev_wait(dev, 0, res + got, NR - got, 1, 60000);

		if (n <= 0)
			break;
		got += n;
	}
	for (int i = 0; i < got; i++)
		right &= !res[i].status && res[i].bytes == 64 * KIB &&
			 res[i].last_byte_ns - res[i].queued_ns > 900000000ULL;
	ktap_ok(got == NR && right, "%d at a time take their second each", NR);
	for (unsigned int i = 0; i < NR; i++)
		pair_close(&p[i]);
	close(dev);
}

int main(void)
{
	file = file_make("source", 0, 5, LEN);
	held("a send", DOOR_SEND, RATE, 0);
	held("a submission", DOOR_WAIT, RATE, 0);
	held("netlink", DOOR_NETLINK, RATE, 0);
	held("a socket's rate", DOOR_WAIT, 0, RATE);
	held("a socket's rate that is lower", DOOR_SEND, 100 * RATE, RATE);
	held("a socket's rate that is higher", DOOR_WAIT, RATE, 1ULL << 50);
	many();
	return ktap_done();
}
