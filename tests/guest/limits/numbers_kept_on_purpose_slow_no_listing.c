// SPDX-License-Identifier: GPL-2.0
/*
 * A user can choose the numbers of its live transfers by ending all transfers
 * between them.  Listing such transfers takes as long as listing the same count of
 * transfers with consecutive numbers.
 * guest: timeout=200 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "crowd.h"
#include "dev.h"
#include "nlraw.h"

/*
 * A listing that walks a list for each line takes longer in proportion to KEPT, and the
 * test makes APART transfers for each of them; therefore KEPT is small and TIMES too.
 */
#define KEPT	500
#define APART	1024		/* a power of two that tables may have */
#define TIMES	2		/* chosen numbers may take this many times longer */
#define LOOKS	12
#define MORE_LOOKS	60	/* if the host had no time for the guest */
#define TOGETHER 32		/* completions are collected once for so many rounds */

static unsigned int by_netlink(void)
{
	static struct nlraw_msg m;
	struct nlraw nl;

	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
	if (nlraw_talk(&nl, &m))
		die("dump");
	close(nl.fd);
	return nl.answers;
}

/*
 * The fastest of several listings, or of more if none takes less than @limit; each must
 * have all transfers.
 */
static uint64_t took(unsigned int (*list)(void), unsigned int nr, uint64_t limit)
{
	uint64_t best = ~0ULL;

	for (unsigned int i = 0; i < LOOKS || (i < MORE_LOOKS && best >= limit); i++) {
		uint64_t start = crowd_cpu_us();

		if (list() != nr)
			die("a listing without some");
		start = crowd_cpu_us() - start;
		if (start < best)
			best = start;
		sleep_ms(20);
	}
	return best;
}

static void judge(const char *how, uint64_t row, uint64_t chosen)
{
	ktap_ok(chosen < TIMES * row, "%s: chosen numbers take no longer", how);
	note("%u in a row: %llu us, chosen: %llu us", KEPT,
	     (unsigned long long)row, (unsigned long long)chosen);
}

int main(void)
{
	struct zcopy_result *res = calloc(APART, sizeof(*res));
	struct crowd kept, rest;
	uint64_t proc, netlink;
	unsigned int i, open = 0, wrong = 0;

	crowd_limits();
	crowd_open(&kept, true);
	crowd_add(&kept, KEPT - 1);
	proc = took(crowd_listed, KEPT, ~0ULL);
	netlink = took(by_netlink, KEPT, ~0ULL);
	crowd_close(&kept);
	ktap_ok(counters_rest(), "those in a row end");

	crowd_open(&kept, true);
	crowd_open(&rest, false);
	for (i = 1; i < KEPT; i++) {
		if (crowd_start(rest.dev, rest.s.near, APART - 1, NULL) != APART - 1)
			die("those between");
		crowd_add(&kept, 1);
		wrong += (kept.ids[i] - kept.ids[0]) % APART != 0;
		if (++open < TOGETHER && i < KEPT - 1)
			continue;
		for (; open; open--)
			if (dev_wait(rest.dev, 0, res, APART - 1, APART - 1, 30000) !=
			    APART - 1)
				die("the end of those between");
	}
	ktap_eq(wrong, 0, "numbers are chosen");
	judge("/proc", proc, took(crowd_listed, KEPT, TIMES * proc));
	judge("netlink", netlink, took(by_netlink, KEPT, TIMES * netlink));
	crowd_close(&rest);
	crowd_close(&kept);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}
