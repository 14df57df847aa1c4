// SPDX-License-Identifier: GPL-2.0
/*
 * Turns go round by user first, then by transfer.  Therefore transfers of one user
 * take little longer beside hundreds of running transfers of another user than
 * alone.
 *
 * The same holds beside a few transfers that copy cached data in the queue for
 * disks.  That queue has many threads, because its threads are expected to sleep,
 * but these do not sleep.
 *
 * guest: timeout=300 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "beside.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "users.h"

#define BUSY	1001
#define OTHER	1002
#define MOST	511
#define READERS	4
#define EACH	(4 * MIB)

/*
 * Delay allowed in addition to twice the time that a transfer takes alone.  The CPUs
 * are busy, so each sleep and wake-up takes time: a transfer through a small socket
 * buffer has many of them, and one that needs several turns has some.
 */
static const double median_ms[BESIDE_NR] = {
	[BESIDE_LONG] = 50, [BESIDE_MIDDLE] = 50, [BESIDE_SMALL] = 50,
	[BESIDE_CLOSED] = 150, [BESIDE_LINGERS] = 150, [BESIDE_TLS] = 150,
	[BESIDE_OVERLAY] = 100, [BESIDE_RING] = 100,
};

struct row {
	const char *name;
	unsigned int nr;	/* transfers that keep sending */
	unsigned int flags;
};

static const struct row rows[] = {
	{ "cached", MOST, 0 },
	{ "copied in the lane of disks", 16, ZCOPY_F_STABLE },
};

static struct beside alone;

static int dev, file;

static bool in_time(enum beside_kind kind, const struct beside_time *t, void *unused)
{
	(void)unused;
	return t->done == t->times &&
	       t->median_ms <= median_ms[kind] * guest_scale() +
			       2 * alone.time[kind].median_ms;
}

static void judge(const struct row *row, const struct beside *b)
{
	for (unsigned int i = 0; i < BESIDE_NR; i++) {
		const struct beside_time *t = &b->time[i];

		if (t->none)
			ktap_skip("%s: %s: not here", row->name, beside_name(i));
		else
			ktap_ok(in_time(i, t, NULL),
				"%s: another user's %s: %.1f ms (alone: %.1f), %.1f at most, %u of %u done",
				row->name, beside_name(i), t->median_ms, alone.time[i].median_ms,
				t->most_ms, t->done, t->times);
	}
}

static void submit(int sock, unsigned int times, unsigned int flags, uint64_t cookie)
{
	struct raw q;

	raw_fill(&q, sock, file, 0, EACH);
	for (unsigned int i = 1; i < times; i++)
		q.e[i] = q.e[0];
	q.s.nr_elems = times;
	q.s.flags = flags;
	q.s.cookie = cookie;
	if (raw_submit(dev, &q))
		die("submit");
}

static void become_busy(void)
{
	dev = dev_open(0);
	file = open("busy", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("the file");
}

/* Reads whatever comes, and forgets it in the kernel. */
static void *read_all(void *arg)
{
	int poll = *(int *)arg, n;
	struct epoll_event e[64];

	for (;;) {
		n = epoll_wait(poll, e, 64, -1);
		for (int i = 0; i < n; i++)
			recv(e[i].data.fd, NULL, EACH, MSG_TRUNC | MSG_DONTWAIT);
	}
	return NULL;
}

static void flow(struct user *me, void *arg)
{
	struct epoll_event e = { .events = EPOLLIN };
	static int poll[READERS];
	static struct pair s[MOST];
	const struct row *row = arg;
	struct zcopy_result res;
	pthread_t reader;
	long unused;

	become_busy();
	for (unsigned int i = 0; i < READERS; i++) {
		poll[i] = epoll_create1(EPOLL_CLOEXEC);
		if (poll[i] < 0 || pthread_create(&reader, NULL, read_all, &poll[i]))
			die("a reader");
	}
	for (unsigned int i = 0; i < row->nr; i++) {
		s[i] = pair_open(false);
		e.data.fd = s[i].far;
		if (epoll_ctl(poll[i % READERS], EPOLL_CTL_ADD, s[i].far, &e))
			die("epoll_ctl");
		submit(s[i].near, RAW_ELEMS, row->flags, i);
	}
	user_say(me, row->nr);
	while (!user_hear(me, &unused, 0))
		if (dev_wait(dev, 0, &res, 1, 1, 20) == 1)
			submit(s[res.cookie].near, RAW_ELEMS, row->flags, res.cookie);
	/* Turns are equal, so many may have ended in the same moment. */
	for (unsigned int i = 0; i < row->nr && dev_wait(dev, 0, &res, 1, 1, 0) == 1; i++)
		submit(s[res.cookie].near, RAW_ELEMS, row->flags, res.cookie);
	user_say(me, dev_cancel(dev, 0));
	user_say(me, dev_gather(dev, row->nr, 20000 * guest_scale()));
	user_hear(me, &unused, -1);
}

static void beside_flowing(const struct row *row)
{
	long nr = 0, told = 0;
	struct beside b;
	struct user u;

	user_start(&u, BUSY, flow, (void *)row);
	user_hear(&u, &nr, 30000 * guest_scale());
	ktap_eq(nr, row->nr, "%s: %u transfers flow", row->name, row->nr);
	sleep_ms(500);
	beside_measure_until(&b, OTHER, in_time, NULL);
	note("%s: %u workers at the end", row->name, users_workers());
	judge(row, &b);
	user_say(&u, 0);
	user_hear(&u, &told, 10000 * guest_scale());
	ktap_ok(told > row->nr / 2, "%s: %ld of them flow still", row->name, told);
	user_hear(&u, &nr, 30000 * guest_scale());
	ktap_eq(nr, row->nr, "%s: all end when they are cancelled", row->name);
	user_say(&u, 0);
	ktap_ok(user_ends(&u, 20000 * guest_scale()), "%s: and so does their process",
		row->name);
}

int main(void)
{
	struct rlimit many = { 4096, 4096 };

	if (setrlimit(RLIMIT_NOFILE, &many))
		die("descriptors");
	users_allow();
	beside_prepare();
	close(file_to_read("busy", EACH));
	beside_measure(&alone, OTHER, 100.0 * guest_scale());
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		beside_flowing(&rows[i]);
	beside_end();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

