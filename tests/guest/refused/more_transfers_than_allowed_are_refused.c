// SPDX-License-Identifier: GPL-2.0
/*
 * An open device has room for a fixed number of transfers that run or wait to be
 * collected.  One more is refused with EAGAIN, and is accepted once a completion
 * was collected.
 * guest: timeout=40 skip-on=debug
 */
#include "ktap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"
#include "refuse.h"

int main(void)
{
	struct zcopy_query query = { .size = sizeof(query) };
	unsigned int i, got = 0;
	int bad = 0;
	struct refuse before;
	struct raw q;
	int dev;
	struct pair pair;
	char buf[1024];

	ktap_plan(8);
	dev = dev_open(0);
	pair = pair_open(false);
	quota_set("max_transfers", 1 << 20, "max_user_transfers", 1 << 20);
	ktap_eq(ioctl(dev, ZCOPY_IOC_QUERY, &query), 0, "query");
	raw_fill(&q, pair.near, 0, 0, 0);
	q.s.nr_elems = 0;
	for (i = 0; i < query.max_transfers && !bad; i++)
		bad = raw_submit(dev, &q);
	ktap_eq(bad, 0, "as many transfers as the query says");
	ktap_ok(counters_rest(), "all end");

	refuse_before(&before, pair.far);
	ktap_eq(raw_submit(dev, &q), -EAGAIN, "one more is refused");
	ktap_ok(!refuse_after(&before, "too_many_transfers"), "it is counted");
	ktap_eq(read(dev, buf, sizeof(buf)), 4 * ZCOPY_RESULT_SIZE_VER0,
		"a read brings whole records");
	ktap_eq(raw_submit(dev, &q), 0, "then there is room again");
	while (dev_wait(dev, 0, &q.r, 1, 1, RESULT_MS) == 1)
		got++;
	ktap_eq(got, query.max_transfers - 3, "each has one completion");
	return ktap_done();
}

