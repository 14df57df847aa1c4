// SPDX-License-Identifier: GPL-2.0
/*
 * A sandbox in a user namespace of its own neither sees nor stops the transfers that
 * its user started outside or in another sandbox, as it may not trace those processes.
 * Both the opener of a netlink socket and the sender count.  The user outside sees and
 * stops the transfers of the sandbox.  The path of a file is shown only to a process
 * that has all capabilities of the submitter.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"

#define USER	4711
#define SIZE	(1 << 20)
#define BIT(attr)	(1ULL << (attr))
#define PRIVATE		(BIT(ZCOPY_A_X_PID) | BIT(ZCOPY_A_X_COMM) | \
			 BIT(ZCOPY_A_X_COOKIE))
#define PATH		BIT(ZCOPY_A_X_FILE)

/* Where a process of the user's runs */
enum where { OUTSIDE, SANDBOX, CAPABLE };

struct job {
	enum where where;
	int (*run)(void);
};

static int dev, file, hands[2];
static struct pair pair;
static uint64_t id;
static struct nlraw nl;

static void enter_sandbox(void)
{
	char line[40];
	int fd, len;

	/* Otherwise only root may write the map. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER))
		_exit(ENOSYS);
	fd = open("/proc/self/uid_map", O_WRONLY);
	len = snprintf(line, sizeof(line), "0 %u 1", USER);
	if (write(fd, line, len) != len)
		_exit(ECHILD);
	close(fd);
}

static int become(void *arg)
{
	const struct job *j = arg;

	/* Permitted capabilities stay, effective ones go. */
	if (j->where == CAPABLE)
		prctl(PR_SET_KEEPCAPS, 1);
	hand_become(USER);
	if (j->where == SANDBOX)
		enter_sandbox();
	return j->run();
}

/* Runs a function in a process of the user's. */
static int as(enum where where, int (*run)(void))
{
	struct job j = { .where = where, .run = run };

	return hand_to_child(0, become, &j);
}

static int submits(void)
{
	struct raw q;

	raw_fill(&q, pair.near, file, 0, SIZE);
	q.s.cookie = 77;
	return -raw_submit(dev, &q);
}

/* A parked transfer, which the device keeps */
static void start(enum where where)
{
	struct nlraw root;
	int err;

	pair = pair_open(true);
	err = as(where, submits);
	if (err)
		die("submit: %d", err);
	nlraw_open(&root);
	if (nlraw_dump(&root, 0) || root.answers != 1)
		die("one transfer");
	id = root.id;
	close(root.fd);
}

static void stop(void)
{
	struct zcopy_result res;

	dev_cancel(dev, 0);
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 10000), 1, "it has ended");
	close(pair.near);
	close(pair.far);
}

/* Transfers in the list in /proc */
static int lines(void)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "re");
	char line[256];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		n++;
	if (f)
		fclose(f);
	return n;
}

/* A sentence if the socket gives more than nothing, or NULL */
static const char *more_than_nothing(void)
{
	if (nlraw_dump(&nl, 0) || nl.answers)
		return "it is listed";
	if (nlraw_about(&nl, ZCOPY_CMD_GET, id, 0) != -ENOENT)
		return "it is seen";
	if (nlraw_about(&nl, ZCOPY_CMD_SET_RATE, id, 0) != -ENOENT)
		return "its rate is changed";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, id, 0) != -ENOENT)
		return "it is stopped";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, 0) || nl.count)
		return "it is stopped with all";
	return NULL;
}

/* A sentence if the socket does not give everything, or NULL */
static const char *less_than_all(void)
{
	if (nlraw_dump(&nl, 0) || nl.answers != 1)
		return "it is not listed";
	if ((nl.told & (PRIVATE | PATH)) != (PRIVATE | PATH))
		return "something is missing in the list";
	if (nlraw_about(&nl, ZCOPY_CMD_GET, id, 0))
		return "it is not seen";
	if ((nl.told & (PRIVATE | PATH)) != (PRIVATE | PATH))
		return "something is missing";
	if (nlraw_about(&nl, ZCOPY_CMD_SET_RATE, id, 0))
		return "its rate cannot be changed";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, id, 0))
		return "it cannot be stopped";
	return NULL;
}

static int says(const char *wrong)
{
	if (wrong)
		note("%s", wrong);
	return !!wrong;
}

static int gets_nothing(void)
{
	const char *wrong = more_than_nothing();

	return says(wrong);
}

static int finds_nothing(void)
{
	int bad;

	nlraw_open(&nl);
	bad = gets_nothing();
	return bad | says(lines() ? "it is in /proc" : NULL);
}

static int finds_all(void)
{
	int bad;

	bad = says(lines() != 1 ? "it is not in /proc" : NULL);
	nlraw_open(&nl);
	return bad | says(less_than_all());
}

/* Sees it without its path; with @too the path as well. */
static int finds(bool too)
{
	uint64_t all = PRIVATE | (too ? PATH : 0);

	nlraw_open(&nl);
	if (nlraw_dump(&nl, 0) || (nl.told & (PRIVATE | PATH)) != all)
		return says("the list is wrong");
	if (nlraw_about(&nl, ZCOPY_CMD_GET, id, 0) ||
	    (nl.told & (PRIVATE | PATH)) != all)
		return says("the answer is wrong");
	return 0;
}

static int finds_no_path(void)
{
	return finds(false);
}

static int finds_a_path(void)
{
	return finds(true);
}

static int opens(void)
{
	struct nlraw n;

	nlraw_open(&n);
	hand_over(hands[1], n.fd);
	return 0;
}

/* Takes a socket that another process of the user opened; its answers come there. */
static void take_from(enum where where)
{
	nlraw_open(&nl);
	close(nl.fd);
	if (as(where, opens))
		die("a socket");
	nl.fd = hand_take(hands[0]);
}

static void started_outside(void)
{
	start(OUTSIDE);
	ktap_eq(as(SANDBOX, finds_nothing), 0, "a sandbox finds nothing");
	take_from(SANDBOX);
	ktap_eq(as(OUTSIDE, gets_nothing), 0,
		"nor does the user get anything through a sandbox's socket");
	close(nl.fd);
	take_from(OUTSIDE);
	ktap_eq(as(SANDBOX, gets_nothing), 0,
		"nor a sandbox through the user's socket");
	close(nl.fd);
	ktap_eq(as(OUTSIDE, finds_all), 0, "the user sees and stops it");
	stop();
}

static void started_in_a_sandbox(void)
{
	start(SANDBOX);
	ktap_eq(as(SANDBOX, finds_nothing), 0, "another sandbox finds nothing");
	ktap_eq(as(OUTSIDE, finds_all), 0,
		"the user outside sees and stops a sandbox's transfer");
	stop();
}

static void started_with_capabilities(void)
{
	start(CAPABLE);
	ktap_eq(as(OUTSIDE, finds_no_path), 0,
		"a process without the submitter's capabilities sees no path");
	ktap_eq(as(CAPABLE, finds_a_path), 0, "a process that has them sees it");
	stop();
}

static int tries(void)
{
	return 0;
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	hand_pair(hands);
	if (as(SANDBOX, tries)) {
		ktap_skip("no user namespaces here");
		return ktap_done();
	}
	started_outside();
	started_in_a_sandbox();
	started_with_capabilities();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

