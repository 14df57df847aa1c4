// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel handles a whole datagram of netlink under one lock of generic netlink, and
 * looks at no signal.  So messages that look at all transfers or all counters are only
 * accepted as the last of a datagram.  A stranger that sends thousands of them beside
 * a crowd of transfers is done soon.
 * guest: timeout=120
 */
#include "ktap.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "crowd.h"
#include "fixture.h"
#include "nlraw.h"

#define STRANGER	4711
#define SECONDS		(10 * guest_scale())
#define MOST		200000		/* bytes of a datagram: about the most */
#define FULL		(guest_is_debug() ? MOST / 10 : MOST)

static const struct {
	const char *name;
	uint8_t cmd;
	uint16_t flags, attr;
	bool alone;
} kinds[] = {
	{ "CANCEL of all", ZCOPY_CMD_CANCEL, 0, ZCOPY_A_ALL, true },
	{ "STATS", ZCOPY_CMD_STATS, 0, 0, true },
	{ "a listing", ZCOPY_CMD_GET, NLM_F_DUMP, 0, true },
	{ "QUERY", ZCOPY_CMD_QUERY, 0, 0, false },
	{ "LIMITS_GET", ZCOPY_CMD_LIMITS_GET, 0, 0, false },
};
#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static struct nlraw nl;
static uint8_t datagram[MOST];

/* Fills the datagram with up to @most messages; returns how many. */
static unsigned int fill(unsigned int kind, unsigned int most, size_t *len)
{
	static struct nlraw_msg m;
	unsigned int nr;

	nlraw_begin(&nl, &m, kinds[kind].cmd, kinds[kind].flags);
	m.h.nlmsg_flags &= ~NLM_F_ACK;
	if (kinds[kind].attr)
		nlraw_put(&m, kinds[kind].attr, NULL, 0);
	*len = 0;
	for (nr = 0; nr < most && *len + m.h.nlmsg_len <= FULL; nr++) {
		nlraw_number(&nl, &m);
		memcpy(datagram + *len, &m.h, m.h.nlmsg_len);
		*len += m.h.nlmsg_len;
	}
	return nr;
}

static uint64_t refusals(void)
{
	return counter_of("reject_message_not_last");
}

/* Of two, the first is refused by name; the last, which is alone, gets its answer. */
static void pair_of(unsigned int kind)
{
	uint64_t before = refusals();
	uint32_t last;
	size_t len;

	fill(kind, 2, &len);
	last = nl.seq;
	send(nl.fd, datagram, len, 0);
	nl.seq = last - 1;
	nl.answers = 0;
	if (kinds[kind].alone) {
		ktap_eq(nlraw_listen(&nl), -EINVAL, "%s, not the last: refused",
			kinds[kind].name);
		ktap_ok(nl.words[0], "and said: %s", nl.words);
	}
	nl.seq = last;
	ktap_eq(refusals() - before, kinds[kind].alone, "%s, not the last: counted",
		kinds[kind].name);
}

/* In a process of its own, which the test kills */
static void send_full(unsigned int kind)
{
	size_t len;

	nlraw_open(&nl);
	if (setgid(STRANGER) || setuid(STRANGER))
		_exit(1);
	close(nl.fd);
	nlraw_open(&nl);
	fill(kind, FULL, &len);
	_exit(send(nl.fd, datagram, len, 0) == (ssize_t)len ? 0 : 2);
}

static void full_of(unsigned int kind)
{
	uint64_t before = refusals(), start = now_ms();
	unsigned int nr;
	size_t len;
	pid_t pid;

	nr = fill(kind, FULL, &len);
	fflush(stdout);
	pid = fork();
	if (!pid)
		send_full(kind);
	while (!waitpid(pid, NULL, WNOHANG) && now_ms() - start < SECONDS * 1000)
		sleep_ms(10);
	kill(pid, SIGKILL);
	ktap_ok(now_ms() - start < SECONDS * 1000,
		"a stranger's %u messages, %s, are handled in time", nr, kinds[kind].name);
	note("%llu ms", (unsigned long long)(now_ms() - start));
	/* Once a listing has filled the buffer, the kernel itself refuses the others. */
	if (kinds[kind].flags & NLM_F_DUMP)
		ktap_ok(refusals() > before, "%s: refused", kinds[kind].name);
	else if (kinds[kind].alone)
		ktap_eq(refusals() - before, nr - 1, "%s: all but the last were refused",
			kinds[kind].name);
	waitpid(pid, NULL, WNOHANG);
}

int main(void)
{
	unsigned int kind, nr = guest_is_debug() ? 2000 : 30000;
	struct crowd c;

	crowd_limits();
	crowd_open(&c, true);
	crowd_add(&c, nr - 1);
	ktap_eq(counter_of("transfers_active"), nr, "a crowd");
	for (kind = 0; kind < KINDS; kind++) {
		nlraw_open(&nl);
		full_of(kind);
		close(nl.fd);
	}
	ktap_eq(counter_of("transfers_active"), nr, "a stranger ended nothing");
	for (kind = KINDS; kind--;) {
		nlraw_open(&nl);
		pair_of(kind);
		close(nl.fd);
	}
	ktap_ok(counters_rest(), "the owner's last CANCEL of all was obeyed");
	crowd_close(&c);
	return ktap_done();
}
