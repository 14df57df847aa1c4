// SPDX-License-Identifier: GPL-2.0
/*
 * A user can have a quarter of all live transfers: one more fails with EDQUOT, and
 * other users are not affected.  An end makes room.
 * guest: timeout=60 skip-on=debug
 */
#include "ktap.h"

#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "refuse.h"

#define USER	5001
#define FILE_SIZE (1 << 20)
#define MOST	400000
#define TRIES	5	/* to find the counters at rest */

static int file;
static struct pair s;

/* Parks transfers until one is refused; returns how many, and in @why the errno. */
static unsigned int fill(int dev, int *why, uint64_t *last)
{
	struct raw q;
	unsigned int n;

	for (n = 0; n < MOST; n++) {
		raw_fill(&q, s.near, file, 0, FILE_SIZE);
		*why = raw_submit(dev, &q);
		if (*why)
			break;
		*last = q.s.id;
	}
	return n;
}

/* In a child, as another user, with a device that was handed over */
static int fill_as(uid_t uid, int dev)
{
	unsigned int n;
	uint64_t last;
	int status, why = 0;
	pid_t pid = fork();

	if (!pid) {
		if (setresuid(uid, uid, uid))
			_exit(1);
		n = fill(dev, &why, &last);
		_exit(why == -EDQUOT && n ? 2 : why == -EAGAIN ? 3 : 1);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* The first transfer may take a turn at any time; then it is tried again. */
static void one_more_is_refused(int dev)
{
	const char *bad = "";
	struct refuse before;
	int got = -EDQUOT;
	struct raw q;

	for (unsigned int i = 0; i < TRIES && bad && got == -EDQUOT; i++) {
		if (i)
			sleep_ms(500);
		raw_fill(&q, s.near, file, 0, FILE_SIZE);
		refuse_before(&before, -1);
		got = raw_submit(dev, &q);
		bad = refuse_after(&before, "user_limit");
	}
	ktap_eq(got, -EDQUOT, "one more is refused");
	if (!ktap_ok(!bad, "it is counted"))
		note("%s", bad);
}

int main(void)
{
	struct zcopy_result res;
	struct raw q;
	uint64_t last = 0;
	unsigned int n;
	int dev[5], why, i;

	for (i = 0; i < 5; i++)
		dev[i] = dev_open(0);
	file = file_to_read("source", FILE_SIZE);
	s = pair_open(true);
	n = fill(dev[0], &why, &last);
	ktap_eq(why, -EDQUOT, "a user's share is used up");
	ktap_ok(n >= 256, "after %u transfers", n);
	one_more_is_refused(dev[0]);
	raw_fill(&q, s.near, file, 0, FILE_SIZE);
	ktap_eq(raw_send(dev[0], &q), -EDQUOT, "a synchronous one too");
	ktap_eq(dev_cancel(dev[0], last), 1, "one is stopped");
	ktap_eq(dev_wait(dev[0], last, &res, 1, 1, 10000), 1, "and ends");
	ktap_eq(raw_submit(dev[0], &q), 0, "then there is room for one");
	ktap_eq(raw_submit(dev[0], &q), -EDQUOT, "and no more");

	for (i = 1; i < 5; i++)
		ktap_eq(fill_as(USER + i, dev[i]), 2, "user %d has a share too", i);
	for (i = 0; i < 5; i++)
		close(dev[i]);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}

