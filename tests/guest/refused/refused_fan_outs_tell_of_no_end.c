// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink submission to several sockets is refused as a whole, by name, when a
 * limit refuses one of them.  No message reports the end of the transfers that were
 * built for the other sockets, no peer gets a byte, and nothing stays in use.
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"
#include "quota.h"

#define SIZE	10000
#define SINKS	3
#define COOKIE	0xc00c1e

static int dev, file;
static struct pair s[SINKS];

static int submit(struct nlraw *nl, unsigned int sinks)
{
	static struct nlraw_msg m;

	nlraw_submit(nl, &m, dev, s[0].near, file, 0, SIZE);
	for (unsigned int i = 1; i < sinks; i++)
		nlraw_sink(&m, s[i].near);
	nlraw_u64(&m, ZCOPY_A_COOKIE, COOKIE);
	return nlraw_talk(nl, &m);
}

/* All but the last of @sinks have room below the limit. */
static void refused(const char *limit, uint64_t room, unsigned int sinks,
		    const char *counter)
{
	uint64_t before = counter_of(counter), was = quota_value(limit);
	unsigned int bytes = 0, early, errors;
	struct nlraw nl;
	char byte;

	nlraw_open(&nl);
	if (quota_set(limit, room, NULL, 0))
		die("%s", limit);
	ktap_eq(submit(&nl, sinks), -EDQUOT, "%s, %u sockets: refused", limit, sinks);
	early = nl.events;
	ktap_eq(counter_of(counter), before + 1, "as %s", counter);
	ktap_ok(!!nl.words[0], "in words: %s", nl.words);
	ktap_ok(counters_rest(), "nothing is live");
	/* There is no answer to wait for. */
	sleep_ms(300);
	ktap_eq(early + nlraw_events(&nl, 0, &errors), 0, "and no end is told");
	for (unsigned int i = 0; i < SINKS; i++)
		bytes += recv(s[i].far, &byte, 1, MSG_DONTWAIT) > 0;
	ktap_eq(bytes, 0, "no peer gets a byte");
	ktap_eq(quota_rest(limit, 0), 0, "nothing is used");
	quota_set(limit, was, NULL, 0);
	close(nl.fd);
}

/* Memory that one transfer to such a socket may pin; its rate keeps it from ending. */
static uint64_t pinned_by_one(void)
{
	struct raw q;
	uint64_t used;

	raw_fill(&q, s[0].near, file, 0, SIZE);
	q.s.rate = 1;
	if (raw_submit(dev, &q))
		die("submit");
	used = quota_used("max_user_pinned_bytes");
	dev_cancel(dev, 0);
	dev_wait(dev, q.s.id, &q.r, 1, 1, 10000);
	close(s[0].near);
	close(s[0].far);
	s[0] = pair_open(false);
	return used;
}

static void accepted(void)
{
	struct nlraw nl;
	unsigned int early, errors;

	nlraw_open(&nl);
	ktap_eq(submit(&nl, SINKS), 0, "below the limits it is accepted");
	early = nl.events;
	ktap_ok(counters_rest(), "all end");
	ktap_eq(early + nlraw_events(&nl, SINKS - early, &errors), SINKS,
		"and each end is told");
	for (unsigned int i = 0; i < SINKS; i++)
		ktap_eq(sock_check(s[i].far, 0, SIZE), SIZE, "all bytes come");
	close(nl.fd);
}

int main(void)
{
	uint64_t one;

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	for (unsigned int i = 0; i < SINKS; i++)
		s[i] = pair_open(false);
	one = pinned_by_one();
	ktap_ok(one > 0, "a transfer may hold %llu bytes", (unsigned long long)one);
	refused("max_user_transfers", 1, 2, "reject_user_limit");
	refused("max_user_transfers", 2, 3, "reject_user_limit");
	refused("max_user_elements", 1, 2, "reject_user_elements_limit");
	refused("max_user_pinned_bytes", 2 * one - 1, 2, "reject_user_pinned_limit");
	refused("max_user_pinned_bytes", 3 * one - 1, 3, "reject_user_pinned_limit");
	accepted();
	return ktap_done();
}

