// SPDX-License-Identifier: GPL-2.0
/*
 * The administrator of a network namespace, as root of a user namespace, sees and
 * stops transfers into its sockets, by number, in a list, and in events.  For
 * submitters outside the user namespace the administrator does not see process, name
 * and cookie; for submitters inside, the administrator sees all.  The host's root and
 * the submitter itself see all, too.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"

#define STRANGER	4711
#define SIZE		(1 << 20)
#define NOBODY		65534
#define BIT(attr)	(1ULL << (attr))
#define PRIVATE		(BIT(ZCOPY_A_X_PID) | BIT(ZCOPY_A_X_COMM) | \
			 BIT(ZCOPY_A_X_COOKIE))

static int dev, file;

static void map_self(const char *file_name, unsigned int from)
{
	char line[40];
	int fd = open(file_name, O_WRONLY), len;

	len = snprintf(line, sizeof(line), "0 %u 1", from);
	if (write(fd, line, len) != len)
		_exit(ECHILD);
	close(fd);
}

/* The administrator: a stranger that is root of its own namespaces */
static void become_admin(void)
{
	hand_become(STRANGER);
	/* Otherwise only root may write the map. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		_exit(ENOSYS);
	map_self("/proc/self/uid_map", STRANGER);
	loopback_up();
}

static const char *told(const struct nlraw *nl, uint64_t told, bool all)
{
	if (!(told & BIT(ZCOPY_A_X_ID)) || !(told & BIT(ZCOPY_A_X_BYTES)))
		return "it is not told of at all";
	if ((told & PRIVATE) != (all ? PRIVATE : 0))
		return all ? "something is missing" : "too much is told";
	if (told == nl->told && !all && nl->uid != NOBODY)
		return "the user is told";
	return NULL;
}

/* What the administrator is told of the one live transfer; NULL or a sentence */
static const char *looks(struct nlraw *nl, bool all)
{
	const char *wrong;
	uint64_t id;

	if (nlraw_dump(nl, 0) || nl->answers != 1)
		return "it is not listed";
	id = nl->id;
	wrong = told(nl, nl->told, all);
	if (!wrong && nlraw_about(nl, ZCOPY_CMD_GET, id, 0))
		return "it is not seen";
	if (!wrong)
		wrong = told(nl, nl->told, all);
	if (!wrong && nlraw_about(nl, ZCOPY_CMD_CANCEL, id, 0))
		return "it cannot be stopped";
	/* The event of its end may come a moment before or after all is at rest. */
	counters_rest();
	for (int i = 0; i < 500 && !wrong && !nl->events; i++) {
		sleep_ms(i ? 20 : 0);
		if (nlraw_about(nl, ZCOPY_CMD_QUERY, 0, 0))
			return "no answers";
	}
	if (!wrong && !nl->events)
		return "no event came";
	return wrong ? wrong : told(nl, nl->told_event, all);
}

static int admin(int u)
{
	const char *outside, *inside;
	struct nlraw_msg m;
	struct nlraw nl;
	struct pair s;
	struct pair own;
	char byte;

	become_admin();
	s = pair_open(true);
	nlraw_open(&nl);
	if (nlraw_join(&nl))
		return ECHILD;
	hand_over(u, s.near);
	if (read(u, &byte, 1) != 1)
		return ECHILD;
	outside = looks(&nl, false);
	if (outside)
		note("of the host's: %s", outside);

	own = pair_open(true);
	nlraw_submit(&nl, &m, dev, own.near, file, 0, SIZE);
	nlraw_u64(&m, ZCOPY_A_COOKIE, 99);
	if (nlraw_talk(&nl, &m))
		return ECHILD;
	inside = looks(&nl, true);
	if (inside)
		note("of a transfer inside: %s", inside);
	return !!outside + 2 * !!inside;
}

int main(void)
{
	struct raw q;
	struct nlraw nl;
	int u[2], sock, status;
	pid_t pid;

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	hand_pair(u);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(admin(u[1]));
	close(u[1]);
	sock = hand_take(u[0]);
	raw_fill(&q, sock, file, 0, SIZE);
	q.s.cookie = 77;
	if (raw_submit(dev, &q))
		die("submit");
	nlraw_open(&nl);
	ktap_eq(nlraw_dump(&nl, ZCOPY_A_ALL_NAMESPACES), 0, "root lists all");
	ktap_eq(nl.answers, 1, "the one is there");
	ktap_eq(nl.told & PRIVATE, PRIVATE, "with all that belongs to it");
	ktap_eq(nlraw_dump(&nl, 0), 0, "root lists the transfers of its own namespace");
	ktap_eq(nl.answers, 0, "where it is not");
	if (write(u[0], "", 1) != 1)
		die("the administrator");
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	if (status == ENOSYS)
		ktap_skip("no user namespaces here");
	else
		ktap_ok(!(status & ~2),
			"the administrator is told no process of the host's (%d)",
			status);
	ktap_ok(!(status & ~1), "and all of a transfer inside");
	ktap_eq(dev_wait(dev, q.s.id, &q.r, 1, 1, 20000), 1, "root's has ended");
	ktap_eq(q.r.cookie, 77, "and root is told the cookie");
	return ktap_done();
}

