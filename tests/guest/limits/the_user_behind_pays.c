// SPDX-License-Identifier: GPL-2.0
/*
 * A user has one share of the limits, whatever ids the user acts under: subordinate
 * ids in a user namespace, ids in a nested namespace, or ids of setuid programs.  A
 * process that root starts as a user is charged to that user.  A namespace that
 * root created is charged for its subordinate ids; a user in it pays as outside.
 * Root without CAP_SYS_RESOURCE, as in a container, has a share of its own.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"

#define OWNER	1000
#define OTHER	2000
#define PROGRAM	3000
#define SHARE	12
#define FULL	200	/* exit status if the user may have no more */
#define MAP	"0 100000 100"
#define ONESELF	"1000 1000 1"	/* OWNER is the same user inside */
#define MASKED	"5 1000 1"
#define MIXED	"0 100000 100\n1000 1000 1"

static int dev;
static struct pair s;

/* Parks @n transfers, or as many as are allowed; returns how many. */
static int park(void *arg)
{
	int left = *(int *)arg, n = 0;
	struct raw q;

	while (left--) {
		raw_fill(&q, s.near, 0, 0, 0);
		q.s.nr_elems = 0;
		if (raw_submit(dev, &q) == -EDQUOT)
			return FULL + n;
		n++;
	}
	return n;
}

static bool tell(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, what, strlen(what)) > 0;

	close(fd);
	return good;
}

/* Into a namespace of its own, where it is root */
static bool enter(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getgid());
	return !unshare(CLONE_NEWUSER) && tell("/proc/self/setgroups", "deny") &&
	       tell("/proc/self/uid_map", uids) && tell("/proc/self/gid_map", gids);
}

static int park_inside(void *arg)
{
	return enter() ? park(arg) : 97;
}

static int park_inside_twice(void *arg)
{
	return enter() ? park_inside(arg) : 97;
}

/* Gives up CAP_SYS_RESOURCE, as the root of a container has it not. */
static bool weaken(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct c[2];

	if (syscall(SYS_capget, &h, c))
		return false;
	c[0].effective &= ~(1U << CAP_SYS_RESOURCE);
	return !syscall(SYS_capset, &h, c);
}

static int park_weak(void *arg)
{
	return weaken() ? park(arg) : 97;
}

static int used(void *arg)
{
	(void)arg;
	return quota_used("max_user_transfers");
}

static int used_weak(void *arg)
{
	return weaken() ? used(arg) : 97;
}

static int used_by(uid_t uid)
{
	return quota_as(uid, uid, NULL, -1, used, NULL);
}

static void begin(void)
{
	static struct raw q;

	dev = dev_open(0);
	s = pair_open(true);
	quota_stuff(s.near);
	raw_fill(&q, s.near, file_to_read("first", 4096), 0, 4096);
	ktap_eq(raw_submit(dev, &q), 0, "one of root's is in front");
}

static void end(void)
{
	close(s.far);
	close(s.near);
	close(dev);
	ktap_ok(counters_rest(), "all end");
	/* A worker gives back the place of a transfer a moment after its end. */
	ktap_eq(quota_rest("max_transfers", 0), 0, "no place is used");
}

static void subordinate_ids(void)
{
	int four = 4, one = 1, i;

	begin();
	for (i = 0; i < 3; i++)
		ktap_eq(quota_as(OWNER, OWNER, MAP, 10 + i, park, &four), 4,
			"subordinate id %d parks", i);
	ktap_eq(used_by(OWNER), SHARE, "the owner of the namespaces has them all");
	ktap_eq(quota_as(OWNER, OWNER, MAP, 20, park, &one), FULL,
		"a fourth has no share of its own");
	ktap_eq(quota_as(OWNER, OWNER, MAP, 0, park, &one), FULL,
		"nor has the namespace's root");
	ktap_eq(quota_as(OWNER, OWNER, NULL, -1, park, &one), FULL,
		"nor the owner outside");
	ktap_eq(quota_as(OTHER, OTHER, MAP, 10, park, &one), 1,
		"the same id in another user's namespace is that user");
	ktap_eq(used_by(OTHER), 1, "who has one");
	end();
}

static void namespaces_within(void)
{
	int six = 6, one = 1;

	begin();
	ktap_eq(quota_as(OWNER, OWNER, MAP, 10, park_inside, &six), 6,
		"in a namespace within a namespace");
	ktap_eq(quota_as(OWNER, OWNER, MAP, 11, park_inside_twice, &six), 6,
		"and within that");
	ktap_eq(quota_as(OWNER, OWNER, MAP, 12, park_inside, &one), FULL,
		"no share comes with that");
	ktap_eq(used_by(OWNER), SHARE, "the owner of the outermost pays");
	end();
}

static void other_ids(void)
{
	int six = 6, one = 1;

	begin();
	ktap_eq(quota_as(OWNER, PROGRAM, NULL, -1, park, &six), 6,
		"a setuid program parks");
	ktap_eq(used_by(OWNER), 6, "its caller pays");
	ktap_eq(used_by(PROGRAM), 0, "and not the owner of the program");
	ktap_eq(quota_as(0, OWNER, NULL, -1, park, &six), 6,
		"a daemon of root's acts for the user");
	ktap_eq(used_by(OWNER), SHARE, "who pays");
	ktap_eq(quota_as(OWNER, 0, NULL, -1, park, &one), FULL,
		"a program that is root for the user has nothing of root's");
	ktap_eq(used_by(0), 1, "root pays for its own");
	end();
}

static void containers(void)
{
	int most = SHARE, one = 1;

	begin();
	ktap_eq(quota_as(0, 0, MAP, 0, park, &most), SHARE,
		"a namespace of root's parks");
	ktap_eq(used_by(0), 1, "root does not pay for it");
	ktap_eq(quota_as(0, 0, MAP, 10, park, &most), SHARE,
		"another one has a share of its own");
	ktap_eq(quota_as(OWNER, OWNER, NULL, -1, park, &one), 1,
		"and so have users");
	end();
}

/* A setuid program puts its caller into a namespace, which root then owns. */
static void sandboxes(void)
{
	int four = 4, one = 1;

	begin();
	ktap_eq(quota_as(OWNER, 0, ONESELF, OWNER, park, &four), 4,
		"a user in a namespace of root's parks");
	ktap_eq(quota_as(OWNER, 0, MASKED, 5, park, &four), 4,
		"in another one, under another id");
	ktap_eq(quota_as(OWNER, 0, MIXED, OWNER, park, &four), 4,
		"and in one that has subordinate ids as well");
	ktap_eq(used_by(OWNER), SHARE, "the user has them all");
	ktap_eq(quota_as(OWNER, 0, ONESELF, OWNER, park, &one), FULL,
		"a fourth namespace has no share of its own");
	ktap_eq(quota_as(OWNER, 0, MAP, -1, park, &one), FULL,
		"nor does one that does not know the user");
	ktap_eq(quota_as(OWNER, 0, MIXED, 10, park, &four), 4,
		"its subordinate ids are not the user");
	end();
}

static void roots_of_containers(void)
{
	int most = SHARE, one = 1;

	begin();
	ktap_eq(quota_as(0, 0, NULL, -1, park_weak, &most), SHARE,
		"root without CAP_SYS_RESOURCE has a share");
	ktap_eq(quota_as(0, 0, NULL, -1, park_weak, &one), FULL, "and no more");
	ktap_eq(quota_as(0, 0, NULL, -1, used_weak, NULL), SHARE, "which it is told");
	ktap_eq(quota_as(0, 0, "0 0 1", 0, park, &one), FULL,
		"a namespace of its own adds none");
	ktap_eq(used_by(0), 1, "the machine's root has its own");
	ktap_eq(quota_as(0, 0, NULL, -1, park, &one), 1, "and gets more of it");
	end();
}

int main(void)
{
	ktap_eq(quota_set("max_user_transfers", SHARE, NULL, 0), 0, "limited");
	subordinate_ids();
	namespaces_within();
	other_ids();
	containers();
	sandboxes();
	roots_of_containers();
	return ktap_done();
}

