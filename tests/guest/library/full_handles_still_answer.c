// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink handle of the library whose socket is full of unread events still
 * answers questions, and reports once that it missed some events.
 * needs: zcopy
 * guest: timeout=60
 */
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zcopy.h>

#include "dev.h"
#include "ktap.h"
#include "peers.h"

#define TRANSFERS	200

static int on_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	(void)event;
	(void)t;
	++*(unsigned int *)arg;
	return 0;
}

int main(void)
{
	unsigned int seen = 0, lost = 0, want = 0;
	struct zcopy_query query;
	int dev, file, small = 1, ret;
	struct pair s;
	struct zcopy_nl *nl;
	struct raw q;
	uint64_t missed, all, start = now_ms(), looks;
	char byte;

	dev = dev_open(0);
	file = file_to_read("source", 4096);
	s = pair_open(false);
	if (zcopy_nl_open(&nl))
		die("netlink");
	setsockopt(zcopy_nl_fd(nl), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ktap_eq(zcopy_nl_join(nl), 0, "a small handle listens");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < TRANSFERS; i++) {
			raw_fill(&q, s.near, file, 0, 1);
			q.s.results = (uintptr_t)&q.r;
			q.s.result_size = sizeof(q.r);
			if (raw_send(dev, &q) || read(s.far, &byte, 1) != 1)
				die("send");
		}
		alarm(20);
		ktap_eq(zcopy_nl_query(nl, &query), 0, "%d: full, it answers", round);
		ktap_ok(query.max_elems > 0, "%d: as it should", round);
		alarm(0);
		lost = 0;
		do {
			ret = zcopy_nl_events(nl, 0, on_event, &seen);
			lost += ret == -ENOBUFS;
		} while (ret > 0 || ret == -ENOBUFS);
		ktap_eq(ret, 0, "%d: then all are taken", round);
		ktap_eq(lost, 1, "%d: it tells once that some were missed", round);
		/* Once a second the module tells, too, what a live transfer has sent. */
		looks = (now_ms() - start) / 1000 + 1;
		want += 2 * TRANSFERS;
		ret = zcopy_nl_missed(nl, &missed);
		all = seen + missed;
		ktap_ok(!ret && all >= want && all <= want + looks,
			"%d: and how many: %u seen", round, seen);
	}
	zcopy_nl_close(nl);
	close(dev);
	return ktap_done();
}

