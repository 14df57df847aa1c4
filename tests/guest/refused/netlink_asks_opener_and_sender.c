// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink request needs the rights of both the socket's opener and the sender of
 * the message.  If a stranger makes root send a message, the stranger gains none of
 * root's rights; a stranger that is handed root's socket gains none either, also
 * when the message is sent with an address.
 * guest: timeout=30
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"

#define STRANGER	4711

static int dev, file;
static struct pair pair;
static uint64_t roots_id;
static struct nlraw nl;

static int talk_to_address(struct nlraw_msg *m)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	nlraw_number(&nl, m);
	if (sendto(nl.fd, m, m->h.nlmsg_len, 0, (void *)&to, sizeof(to)) < 0)
		return -errno;
	return nlraw_listen(&nl);
}

static void limits_set(struct nlraw_msg *m)
{
	nlraw_begin(&nl, m, ZCOPY_CMD_LIMITS_SET, 0);
	nlraw_limit(m, "max_user_transfers", 1);
}

static int cancel_to_address(uint16_t flag)
{
	struct nlraw_msg m;

	nlraw_begin(&nl, &m, ZCOPY_CMD_CANCEL, 0);
	nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
	if (flag)
		nlraw_put(&m, flag, NULL, 0);
	return talk_to_address(&m);
}

/* A sentence, or NULL */
static const char *all_refused(void)
{
	static struct nlraw_msg m;

	if (nlraw_about(&nl, ZCOPY_CMD_GET, roots_id, 0) != -ENOENT)
		return "it is seen";
	if (nlraw_dump(&nl, 0) || nl.answers)
		return "it is listed";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, roots_id, 0) != -ENOENT)
		return "it is stopped";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, 0) || nl.count)
		return "it is stopped with all";
	if (cancel_to_address(0) || nl.count)
		return "it is stopped with all, given an address";
	if (nlraw_about(&nl, ZCOPY_CMD_SET_RATE, roots_id, 0) != -ENOENT)
		return "its rate is changed";
	if (nlraw_about(&nl, ZCOPY_CMD_GET, roots_id, ZCOPY_A_ALL_NAMESPACES) !=
	    -EACCES || !nl.words[0])
		return "it is seen among all namespaces'";
	if (nlraw_dump(&nl, ZCOPY_A_ALL_NAMESPACES) != -EACCES || nl.answers)
		return "it is listed among all namespaces'";
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL_NAMESPACES) != -EACCES)
		return "it is stopped with all namespaces'";
	if (cancel_to_address(ZCOPY_A_ALL_NAMESPACES) != -EACCES)
		return "it is stopped with all namespaces', given an address";
	if (nlraw_about(&nl, ZCOPY_CMD_SET_RATE, roots_id,
			ZCOPY_A_ALL_NAMESPACES) != -EACCES)
		return "its rate is changed among all namespaces'";
	limits_set(&m);
	if (nlraw_talk(&nl, &m) != -EACCES)
		return "limits are set";
	limits_set(&m);
	if (talk_to_address(&m) != -EACCES)
		return "limits are set, given an address";
	return NULL;
}

static int run(void *unused)
{
	const char *wrong = all_refused();

	(void)unused;
	if (wrong)
		note("%s", wrong);
	return !!wrong;
}

/* Opens a netlink socket, hands it to root, and keeps a copy to get the answers. */
static int opens(void *u)
{
	struct nlraw own;

	nlraw_open(&own);
	hand_over(*(int *)u, own.fd);
	return 0;
}

int main(void)
{
	uint64_t limit = counter_of("reject_limit_not_admin");
	struct raw q;
	int u[2];

	dev = dev_open(0);
	pair = pair_open(true);
	file = file_to_read("source", 8 << 20);
	raw_fill(&q, pair.near, file, 0, ZCOPY_LEN_EOF);
	if (raw_submit(dev, &q))
		die("submit");
	roots_id = q.s.id;
	hand_pair(u);
	nlraw_open(&nl);
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_GET, roots_id, 0), 0,
		"root sees its own transfer through a socket of its own");
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_GET, roots_id, ZCOPY_A_ALL_NAMESPACES), 0,
		"and among those of all namespaces");
	ktap_eq(hand_to_child(STRANGER, run, NULL), 0,
		"a stranger gets nothing through root's socket");
	close(nl.fd);
	if (hand_to_child(STRANGER, opens, &u[1]))
		die("a stranger's socket");
	nl.fd = hand_take(u[0]);
	ktap_eq(run(NULL), 0, "root gets nothing through a stranger's");
	ktap_eq(counter_of("reject_limit_not_admin"), limit + 4,
		"limits were refused by their own name");
	close(nl.fd);
	nlraw_open(&nl);
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_CANCEL, roots_id, 0), 0,
		"root cancels it through a socket that root opened");
	ktap_eq(dev_wait(dev, roots_id, &q.r, 1, 1, 10000), 1, "it ends");
	ktap_eq(q.r.status, ZCOPY_STATUS_CANCELLED, "as cancelled");
	return ktap_done();
}

