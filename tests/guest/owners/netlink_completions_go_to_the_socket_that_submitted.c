// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink socket that submitted a transfer is told of its end.  Another socket
 * that has got the same port number is not told, and an event for a closed socket does
 * not count as lost.  A full socket learns that it missed some.  A closed socket is
 * freed with all that it held, even while its transfers live.
 * guest: timeout=60
 */
#include "ktap.h"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"

#define STRANGER	4711
#define SIZE		(1 << 20)
#define MANY		200
#define PORT		777777

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#define NETLINK_NO_ENOBUFS	5
#endif

static int dev, file;

/* Replaces the socket with a new one that has the same port number. */
static int rebind(struct nlraw *n)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_pid = PORT };

	close(n->fd);
	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	return n->fd < 0 || bind(n->fd, (void *)&at, sizeof(at)) ? -errno : 0;
}

static void submit(struct nlraw *nl, const struct pair *s, size_t len)
{
	static struct nlraw_msg m;

	nlraw_submit(nl, &m, dev, s->near, file, 0, len);
	if (nlraw_talk(nl, &m))
		die("submit: %s", nl->words);
}

/* Takes the port number, lets the transfers end, and looks for messages. */
static int takes_the_number(struct nlraw *nl, int go, int ready)
{
	unsigned int errors;
	char byte;

	if (rebind(nl) || write(ready, "", 1) != 1 || read(go, &byte, 1) != 1)
		return ECHILD;
	return nlraw_events(nl, 0, &errors) || errors;
}

static void the_number_is_anothers(void)
{
	uint64_t lost = counter_of("events_lost");
	struct nlraw nl;
	unsigned int errors, i;
	struct pair s;

	nlraw_open(&nl);
	if (rebind(&nl))
		die("a port");
	s = pair_open(true);
	for (i = 0; i < 20; i++)
		submit(&nl, &s, SIZE);
	ktap_eq(rebind(&nl), 0, "another socket gets the number");
	close(s.near);
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "the transfers go on");
	close(s.far);
	ktap_ok(counters_rest(), "and end");
	ktap_eq(nlraw_events(&nl, 0, &errors), 0, "none of that is told to it");
	ktap_eq(errors, 0, "nor that it missed any");
	ktap_eq(counter_of("events_lost"), lost, "none is lost: none wants them");
	close(nl.fd);
}

static void the_number_is_another_users(void)
{
	struct nlraw nl;
	int there[2], back[2], status;
	struct pair s;
	char byte;
	pid_t pid;

	nlraw_open(&nl);
	if (rebind(&nl) || pipe(there) || pipe(back))
		die("a port");
	s = pair_open(true);
	submit(&nl, &s, SIZE);
	close(nl.fd);
	nl.fd = -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(s.near);
		close(s.far);
		hand_become(STRANGER);
		_exit(takes_the_number(&nl, there[0], back[1]));
	}
	if (read(back[0], &byte, 1) != 1)
		die("a stranger");
	sock_reset(s.far);
	ktap_ok(counters_rest(), "root's transfer ends");
	if (write(there[1], "", 1) != 1)
		die("a stranger");
	waitpid(pid, &status, 0);
	ktap_eq(status, 0, "a stranger who has the number is told nothing");
	close(s.near);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static void the_socket_lives(void)
{
	unsigned int errors;
	struct nlraw nl;
	int other;
	struct pair s;

	nlraw_open(&nl);
	s = pair_open(true);
	submit(&nl, &s, SIZE);
	submit(&nl, &s, SIZE);
	other = dup(nl.fd);
	close(nl.fd);
	nl.fd = other;
	sock_check(s.far, 0, SIZE);
	sock_check(s.far, 0, SIZE);
	ktap_ok(counters_rest(), "two more end");
	ktap_eq(nlraw_events(&nl, 2, &errors), 2,
		"through a copy of its descriptor it is told");
	ktap_eq(errors, 0, "of all");
	close(nl.fd);
	close(s.near);
	close(s.far);
}

/*
 * Takes what a full socket was told, until all @nr ends were told or counted in @lost,
 * for 30 seconds: a transfer is no longer live a moment before that.
 */
static unsigned int told(struct nlraw *nl, unsigned int nr, uint64_t *lost,
			 unsigned int *errors)
{
	uint64_t end = now_ms() + 30000, before = *lost;
	unsigned int got = 0, more;

	*errors = 0;
	do {
		got += nlraw_events(nl, 0, &more);
		*errors += more;
		*lost = counter_of("events_lost") - before;
	} while (got + *lost < nr && now_ms() < end);
	return got;
}

/* Many ends in a socket that nobody reads */
static void the_socket_is_full(bool spared)
{
	uint64_t lost = counter_of("events_lost");
	const char *how = spared ? "spared: " : "full: ";
	unsigned int errors, got, i, small = 1, large = 1 << 18;
	struct nlraw nl;
	struct pair s;

	nlraw_open(&nl);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (spared)
		setsockopt(nl.fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &small,
			   sizeof(small));
	s = pair_open(true);
	submit(&nl, &s, SIZE);
	for (i = 0; i < MANY; i++)
		submit(&nl, &s, 1);
	sock_reset(s.far);
	ktap_ok(counters_rest(), "%sall end", how);
	got = told(&nl, MANY + 1, &lost, &errors);
	ktap_ok(got && got <= MANY, "%ssome are told", how);
	ktap_ok(errors, "%sit learns that it missed some", how);
	ktap_eq(got + lost, MANY + 1, "%sthe others are counted", how);
	close(s.near);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof(large));
	s = pair_open(false);
	submit(&nl, &s, 100);
	/* It may have ended before the submission was answered. */
	got = nl.events;
	counters_rest();
	ktap_eq(got + nlraw_events(&nl, !got, &errors), 1,
		"%sthe next one is told again", how);
	ktap_eq(errors, 0, "%sand no error", how);
	close(nl.fd);
	close(s.near);
	close(s.far);
}

/* The namespace goes, because only the closed socket held it. */
static void a_closed_one_is_gone(void)
{
	unsigned int tries;
	int ready[2], status;
	struct pair s;
	char cmd[80], byte;
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	s = pair_open(true);
	pid = fork();
	if (!pid) {
		struct nlraw nl;

		if (unshare(CLONE_NEWNET))
			_exit(1);
		nlraw_open(&nl);
		submit(&nl, &s, SIZE);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		die("a namespace");
	if (system("bash -c 'ip link add zg0 type veth peer name zg1'"))
		die("veth");
	snprintf(cmd, sizeof(cmd), "bash -c 'ip link set zg1 netns %d'", pid);
	if (system(cmd))
		die("veth");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	for (tries = 0; tries < 800 * guest_scale() && if_nametoindex("zg0"); tries++)
		sleep_ms(50);
	ktap_ok(!if_nametoindex("zg0"),
		"the namespace of a closed socket goes, though its transfer lives");
	ktap_eq(counter_of("transfers_active"), 1, "it does");
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "and arrives");
	ktap_ok(counters_rest(), "it ends");
	close(s.near);
	close(s.far);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	the_number_is_anothers();
	the_number_is_another_users();
	the_socket_lives();
	the_socket_is_full(false);
	the_socket_is_full(true);
	a_closed_one_is_gone();
	return ktap_done();
}

