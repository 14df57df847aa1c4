// SPDX-License-Identifier: GPL-2.0
/*
 * With hundreds of thousands of live transfers, a line of a listing takes as long
 * as with few, and a listing in another network namespace skips these transfers.
 * Creating a network namespace is fast, also while a listener has joined the
 * events.
 * guest: timeout=200 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "crowd.h"
#include "fixture.h"
#include "nlraw.h"

#define FEW	2000
#define CROWDS	4
#define EACH	60000
#define TIMES	4		/* a line may take this many times longer */
#define ELSEWHERE	4	/* skipped transfers are at least this many times faster */
#define SECONDS	2
#define ROUNDS	6		/* one without a pause of the machine is enough */
#define LISTINGS 3		/* the same */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Nanoseconds per line in the fastest listing */
static uint64_t line_ns(unsigned int nr)
{
	uint64_t best = ~0ULL;

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t start = crowd_cpu_us();

		if (crowd_listed() != nr)
			die("a listing without some");
		start = crowd_cpu_us() - start;
		best = least(best, start);
		if (start > 10000000)
			break;
	}
	return best * 1000 / nr;
}

/* Creates namespaces for SECONDS; returns the milliseconds of the slowest. */
static uint64_t make_namespaces(unsigned int *nr)
{
	uint64_t end = now_ms() + SECONDS * 1000, worst = 0;

	for (*nr = 0; now_ms() < end; ++*nr) {
		uint64_t start = now_ms();
		pid_t pid = fork();

		if (!pid)
			_exit(unshare(CLONE_NEWNET) ? 1 : 0);
		waitpid(pid, NULL, 0);
		if (now_ms() - start > worst)
			worst = now_ms() - start;
		sleep_ms(20);
	}
	return worst;
}

/* Microseconds for a listing in a namespace without transfers */
static uint64_t list_elsewhere(void)
{
	uint64_t us = 0;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		die("pipe");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET))
			_exit(1);
		us = crowd_cpu_us();
		if (crowd_listed())
			_exit(2);
		us = crowd_cpu_us() - us;
		_exit(write(fds[1], &us, sizeof(us)) != sizeof(us));
	}
	close(fds[1]);
	if (read(fds[0], &us, sizeof(us)) != sizeof(us))
		die("no listing elsewhere");
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return us;
}

static void listen_to_events(struct nlraw *nl)
{
	nlraw_open(nl);
	if (setsockopt(nl->fd, 270 /* SOL_NETLINK */, NETLINK_ADD_MEMBERSHIP,
		       &nl->group, sizeof(nl->group)))
		die("no membership");
}

int main(void)
{
	struct crowd c[CROWDS];
	unsigned int i, nr;
	uint64_t few, many, ms, us;
	struct nlraw nl;

	crowd_limits();
	crowd_open(&c[0], true);
	crowd_add(&c[0], FEW - 1);
	few = line_ns(FEW);
	crowd_add(&c[0], EACH - FEW);
	for (i = 1; i < CROWDS; i++) {
		crowd_open(&c[i], true);
		crowd_add(&c[i], EACH - 1);
	}
	ktap_eq(counter_of("transfers_active"), CROWDS * EACH, "a crowd");
	ms = make_namespaces(&nr);
	note("%u namespaces made, the slowest in %llu ms", nr,
	     (unsigned long long)ms);
	listen_to_events(&nl);
	ms = make_namespaces(&nr);
	for (i = 1; i < ROUNDS && ms >= 1000; i++)
		ms = make_namespaces(&nr);
	ktap_ok(ms < 1000, "namespaces are made at once beside a listener");
	note("%u made, the slowest in %llu ms", nr, (unsigned long long)ms);
	close(nl.fd);

	many = line_ns(CROWDS * EACH);
	for (i = 1; i < LISTINGS && many >= TIMES * few; i++)
		many = least(many, line_ns(CROWDS * EACH));
	ktap_ok(many < TIMES * few, "a line takes no longer than one of few");
	note("%u: %llu ns a line, %u: %llu ns", FEW, (unsigned long long)few,
	     CROWDS * EACH, (unsigned long long)many);
	us = list_elsewhere();
	for (i = 1; i < ROUNDS; i++)
		us = least(us, list_elsewhere());
	ktap_ok(us * 1000 / (CROWDS * EACH) < few / ELSEWHERE,
		"another namespace is listed in a small part of that");
	note("in %llu us", (unsigned long long)us);
	for (i = 0; i < CROWDS; i++)
		crowd_close(&c[i]);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}
