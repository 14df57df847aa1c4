// SPDX-License-Identifier: GPL-2.0
/*
 * Users who take as much of a limit as they can leave something for the next user
 * each time: no user gets more than what then stays free for all other users, a
 * user who has nothing yet always gets one unit, and a sixteenth of each limit is
 * kept for root.  The test checks each kind of limit.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"
#include "refuse.h"

#define USER	7000
#define MOST	64	/* transfers in all; 60 without root's share */
#define ROOTS	(MOST / 16)
#define GREEDY	5

static int dev, file;
static struct pair s;

/* One element, one page of the file, as one transfer of one element */
static void request(struct raw *q, unsigned int i)
{
	raw_fill(q, s.near, file, i * 4096, 4096);
}

/*
 * Parks transfers until one is refused; returns 0 for the user's share, 1 for the
 * total.
 */
static int fill(void *arg)
{
	unsigned int *n = arg;
	struct raw q;
	int err;

	for (*n = 0; *n < 2 * MOST; ++*n) {
		request(&q, *n);
		err = raw_submit(dev, &q);
		if (err)
			return err == -EDQUOT ? 0 : err == -EAGAIN ? 1 : 2;
	}
	return 3;
}

struct report {
	unsigned int n;
	int pipe[2];
};

static int fill_and_tell(void *arg)
{
	struct report *r = arg;
	int why = fill(&r->n);

	return write(r->pipe[1], &r->n, sizeof(r->n)) == sizeof(r->n) ? why : 4;
}

static int fill_as(uid_t uid, unsigned int *n)
{
	struct report r;
	int why;

	if (pipe(r.pipe))
		return 5;
	why = quota_as(uid, uid, NULL, -1, fill_and_tell, &r);
	if (read(r.pipe[0], n, sizeof(*n)) != sizeof(*n))
		why = 6;
	close(r.pipe[0]);
	close(r.pipe[1]);
	return why;
}

/* A worker gives back what a transfer was charged for a moment after its end. */
static void all_gone(void)
{
	ktap_ok(counters_rest(), "all end");
	ktap_eq(quota_rest("max_transfers", 0), 0, "no place is used");
	ktap_eq(quota_rest("max_elements", 0), 0, "and no element");
	ktap_eq(quota_rest("max_pinned_bytes", 0), 0, "and no memory");
}

static void try_kind(const char *all, const char *user, uint64_t each,
		     const char *refusal)
{
	uint64_t was = quota_value(all), users = quota_value(user);
	unsigned int i, n, free = MOST - ROOTS, by_share = 0;
	struct refuse before;
	struct raw q;

	note("%s", all);
	dev = dev_open(0);
	s = pair_open(true);
	quota_stuff(s.near);
	ktap_eq(quota_set(all, MOST * each, user, MOST * each), 0, "limited");
	for (i = 0; i < GREEDY; i++) {
		by_share += fill_as(USER + i, &n) == 0;
		ktap_ok(n && (n <= free - n || n == 1),
			"user %u gets %u of %u that are free", i, n, free);
		free -= n;
	}
	ktap_eq(by_share, GREEDY, "each is refused because of the own share");
	ktap_ok(free, "for the next user there is something");
	for (; free && i < 2 * MOST; i++) {
		fill_as(USER + i, &n);
		if (!n)
			break;
		free -= n;
	}
	ktap_eq(free, 0, "users who have nothing get one each, to the last");
	ktap_eq(fill_as(USER + i, &n), 1, "then there is none");
	ktap_eq(n, 0, "for anybody");
	ktap_eq(fill(&n), 1, "root finds its reserve");
	ktap_eq(n, ROOTS, "all of it");
	request(&q, 0);
	refuse_before(&before, -1);
	ktap_eq(raw_submit(dev, &q), -EAGAIN, "and no more");
	ktap_ok(!refuse_after(&before, refusal), "by name: %s", refusal);
	close(dev);
	close(s.far);
	close(s.near);
	all_gone();
	ktap_eq(quota_set(all, was, user, users), 0, "reset");
}

/* Even with the smallest limits a user who has nothing gets one. */
static void small_ones(void)
{
	unsigned int n;

	dev = dev_open(0);
	s = pair_open(true);
	quota_stuff(s.near);
	quota_set("max_transfers", 1, NULL, 0);
	ktap_eq(fill_as(USER, &n), 1, "of one place");
	ktap_eq(n, 1, "the first user gets all");
	quota_set("max_transfers", 4, NULL, 0);
	ktap_eq(fill_as(USER + 1, &n), 0, "of three that are left");
	ktap_eq(n, 1, "the next gets one");
	ktap_eq(fill_as(USER + 2, &n), 0, "of two");
	ktap_eq(n, 1, "another gets one");
	close(dev);
	close(s.far);
	close(s.near);
	all_gone();
}

int main(void)
{
	file = file_to_read("source", 2 * MOST * 4096);
	try_kind("max_transfers", "max_user_transfers", 1, "too_many_transfers");
	try_kind("max_elements", "max_user_elements", 1, "elements_limit");
	try_kind("max_pinned_bytes", "max_user_pinned_bytes", 4096, "pinned_limit");
	small_ones();
	return ktap_done();
}

