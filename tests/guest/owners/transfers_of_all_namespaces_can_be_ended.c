// SPDX-License-Identifier: GPL-2.0
/*
 * Detached transfers live in a network namespace that has no process.  Root lists
 * them among those of all namespaces, with the namespace's number, sets rates for
 * them, and ends one by its number and the rest together.  Root can do so from any
 * network namespace, but not without rights in the initial user namespace.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"

#define STRANGER	4711
#define SIZE		(4 << 20)

static int dev, file;
static uint64_t ids[2];

/* A transfer to each end holds it, and both are full: the transfers wait for ever. */
static int leaves_a_pair(void *how)
{
	struct raw q;
	int i;
	struct pair s;

	if (unshare(CLONE_NEWNET))
		return ECHILD;
	loopback_up();
	s = pair_open(true);
	for (i = 0; i < 2; i++) {
		raw_fill(&q, i ? s.far : s.near, file, 0, SIZE);
		q.s.flags = ZCOPY_F_DETACHED;
		if (raw_submit(dev, &q))
			return EIO;
		if (write(*(int *)how, &q.s.id, sizeof(q.s.id)) < 0)
			return EIO;
	}
	return 0;
}

static uint32_t own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static int a_stranger_asks(void *unused)
{
	struct refuse before;
	struct nlraw nl;

	(void)unused;
	nlraw_open(&nl);
	refuse_before(&before, -1);
	if (nlraw_dump(&nl, ZCOPY_A_ALL_NAMESPACES) != -EACCES || nl.answers ||
	    !nl.words[0] || refuse_after(&before, "namespaces_not_admin"))
		return 1;
	if (nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL_NAMESPACES) != -EACCES)
		return 2;
	return 0;
}

/* Root of its own user namespace */
static int its_own_root_asks(void *unused)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	return a_stranger_asks(unused);
}

static int from_another_namespace(void *unused)
{
	struct nlraw nl;

	(void)unused;
	if (unshare(CLONE_NEWNET))
		return ECHILD;
	nlraw_open(&nl);
	return nlraw_dump(&nl, ZCOPY_A_ALL_NAMESPACES) || nl.answers != 2;
}

static void look(struct nlraw *nl)
{
	ktap_eq(nlraw_dump(nl, 0), 0, "root lists the transfers of its own namespace");
	ktap_eq(nl->answers, 0, "they are not in it");
	ktap_eq(nlraw_about(nl, ZCOPY_CMD_CANCEL, ids[0], 0), -ENOENT,
		"nor can be stopped as if they were");
	ktap_eq(nlraw_dump(nl, ZCOPY_A_ALL_NAMESPACES), 0, "root lists those of all namespaces");
	ktap_eq(nl->answers, 2, "both are there");
	ktap_ok(nl->netns && nl->netns != own_netns(),
		"they are in another namespace than root");
	ktap_eq(nlraw_about(nl, ZCOPY_CMD_GET, ids[1], ZCOPY_A_ALL_NAMESPACES), 0,
		"root sees one by its number");
	ktap_eq(nl->id, ids[1], "that one");
	ktap_eq(nlraw_about(nl, ZCOPY_CMD_SET_RATE, ids[1], ZCOPY_A_ALL_NAMESPACES),
		0, "root sets its rate");
	ktap_eq(hand_to_child(0, from_another_namespace, NULL), 0,
		"from any namespace");
	ktap_eq(hand_to_child(STRANGER, a_stranger_asks, NULL), 0,
		"a stranger may not");
	ktap_eq(hand_to_child(STRANGER, its_own_root_asks, NULL), 0,
		"nor with all rights in a namespace of its own");
}

static void malformed(struct nlraw *nl)
{
	static struct nlraw_msg m;

	nlraw_begin(nl, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
	nlraw_u32(&m, ZCOPY_A_ALL_NAMESPACES, 1);
	ktap_eq(nlraw_talk(nl, &m), -EINVAL,
		"a flag with a value is refused");
	nlraw_begin(nl, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
	nlraw_put(&m, ZCOPY_A_ALL_NAMESPACES, NULL, 0);
	nlraw_put(&m, ZCOPY_A_ALL_NAMESPACES, NULL, 0);
	ktap_eq(nlraw_talk(nl, &m), -EINVAL, "so is one given twice");
}

int main(void)
{
	uint64_t cancelled = counter_of("transfers_cancelled");
	struct nlraw nl;
	int p[2];

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	nlraw_open(&nl);
	if (pipe(p))
		die("pipe");
	ktap_eq(hand_to_child(0, leaves_a_pair, &p[1]), 0,
		"a pair is left in a namespace without a process");
	if (read(p[0], ids, sizeof(ids)) != sizeof(ids))
		die("no numbers");
	close(dev);
	sleep_ms(200);
	look(&nl);
	malformed(&nl);
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_CANCEL, ids[0], ZCOPY_A_ALL_NAMESPACES), 0,
		"root stops one");
	ktap_eq(nl.count, 1, "only that");
	ktap_eq(nlraw_about(&nl, ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL_NAMESPACES), 0,
		"and all");
	while (!nlraw_dump(&nl, ZCOPY_A_ALL_NAMESPACES) && nl.answers)
		sleep_ms(20);
	ktap_eq(nl.answers, 0, "none is left");
	ktap_eq(counter_of("transfers_cancelled"), cancelled,
		"they counted where they were");
	return ktap_done();
}

