// SPDX-License-Identifier: GPL-2.0
/*
 * Events that a listener has no room for count in events_lost if the listener asked
 * the kernel for that; its socket counts them in any case.  zcctl monitor asks, and
 * prints how many were lost.  Events for a closed socket, full or not, do not count as
 * lost.
 * guest: timeout=90
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	4096
#define FEW	200
#define MANY	1500		/* sockets hold up to 1700 events */
#define PATIENCE (20000 * guest_scale())	/* ms */

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif
#ifndef NETLINK_BROADCAST_ERROR
#define NETLINK_BROADCAST_ERROR	4
#endif

static int dev, file;
static struct pair s;

/*
 * Each transfer makes two events.  Once a second the module looks at the live ones, and
 * what it sees of one may be another event.
 */
static void send_some(unsigned int nr)
{
	static struct raw q;
	char byte;

	for (unsigned int i = 0; i < nr; i++) {
		raw_fill(&q, s.near, file, 0, 1);
		q.s.results = (uintptr_t)&q.r;
		q.s.result_size = sizeof(q.r);
		if (raw_send(dev, &q) || read(s.far, &byte, 1) != 1)
			die("send");
	}
}

static uint32_t drops(int sock)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(sock, SOL_SOCKET, SO_MEMINFO, info, &len))
		die("SO_MEMINFO");
	return info[SK_MEMINFO_DROPS];
}

static void listener(bool asks)
{
	uint64_t lost = counter_of("events_lost");
	const char *how = asks ? "asks" : "does not ask";
	int small = 1, one = 1;
	struct nlraw nl;

	nlraw_open(&nl);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (asks)
		setsockopt(nl.fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &one,
			   sizeof(one));
	if (nlraw_join(&nl))
		die("join");
	send_some(FEW);
	ktap_ok(counters_rest() && drops(nl.fd), "a full listener that %s: misses %u", how,
		drops(nl.fd));
	ktap_eq(counter_of("events_lost") - lost, asks ? drops(nl.fd) : 0,
		"%s: so many are counted", how);
	close(nl.fd);
}

/* Waits until only one transfer is live. */
static void one_is_live(void)
{
	uint64_t end = now_ms() + PATIENCE;

	while (counter_of("transfers_active") != 1 && now_ms() < end)
		sleep_ms(10);
}

/* Sum of the values of @key in lines with @word; @key NULL: the number of such lines */
static uint64_t sum(const char *path, const char *word, const char *key)
{
	FILE *f = fopen(path, "re");
	static char line[8192];
	uint64_t all = 0;
	char *at;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, word))
			continue;
		at = key ? strstr(line, key) : NULL;
		all += key ? at ? strtoull(at + strlen(key), NULL, 10) : 0 : 1;
	}
	if (f)
		fclose(f);
	return all;
}

static void monitor(void)
{
	uint64_t lost = counter_of("events_lost"), start, looks, told, end;
	uint64_t seen = 0, before;
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(open("events", O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		dup2(open("ready", O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
		execlp("zcctl", "zcctl", "monitor", "-j", NULL);
		_exit(127);
	}
	end = now_ms() + PATIENCE;
	while (!sum("ready", "listening", NULL)) {
		if (now_ms() > end)
			die("zcctl monitor does not listen");
		sleep_ms(10);
	}
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	start = now_ms();
	send_some(MANY);
	counters_rest();
	looks = (now_ms() - start) / 1000 + 1;
	kill(pid, SIGCONT);
	end = now_ms() + PATIENCE;
	do {
		before = seen;
		sleep_ms(200);
		told = sum("events", "\"lost\"", "\"events\":");
		seen = sum("events", "\"transfer\"", NULL);
	} while ((told + seen < 2 * MANY || seen != before ||
		  told != counter_of("events_lost") - lost) && now_ms() < end);
	ktap_ok(told > 0, "a monitor that was stopped says that it missed %llu",
		(unsigned long long)told);
	ktap_ok(told + seen >= 2 * MANY && told + seen <= 2 * MANY + looks,
		"with those that it has seen they are all: %llu",
		(unsigned long long)(told + seen));
	ktap_eq(counter_of("events_lost") - lost, told, "the counter has them too");
	seen = sum("events", "\"completed\"", NULL);
	send_some(1);
	end = now_ms() + PATIENCE;
	while (sum("events", "\"completed\"", NULL) == seen && now_ms() < end)
		sleep_ms(50);
	ktap_eq(sum("events", "\"completed\"", NULL), seen + 1, "then it misses none");
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	ktap_eq(status, 0, "and ends in peace");
}

/* The submitter closes its socket, maybe a full one, before its transfer has ended. */
static void closed(bool full)
{
	const char *how = full ? "full and closed" : "closed";
	int small = 1, nr = full ? FEW : 0;
	struct pair p;
	static struct nlraw_msg m;
	uint64_t lost;
	struct nlraw nl;

	nlraw_open(&nl);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	p = pair_open(true);
	for (int i = 0; i < nr; i++) {
		nlraw_submit(&nl, &m, dev, s.near, file, 0, 1);
		/* nlraw_talk() reads answers, and events in between; later none are read. */
		if (nlraw_talk(&nl, &m))
			break;
	}
	nlraw_submit(&nl, &m, dev, p.near, file, 0, SIZE);
	nlraw_u64(&m, ZCOPY_A_RATE, 10);
	send(nl.fd, &m, m.h.nlmsg_len, 0);
	one_is_live();
	for (int i = 0; i < nr; i++) {
		nlraw_submit(&nl, &m, dev, s.near, file, 0, 1);
		send(nl.fd, &m, m.h.nlmsg_len, 0);
	}
	one_is_live();
	close(nl.fd);
	lost = counter_of("events_lost");
	sock_reset(p.far);
	ktap_ok(counters_rest(), "%s: its transfer ends", how);
	ktap_eq(counter_of("events_lost"), lost, "%s: nothing is lost", how);
	close(p.near);
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	s = pair_open(false);
	listener(true);
	listener(false);
	monitor();
	closed(false);
	closed(true);
	return ktap_done();
}

