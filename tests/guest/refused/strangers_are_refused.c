// SPDX-License-Identifier: GPL-2.0
/*
 * A user without rights on the device node cannot open it, submit through netlink,
 * listen to events, or see and stop the transfers of another user.
 * guest: timeout=30
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define STRANGER 4711

static int dev, file;
static struct pair pair;
static uint64_t roots_id;

/* What /proc/net/zcopy/transfers shows, without its heading */
static int lines_shown(void)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "r");
	char line[256];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += line[0] != 'i';
	if (f)
		fclose(f);
	return n;
}

static int by_id(struct nlraw *nl, uint8_t cmd, uint64_t id)
{
	struct nlraw_msg m;

	nlraw_begin(nl, &m, cmd, 0);
	nlraw_u64(&m, ZCOPY_A_ID, id);
	return nlraw_talk(nl, &m);
}

static int talk(struct nlraw *nl, uint8_t cmd, uint16_t flags, uint16_t attr)
{
	struct nlraw_msg m;

	nlraw_begin(nl, &m, cmd, flags);
	if (attr)
		nlraw_put(&m, attr, NULL, 0);
	return nlraw_talk(nl, &m);
}

static void without_rights(void)
{
	struct refuse before;
	struct nlraw_msg m;
	struct nlraw nl;
	int join;

	nlraw_open(&nl);
	join = nl.group;
	ktap_eq(open(ZCOPY_DEVICE, O_RDWR), -1, "a stranger cannot open the device");
	ktap_eq(errno, EACCES, "it is EACCES");
	ktap_eq(open(ZCOPY_DEVICE, O_RDONLY), -1, "not even for reading");

	refuse_before(&before, -1);
	nlraw_submit(&nl, &m, -1, pair.near, file, 0, 4096);
	ktap_eq(nlraw_talk(&nl, &m), -EINVAL, "netlink: no submission without a device");
	ktap_ok(!refuse_after(&before, "device_missing"), "it is counted");
	ktap_ok(nl.words[0], "and said");

	refuse_before(&before, -1);
	nlraw_submit(&nl, &m, pair.near, pair.near, file, 0, 4096);
	ktap_eq(nlraw_talk(&nl, &m), -EACCES, "netlink: nor with another descriptor");
	ktap_ok(!refuse_after(&before, "device_wrong"), "it is counted");

	ktap_eq(setsockopt(nl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &join,
			   sizeof(join)), -1, "a stranger cannot listen to events");
	ktap_eq(errno, EPERM, "it is EPERM");

	refuse_before(&before, -1);
	ktap_eq(by_id(&nl, ZCOPY_CMD_GET, roots_id), -ENOENT,
		"a stranger does not see another's transfer");
	ktap_ok(!refuse_after(&before, "no_such_transfer"), "it is counted");
	refuse_before(&before, -1);
	ktap_eq(by_id(&nl, ZCOPY_CMD_CANCEL, roots_id), -ENOENT, "nor stops it");
	ktap_ok(!refuse_after(&before, "no_such_transfer"), "it is counted");
	ktap_eq(talk(&nl, ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL), 0,
		"stopping all of one's own works");
	ktap_eq(nl.count, 0, "and stops none of another");
	ktap_eq(talk(&nl, ZCOPY_CMD_GET, NLM_F_DUMP, 0), 0, "a dump works");
	ktap_eq(nl.answers, 0, "and is empty");
	ktap_eq(lines_shown(), 0, "the file under /proc shows nothing");
	ktap_eq(talk(&nl, ZCOPY_CMD_QUERY, 0, 0), 0, "features may be asked for");
	ktap_eq(talk(&nl, ZCOPY_CMD_STATS, 0, 0), 0, "counters may be asked for");
	close(nl.fd);
}

/* With a device that was handed over, a stranger can handle its own transfers. */
static void with_a_device(void)
{
	struct nlraw_msg m;
	struct nlraw nl;
	struct pair own;
	uint64_t id;

	nlraw_open(&nl);
	own = pair_open(true);
	nlraw_submit(&nl, &m, dev, own.near, file, 0, ZCOPY_LEN_EOF);
	ktap_eq(nlraw_talk(&nl, &m), 0, "a device that was handed over is enough");
	id = nl.id;
	ktap_eq(by_id(&nl, ZCOPY_CMD_GET, id), 0, "one sees one's own transfer");
	ktap_eq(talk(&nl, ZCOPY_CMD_GET, NLM_F_DUMP, 0), 0, "a dump works");
	ktap_eq(nl.answers, 1, "and shows this one only");
	ktap_eq(lines_shown(), 1, "as the file under /proc does");
	ktap_eq(talk(&nl, ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL), 0, "one stops one's own");
	ktap_eq(nl.count, 1, "and only that");
	close(own.near);
	close(own.far);
	close(nl.fd);
}

int main(void)
{
	static char some[16 * KIB];
	struct zcopy_result res;
	struct raw q;
	struct nlraw nl;

	ktap_plan(32);
	dev = dev_open(0);
	pair = pair_open(true);
	file = file_to_read("source", 8 << 20);
	/* It waits for room, since the peer does not read on. */
	raw_fill(&q, pair.near, file, 0, ZCOPY_LEN_EOF);
	if (raw_submit(dev, &q))
		die("submit");
	roots_id = q.s.id;
	if (recv(pair.far, some, sizeof(some), MSG_WAITALL) != sizeof(some))
		die("the first bytes");
	/* Until then it takes turns, which are counted, too. */
	live_stalled();

	if (setgroups(0, NULL) || setresgid(STRANGER, STRANGER, 0) ||
	    setresuid(STRANGER, STRANGER, 0))
		die("becoming a stranger");
	without_rights();
	with_a_device();
	if (setresuid(0, 0, 0) || setresgid(0, 0, 0))
		die("becoming root again");

	nlraw_open(&nl);
	ktap_eq(by_id(&nl, ZCOPY_CMD_GET, roots_id), 0,
		"root's transfer is still there");
	ktap_eq(by_id(&nl, ZCOPY_CMD_CANCEL, roots_id), 0, "root stops it");
	ktap_eq(dev_wait(dev, roots_id, &res, 1, 1, 10000), 1,
		"its completion comes");
	ktap_eq(res.status, ZCOPY_STATUS_CANCELLED, "and says cancelled");
	return ktap_done();
}

