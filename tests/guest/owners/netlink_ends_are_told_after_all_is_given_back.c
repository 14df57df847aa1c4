// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink client that is told of an end may go on at once: at its limit it may submit
 * the next transfer, and it may unmount the file system.  So may a program that learns
 * of the end of a detached transfer from the group of events.  An end whose last close
 * has to wait is told after the close.
 * guest: timeout=120 takes=11
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "nlraw.h"
#include "peers.h"
#include "quota.h"

#define ROUNDS	300
#define MOUNTS	80
#define SIZE	(256 << 10)
#define SMALL	4096
#define LOST	1000		/* returned if no end is told */

enum door { NETLINK, DETACHED, GROUP };

static const char *const names[] = {
	[NETLINK]	= "netlink",
	[DETACHED]	= "netlink, detached",
	[GROUP]		= "ioctl, detached, told to the group",
};

/* A debug guest takes longer for each. */
static unsigned int rounds(unsigned int stock)
{
	return guest_is_debug() ? stock / 5 : stock;
}

static struct nlraw nl, ears;
static uint64_t last;		/* number of the transfer that was submitted last */
static int dev;

/* Is this the event of an end?  ZCOPY_A_EVENT is its first attribute. */
static bool is_end(const struct nlraw *n, const struct nlmsghdr *h)
{
	const struct nlattr *a = (const void *)((const char *)NLMSG_DATA(h) + GENL_HDRLEN);
	const struct genlmsghdr *g = NLMSG_DATA(h);
	uint32_t event;

	if (h->nlmsg_type != n->family || g->cmd != ZCOPY_CMD_EVENT ||
	    a->nla_type != ZCOPY_A_EVENT)
		return false;
	memcpy(&event, a + 1, sizeof(event));
	return event == ZCOPY_EVENT_COMPLETED;
}

/* The number of an event's transfer, which is in its second attribute */
static uint64_t transfer_of(const struct nlmsghdr *h)
{
	const char *nest = (const char *)NLMSG_DATA(h) + GENL_HDRLEN;
	const char *at, *end;
	uint64_t id = 0;

	nest += NLA_ALIGN(((const struct nlattr *)nest)->nla_len);
	end = nest + ((const struct nlattr *)nest)->nla_len;
	for (at = nest + NLA_HDRLEN; end - at >= NLA_HDRLEN;) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_type == ZCOPY_A_X_ID)
			memcpy(&id, a + 1, sizeof(id));
		if (a->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(a->nla_len);
	}
	return id;
}

/*
 * Waits for the event of the end of a transfer, 0: any; false: none came in time.  The group
 * may be told of an earlier transfer a moment later than its submitter, which goes on.
 */
static bool hears_end(const struct nlraw *n, uint64_t id, int ms)
{
	static _Alignas(8) char buf[8192];
	struct pollfd p = { .fd = n->fd, .events = POLLIN };

	while (poll(&p, 1, ms) == 1) {
		ssize_t got = recv(n->fd, buf, sizeof(buf), 0);

		/* Ends that nobody waited for took all room. */
		if (got < 0 && errno == ENOBUFS)
			continue;
		if (got < NLMSG_HDRLEN)
			return false;
		if (is_end(n, (void *)buf) && (!id || transfer_of((void *)buf) == id))
			return true;
	}
	return false;
}

static int submit(enum door door, int sock, int file, size_t len)
{
	static struct nlraw_msg m;
	struct raw q;
	int err;

	if (door == GROUP) {
		raw_fill(&q, sock, file, 0, len);
		q.s.flags = ZCOPY_F_DETACHED;
		err = raw_submit(dev, &q);
		last = q.s.id;
		return err;
	}
	nlraw_submit(&nl, &m, dev, sock, file, 0, len);
	if (door == DETACHED)
		nlraw_u32(&m, ZCOPY_A_FLAGS, ZCOPY_F_DETACHED);
	err = nlraw_talk(&nl, &m);
	last = nl.id;
	return err;
}

static bool told(enum door door)
{
	/* The end may have come before the verdict on the submission. */
	if (door != GROUP && nl.events)
		return true;
	return hears_end(door == GROUP ? &ears : &nl, last, 20000 * guest_scale());
}

/* Forgets what the group told of other transfers. */
static void forget(void)
{
	while (hears_end(&ears, 0, 0))
		;
}

/* Submits the next transfer on each end: 0, or the errno of the first refusal. */
static int one_after_the_other(enum door door, int file, const struct pair *s)
{
	unsigned int i;
	int err;

	forget();
	for (i = 0; i < rounds(ROUNDS); i++) {
		err = submit(door, s->near, file, SMALL);
		if (err) {
			note("round %u", i);
			return err;
		}
		if (sock_check(s->far, 0, SMALL) != SMALL || !told(door))
			return LOST;
	}
	return 0;
}

static void at_the_limit(enum door door, const char *limit)
{
	uint64_t was = quota_value(limit);
	int file = file_to_read("small", SMALL);
	struct pair s;

	s = pair_open(false);
	quota_set(limit, 1, NULL, 0);
	ktap_eq(one_after_the_other(door, file, &s), 0,
		"%s: at %s a client is never refused", names[door], limit);
	quota_set(limit, was, NULL, 0);
	close(file);
	close(s.near);
	close(s.far);
	if (!counters_rest())
		die("no rest");
}

/* One transfer from a fresh file: what umount said, or LOST */
static int use_and_unmount(enum door door)
{
	int file, err = LOST;
	struct pair s = pair_open(true);

	file = file_to_read("mnt/source", SIZE);
	if (submit(door, s.near, file, SIZE))
		die("submit");
	close(file);
	if (sock_check(s.far, 0, SIZE) == SIZE && told(door))
		err = umount("mnt") ? -errno : 0;
	close(s.near);
	close(s.far);
	return err;
}

static void unmounted(enum door door)
{
	unsigned int i;
	int err = 0;

	forget();
	for (i = 0; i < rounds(MOUNTS) && !err; i++) {
		if (mount("none", "mnt", "tmpfs", 0, NULL))
			die("mount");
		err = use_and_unmount(door);
	}
	if (!ktap_eq(err, 0, "%s: a file system is never busy", names[door]))
		note("round %u", i - 1);
	umount2("mnt", MNT_DETACH);
}

/* The last close of an unnamed file waits until its file system thaws. */
static void after_the_close(void)
{
	int root, file;
	struct pair s;

	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "mnt", "ext4", 0, NULL)) {
		ktap_skip("no ext4 on /dev/vda");
		return;
	}
	s = pair_open(true);
	file = file_to_read("mnt/source", SIZE);
	unlink("mnt/source");
	root = open("mnt", O_RDONLY);
	if (submit(NETLINK, s.near, file, SIZE))
		die("submit");
	close(file);
	if (ioctl(root, FIFREEZE, 0))
		die("freeze");
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "a file is sent");
	ktap_ok(!nl.events && !hears_end(&nl, last, 1000),
		"the end is not told while the last close waits");
	if (ioctl(root, FITHAW, 0))
		die("thaw");
	ktap_ok(hears_end(&nl, last, 20000 * guest_scale()), "it is told after that");
	close(root);
	ktap_eq(umount("mnt") ? -errno : 0, 0, "and the file system is not busy");
	close(s.near);
	close(s.far);
}

int main(void)
{
	enum door door;

	dev = dev_open(0);
	nlraw_open(&nl);
	nlraw_open(&ears);
	if (nlraw_join(&ears))
		die("the group");
	mkdir("mnt", 0755);
	for (door = NETLINK; door <= GROUP; door++) {
		at_the_limit(door, "max_user_transfers");
		at_the_limit(door, "max_user_elements");
		unmounted(door);
	}
	after_the_close();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

