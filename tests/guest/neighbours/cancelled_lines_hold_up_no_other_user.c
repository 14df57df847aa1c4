// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of transfers that wait in the queues of sockets are cancelled at once,
 * again and again.  Other users are not delayed.
 *
 * guest: timeout=200 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <unistd.h>

#include "beside.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "users.h"

#define BUSY	1001
#define OTHER	1002
#define WAITING	4096
#define LINES	64
#define EACH	(4 * MIB)
#define MEDIAN_MS (100.0 * guest_scale())

static int dev, file;

static bool in_time(enum beside_kind kind, const struct beside_time *t, void *unused)
{
	(void)unused;
	return t->done == t->times &&
	       t->median_ms <= MEDIAN_MS * (kind == BESIDE_TLS ? 2 : 1);
}

static void judge(const char *what, const struct beside *b)
{
	for (unsigned int i = 0; i < BESIDE_NR; i++) {
		const struct beside_time *t = &b->time[i];

		if (t->none)
			ktap_skip("%s: %s: not here", what, beside_name(i));
		else
			ktap_ok(in_time(i, t, NULL),
				"%s: another user's %s: %.1f ms, %.1f at most, %u of %u done",
				what, beside_name(i), t->median_ms, t->most_ms, t->done,
				t->times);
	}
}

static void submit(int sock)
{
	struct raw q;

	raw_fill(&q, sock, file, 0, EACH);
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

/* Runs rounds until told to end; reports the count of rounds in which all ended. */
static void wait_in_lines(struct user *me, void *arg)
{
	unsigned int lines = *(unsigned int *)arg, each = WAITING / lines;
	static struct pair s[LINES];
	long rounds = 0, unused;

	become_busy();
	for (unsigned int i = 0; i < lines; i++)
		s[i] = pair_open(true);
	user_say(me, lines);
	for (bool good = true; good && !user_hear(me, &unused, 0); rounds += good) {
		for (unsigned int n = 0; n < each; n++)
			for (unsigned int i = 0; i < lines; i++)
				submit(s[i].near);
		dev_cancel(dev, 0);
		good = dev_gather(dev, WAITING, 20000 * guest_scale()) == WAITING;
		if (!good)
			rounds = -1000;
	}
	user_say(me, rounds);
	user_hear(me, &unused, -1);
}

static void beside_cancelled(unsigned int lines)
{
	struct beside b;
	char what[80];
	struct user u;
	long rounds = 0;

	snprintf(what, sizeof(what), "%d in %u lines cancelled", WAITING, lines);
	user_start(&u, BUSY, wait_in_lines, &lines);
	if (!user_hear(&u, &rounds, 30000 * guest_scale()))
		die("its lines");
	sleep_ms(1000);
	beside_measure_until(&b, OTHER, in_time, NULL);
	judge(what, &b);
	user_say(&u, 0);
	rounds = 0;
	user_hear(&u, &rounds, 60000 * guest_scale());
	ktap_ok(rounds > 0, "%s: all end, %ld times", what, rounds);
	user_say(&u, 0);
	ktap_ok(user_ends(&u, 20000 * guest_scale()), "%s: and its process", what);
}

int main(void)
{
	users_allow();
	beside_prepare();
	close(file_to_read("busy", EACH));
	beside_cancelled(LINES);
	beside_cancelled(1);
	beside_end();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

