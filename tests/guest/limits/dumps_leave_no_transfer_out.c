// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink dump that is read in small pieces has every live transfer once.  This
 * includes a transfer whose file has a path too long for a piece; only its path is
 * left out.
 * guest: timeout=40
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define PIECE	4096		/* the buffer of a reader with one page */
#define MOST	8

static uint64_t seen[64];
static unsigned int nr_seen, nr_paths, parts;

/* A file at the end of a path of some 4000 bytes; stays in its directory. */
static int deep_file(void)
{
	char name[251];
	unsigned int i;

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (i = 0; i < 15; i++) {
		if (mkdir(name, 0700) || chdir(name))
			die("a deep directory");
	}
	memset(name, 'f', sizeof(name) - 1);
	return file_to_read(name, 1 << 20);
}

static void take(const struct nlmsghdr *h)
{
	const char *at = (const char *)NLMSG_DATA(h) + GENL_HDRLEN;
	const struct nlattr *nest = (const void *)at;
	int left = nest->nla_len - NLA_HDRLEN;

	for (at += NLA_HDRLEN; left >= NLA_HDRLEN;) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_type == ZCOPY_A_X_ID && nr_seen < 64)
			memcpy(&seen[nr_seen++], at + NLA_HDRLEN, 8);
		if (a->nla_type == ZCOPY_A_X_FILE)
			nr_paths++;
		at += NLA_ALIGN(a->nla_len);
		left -= NLA_ALIGN(a->nla_len);
	}
}

/* Reads a dump through a socket that never asked for more than a piece. */
static int dump(const struct nlraw *nl)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	static _Alignas(8) char buf[PIECE];
	static struct nlraw_msg m;
	int err = 1;

	nr_seen = nr_paths = parts = 0;
	nlraw_begin(nl, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
	if (send(fd, &m.h, m.h.nlmsg_len, 0) < 0)
		die("send");
	while (err == 1) {
		const struct nlmsghdr *h = (const void *)buf;
		int len = recv(fd, buf, sizeof(buf), 0);

		if (len < 0)
			die("recv");
		parts++;
		for (; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == nl->family)
				take(h);
			else
				memcpy(&err, NLMSG_DATA(h), sizeof(err));
		}
	}
	close(fd);
	return err;
}

static unsigned int times(uint64_t id)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_seen; i++)
		n += seen[i] == id;
	return n;
}

int main(void)
{
	uint64_t ids[2 * MOST + 1];
	int plain, deep, dev;
	struct pair s;
	unsigned int i, wrong = 0;
	struct raw q;
	struct nlraw nl;

	dev = dev_open(0);
	nlraw_open(&nl);
	s = pair_open(true);
	plain = file_to_read("source", 1 << 20);
	deep = deep_file();
	for (i = 0; i < 2 * MOST + 1; i++) {
		raw_fill(&q, s.near, i == MOST ? deep : plain, 0, 1 << 20);
		if (raw_submit(dev, &q))
			die("submit");
		ids[i] = q.s.id;
	}
	ktap_eq(dump(&nl), 0, "a dump in pieces");
	ktap_ok(parts > 2, "there were %u", parts);
	for (i = 0; i < 2 * MOST + 1; i++)
		wrong += times(ids[i]) != 1;
	ktap_eq(wrong, 0, "each transfer is in it once");
	ktap_eq(nr_seen, 2 * MOST + 1, "and no other");
	ktap_eq(nr_paths, 2 * MOST, "all but the one have their path");
	close(dev);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}

