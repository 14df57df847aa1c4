// SPDX-License-Identifier: GPL-2.0
/*
 * A user namespace that root created has its own account, which is freed together
 * with its workers when nothing of the namespace is left.  If the workers stayed to
 * wait for more work, namespaces that come and go would use up all workers within
 * seconds, and other users would get none.
 * guest: timeout=60
 */
#include "ktap.h"

#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "quota.h"
#include "users.h"

#define TIMES	60
#define LEN	(256 << 10)
#define MAP	"0 100000 100"
#define LEFT	4	/* workers that may be about to end */
/* They have so long to end.  Those that wait for more work stay for five seconds. */
#define END_MS	(guest_is_debug() ? 4000 : 3000)

static int file;

/* Open, send, close; nothing else has the device open.  Returns how many fail. */
static int come_and_go(void *arg)
{
	unsigned int flags = *(unsigned int *)arg, bad = 0;

	for (unsigned int i = 0; i < TIMES; i++) {
		int dev = dev_open(0);
		struct pair s;
		struct zcopy_result res;
		struct raw q;

		s = pair_open(true);
		raw_fill(&q, s.near, file, 0, LEN);
		q.s.flags = flags;
		bad += raw_submit(dev, &q) || sock_check(s.far, 0, LEN) != LEN ||
		       dev_wait(dev, q.s.id, &res, 1, 1, 10000) != 1 ||
		       res.status != ZCOPY_STATUS_DONE;
		close(s.near);
		close(s.far);
		close(dev);
	}
	return bad;
}

static void try_row(const char *name, unsigned int flags)
{
	uint64_t then = now_ms();
	unsigned int left;

	ktap_eq(quota_as(0, 0, MAP, 0, come_and_go, &flags), 0,
		"%s: a container opens, sends and closes %d times", name, TIMES);
	then = now_ms() - then;
	left = users_workers_rest(LEFT, END_MS);
	ktap_ok(left <= LEFT, "%s: %u workers are left after %llu ms", name, left,
		(unsigned long long)then);
	ktap_ok(counters_rest(), "%s: at rest", name);
}

int main(void)
{
	users_allow();
	file = file_to_read("file", LEN);
	try_row("cached", 0);
	try_row("copied in the lane of disks", ZCOPY_F_STABLE);
	return ktap_done();
}

