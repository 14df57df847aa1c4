// SPDX-License-Identifier: GPL-2.0
/*
 * Sends random netlink messages, and valid messages with some damage.  All accepted
 * transfers end, nothing is left, and the netlink family still answers.
 * guest: timeout=25
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "chance.h"
#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(256 << 10)
#define LIMIT_MS 20000

static struct nlraw nl;
static struct nlraw_msg m;
static int dev, file;
static struct pair s;
static struct chance luck;

static void some_attribute(unsigned int depth)
{
	static uint8_t bytes[256];
	uint16_t type = chance_of(&luck, ZCOPY_A_MAX + 3);
	uint64_t number = chance_number(&luck);

	switch (chance_of(&luck, depth < 3 ? 6 : 5)) {
	case 0:
		nlraw_u32(&m, type, number);
		break;
	case 1:
		nlraw_u64(&m, type, number);
		break;
	case 2:
		nlraw_put(&m, type, bytes, chance_of(&luck, sizeof(bytes)));
		break;
	case 3:
		nlraw_u32(&m, type, chance_of(&luck, 2) ? file : s.near);
		break;
	case 4:
		nlraw_put(&m, type, NULL, 0);
		break;
	default: {
		struct nlattr *nest = nlraw_nest(&m, type);
		unsigned int n = chance_of(&luck, 4);

		while (n--)
			some_attribute(depth + 1);
		nlraw_end(&m, nest);
	}
	}
}

static void by_chance(void)
{
	unsigned int n = chance_of(&luck, 8);

	nlraw_begin(&nl, &m, chance_of(&luck, ZCOPY_CMD_MAX + 2),
		    chance_of(&luck, 8) ? 0 : NLM_F_DUMP);
	if (chance_of(&luck, 2))
		nlraw_u32(&m, ZCOPY_A_DEV, dev);
	while (n--)
		some_attribute(0);
}

static void damaged(void)
{
	switch (chance_of(&luck, 4)) {
	case 0:
		nlraw_begin(&nl, &m, ZCOPY_CMD_GET, 0);
		nlraw_u64(&m, ZCOPY_A_ID, chance_of(&luck, 1000));
		break;
	case 1:
		nlraw_begin(&nl, &m, ZCOPY_CMD_CANCEL, 0);
		nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
		break;
	default:
		nlraw_submit(&nl, &m, dev, s.near, file, chance_of(&luck, 9000),
			     chance_of(&luck, 70000));
	}
	if (chance_of(&luck, 4))
		chance_damage(&luck, &m.g, m.h.nlmsg_len - NLMSG_HDRLEN);
	/* Some messages become dumps; genetlink itself answers wrong commands. */
	if (!chance_of(&luck, 10))
		m.h.nlmsg_flags |= NLM_F_DUMP;
}

static void *drain_always(void *unused)
{
	static char buf[262144];

	for (;;) {
		while (recv(s.far, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		usleep(4000);
	}
	return unused;
}

int main(void)
{
	uint64_t start = now_ms();
	unsigned int sent = 0, accepted = 0;
	struct timeval patience = { .tv_usec = 500000 };
	pthread_t thread;

	chance_start(&luck, chance_seed());
	file = fcntl(file_to_read("source", SIZE), F_DUPFD_CLOEXEC, 200);
	dev = fcntl(dev_open(0), F_DUPFD_CLOEXEC, 210);
	s = pair_open(false);
	nlraw_open(&nl);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	pthread_create(&thread, NULL, drain_always, NULL);
	while (now_ms() - start < LIMIT_MS) {
		if (chance_of(&luck, 2))
			by_chance();
		else
			damaged();
		accepted += !nlraw_talk(&nl, &m);
		sent++;
	}
	close(nl.fd);
	/* A transfer with a very low rate would go on for days. */
	nlraw_open(&nl);
	ktap_eq(nlraw_cancel_all(&nl), 0, "all that runs is cancelled");
	close(nl.fd);
	note("%u messages, %u accepted, %llu transfers", sent, accepted,
	     (unsigned long long)counter_of("transfers_submitted"));
	ktap_ok(counter_of("transfers_submitted") > 10, "some were accepted");
	ktap_ok(counters_rest(), "at rest");
	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_QUERY, 0);
	ktap_eq(nlraw_talk(&nl, &m), 0, "what is right still works");
	return ktap_done();
}

