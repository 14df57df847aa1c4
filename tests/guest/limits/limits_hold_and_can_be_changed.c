// SPDX-License-Identifier: GPL-2.0
/*
 * Limits on transfers, elements and pinned bytes exist for the whole machine and
 * for each user.  Every user may read the limits and the use of the per-user ones.
 * An administrator may also read the use of the total ones, and a request to set
 * limits sets all that it names or none.  At the limit one more is refused by name;
 * an end makes room again.  What is no limit but a setting is read and set likewise.
 * guest: timeout=60
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"
#include "refuse.h"

#define USER	4811
#define NR	8
#define SETTINGS	3
#define SIZE	(1 << 20)
#define TRIES	5	/* to find the counters at rest */

static const char *const names[NR] = {
	"max_transfers", "max_user_transfers", "max_elements",
	"max_user_elements", "max_pinned_bytes", "max_user_pinned_bytes",
	"max_window_bytes", "max_user_window_bytes",
};

/* A setting, which is no limit: behind them, and it may be 0 */
#define SETTING	"copy_small_bytes"
#define SETTING_MOST	65536

static struct quota first;
static int dev, file;
static struct pair s;

/* Every second limit is per user and shows its use; the total ones do so if @all. */
static bool told_right(const struct quota *l, bool all)
{
	for (unsigned int i = 0; i < NR; i++)
		if (l->l[i].told != (i % 2 || all))
			return false;
	for (unsigned int i = NR; i < NR + SETTINGS; i++)
		if (l->l[i].told)
			return false;
	return true;
}

/* As another user: reads the limits and its own use only, and cannot set a limit. */
static int reads_not_sets(void *arg)
{
	const char *bad = "";
	struct refuse before;
	struct quota l;

	(void)arg;
	quota_get(&l);
	if (l.nr != NR + SETTINGS || l.l[1].used || l.l[0].value != first.l[0].value)
		return 1;
	if (!told_right(&l, false))
		return 4;
	if (quota_set(SETTING, 5, NULL, 0) != -EACCES)
		return 2;
	for (unsigned int i = 0; i < TRIES && bad; i++) {
		refuse_before(&before, -1);
		if (quota_set(names[0], 5, NULL, 0) != -EACCES)
			return 2;
		bad = refuse_after(&before, "limit_not_admin");
	}
	return bad ? 3 : 0;
}

/* With all rights, but in its own user namespace */
static int sets_in_a_namespace(void *arg)
{
	struct quota l;

	(void)arg;
	quota_get(&l);
	if (!told_right(&l, false))
		return 2;
	return quota_set(names[0], 5, NULL, 0) == -EACCES ? 0 : 1;
}

static uint64_t sndbuf(void)
{
	socklen_t len = sizeof(int);
	int size = 0;

	getsockopt(s.near, SOL_SOCKET, SO_SNDBUF, &size, &len);
	return size;
}

/* Six elements: five pieces of memory of 1000 bytes each, and the file. */
static void request(struct raw *q)
{
	static char bytes[1000];
	unsigned int i;

	raw_fill(q, s.near, file, 0, SIZE);
	for (i = 1; i < 6; i++) {
		q->e[i].kind = ZCOPY_ELEM_MEMORY;
		q->e[i].off = (uintptr_t)bytes;
		q->e[i].len = sizeof(bytes);
	}
	q->s.nr_elems = 6;
}

/*
 * A request is refused, and changes no other counter.  The live transfer may take another
 * turn at any time, because its peer takes some more when TCP probes, or its worker comes
 * late; then it is tried again.
 */
static void try_refusal(const char *name, int err, const char *why)
{
	const char *bad = "";
	struct refuse before;
	struct raw q;
	int got = err;

	for (unsigned int i = 0; i < TRIES && bad && got == err; i++) {
		if (i)
			live_stalled();
		request(&q);
		refuse_before(&before, -1);
		got = raw_submit(dev, &q);
		bad = refuse_after(&before, why);
	}
	ktap_eq(got, err, "%s: one more is refused", name);
	if (!ktap_ok(!bad, "%s: as %s", name, why))
		note("%s", bad);
}

/*
 * With one live transfer: another one just fits below the limit, and is refused when
 * the limit is lower by one.
 */
static void try_limit(unsigned int i, uint64_t used, int err, const char *why)
{
	struct zcopy_result res;
	struct raw q;
	struct quota l;

	quota_get(&l);
	ktap_eq(l.l[i].used, used, "%s: used", names[i]);
	ktap_eq(quota_set(names[i], 2 * used - 1, NULL, 0), 0, "%s: lowered", names[i]);
	try_refusal(names[i], err, why);
	request(&q);
	ktap_eq(raw_send(dev, &q), err, "%s: a synchronous one too", names[i]);
	ktap_eq(quota_set(names[i], 2 * used, NULL, 0), 0, "%s: raised by one", names[i]);
	request(&q);
	ktap_eq(raw_submit(dev, &q), 0, "%s: now it fits", names[i]);
	ktap_eq(quota_set(names[i], 1, NULL, 0), 0,
		"%s: can be set to less than is used", names[i]);
	dev_cancel(dev, q.s.id);
	ktap_eq(dev_wait(dev, q.s.id, &res, 1, 1, 10000), 1, "%s: it ends", names[i]);
	quota_get(&l);
	ktap_eq(l.l[i].used, used, "%s: and gives back its share", names[i]);
	ktap_eq(quota_set(names[i], first.l[i].value, NULL, 0), 0, "%s: reset", names[i]);
}

/* More users than the module keeps accounts of once they have no live transfers */
static int many_users(void)
{
	unsigned int i, bad = 0;
	struct raw q;

	for (i = 0; i < 300; i++) {
		if (setresuid(20000 + i, 20000 + i, 0))
			return 99;
		raw_fill(&q, s.near, 0, 0, 0);
		q.s.nr_elems = 0;
		bad += raw_submit(dev, &q) != 0;
		if (setresuid(0, 0, 0))
			return 99;
	}
	return bad;
}

int main(void)
{
	struct quota l;
	struct raw q;
	unsigned int i;
	uint64_t room;

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	s = pair_open(true);
	quota_get(&first);
	ktap_eq(first.nr, NR + SETTINGS, "all limits are told, and the settings");
	ktap_ok(!strcmp(first.l[NR].name, SETTING), SETTING " is there");
	ktap_ok(told_right(&first, true), "and root what is used of each");
	for (i = 0; i < NR; i++) {
		ktap_ok(!strcmp(first.l[i].name, names[i]), "%s is there", names[i]);
		ktap_eq(first.l[i].used, 0, "%s: nothing is used at rest", names[i]);
		if (i % 2)
			ktap_eq(first.l[i].value, first.l[i - 1].value / 4,
				"%s: a quarter", names[i]);
	}

	request(&q);
	ktap_eq(raw_submit(dev, &q), 0, "one is parked");
	live_stalled();
	ktap_eq(quota_as(USER, USER, NULL, -1, reads_not_sets, NULL), 0,
		"another user reads its own use, but sets nothing");
	ktap_eq(quota_as(USER, USER, "0 100000 10", 0, sets_in_a_namespace, NULL),
		0, "nor does the root of a user namespace");
	ktap_eq(quota_as(0, 0, "0 0 10", 0, sets_in_a_namespace, NULL), 0,
		"nor root in another one");
	quota_get(&l);
	for (i = 0; i < NR; i++)
		ktap_eq(l.l[i].value, first.l[i].value, "%s: not changed", names[i]);

	ktap_eq(quota_set(names[0], 7, "max_nothing", 8), -EINVAL, "one of two is wrong");
	quota_get(&l);
	ktap_eq(l.l[0].value, first.l[0].value, "none was set");
	ktap_eq(quota_set(names[0], 70000, names[4], ~0ULL), 0, "two that are right");
	quota_get(&l);
	ktap_ok(l.l[0].value == 70000 && l.l[4].value == ~0ULL, "both are set");
	ktap_eq(quota_set(names[0], first.l[0].value, names[4], first.l[4].value),
		0, "reset");

	ktap_eq(quota_set(names[0], 7, SETTING, SETTING_MOST + 1), -EINVAL,
		"a limit, and a setting that is too high");
	ktap_eq(quota_value(names[0]), first.l[0].value, "none was set");
	ktap_eq(quota_set(SETTING, 5, SETTING, 5), -EINVAL, "a setting twice");
	ktap_eq(quota_value(SETTING), first.l[NR].value, "it was not set");
	ktap_eq(quota_set(SETTING, 0, names[0], 70000), 0, "a setting to 0, and a limit");
	ktap_ok(!quota_value(SETTING) && quota_value(names[0]) == 70000, "both are set");
	ktap_eq(quota_set(SETTING, SETTING_MOST, names[0], first.l[0].value), 0,
		"as high as it can be");
	ktap_eq(quota_value(SETTING), SETTING_MOST, "it is set");
	ktap_eq(quota_set(SETTING, first.l[NR].value, NULL, 0), 0, "reset");

	/* Five pieces of 1000 bytes are in two pages. */
	room = sndbuf() + 2 * 4096;
	try_limit(0, 1, -EAGAIN, "too_many_transfers");
	try_limit(1, 1, -EDQUOT, "user_limit");
	try_limit(2, 6, -EAGAIN, "elements_limit");
	try_limit(3, 6, -EDQUOT, "user_elements_limit");
	try_limit(4, room, -EAGAIN, "pinned_limit");
	try_limit(5, room, -EDQUOT, "user_pinned_limit");

	ktap_eq(many_users(), 0, "300 users come by, and wait in line");
	quota_get(&l);
	ktap_eq(l.l[0].used, 301, "all are live");
	ktap_eq(l.l[1].used, 1, "one of them is ours");
	close(s.far);
	close(dev);
	ktap_ok(counters_rest(), "all end");
	for (i = 0; i < NR; i++)
		ktap_eq(quota_rest(names[i], 0), 0, "%s: nothing is used in the end",
			names[i]);
	return ktap_done();
}

