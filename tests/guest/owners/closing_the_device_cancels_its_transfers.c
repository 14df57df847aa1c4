// SPDX-License-Identifier: GPL-2.0
/*
 * The last close of an open device cancels its transfers, parked and queued,
 * however many there are, and no transfers of another open device.  A duplicate of
 * the descriptor, or a child's copy, keeps the device open.
 * guest: timeout=60
 */
#include "ktap.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "life.h"

#define SIZE	(2 << 20)
#define MOST	1000
#define MANY	(guest_is_debug() ? 250u : MOST)

static int file, s[2];

static int open_and_submit(unsigned int nr)
{
	struct life_req q;
	int dev = life_open();

	while (nr--) {
		life_req(&q, s[0], file, 0, SIZE);
		if (life_submit(dev, &q))
			ktap_bail("submit");
	}
	return dev;
}

static uint64_t active(void)
{
	return life_counter("transfers_active");
}

static void one_line(void)
{
	uint64_t before = life_counter("transfers_cancelled");
	struct zcopy_result res[2];
	int dev, other;

	life_pair(s, true);
	dev = open_and_submit(1);
	other = open_and_submit(2);
	close(dev);
	ktap_eq(life_check(s[1], 0, 4096), 4096, "the peer reads a little");
	/* Its own ends within moments; the other's would, if they did, soon after. */
	for (unsigned int i = 0; i < 600 && active() > 2; i++)
		life_nap(50);
	life_nap(200);
	ktap_eq(active(), 2, "closing cancels its own transfer");
	ktap_eq(life_counter("transfers_cancelled"), before + 1, "and says so");
	dev = life_open();
	ktap_eq(life_wait(dev, 0, res, 1, 1, 100), 0, "a new open sees nothing of it");
	close(s[1]);
	ktap_ok(!life_collect(other, res, 2), "the other's end by themselves");
	close(other);
	close(dev);
	close(s[0]);
}

static void copies(void)
{
	int dev, copy, status;
	pid_t pid;

	life_pair(s, true);
	dev = open_and_submit(3);
	copy = dup(dev);
	close(dev);
	life_nap(100);
	ktap_eq(active(), 3, "a duplicate keeps the device open");
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(copy);
	life_nap(100);
	ktap_eq(active(), 3, "so does a child's copy");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ktap_ok(life_rest(), "the end of the child is the last close");
	close(s[0]);
	close(s[1]);
}

/* A child may collect what its parent started, each once. */
static void child_collects(void)
{
	struct zcopy_result res;
	struct life_req q;
	int dev, status = -1;
	pid_t pid;

	life_pair(s, false);
	dev = life_open();
	life_req(&q, s[0], file, 0, 4096);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	pid = fork();
	if (!pid)
		_exit(life_wait(dev, 0, &res, 1, 1, 10000) == 1 ? 0 : 1);
	waitpid(pid, &status, 0);
	ktap_eq(status, 0, "a child collects what its parent started");
	ktap_eq(life_wait(dev, 0, &res, 1, 1, 100), 0, "and the parent not again");
	close(dev);
	close(s[0]);
	close(s[1]);
}

static void many(bool one_socket)
{
	struct rlimit files = { 4096, 4096 };
	static int socks[MOST][2];
	struct life_req q;
	unsigned int i, many = MANY;
	uint64_t start;
	int dev;

	setrlimit(RLIMIT_NOFILE, &files);
	dev = life_open();
	for (i = 0; i < many; i++) {
		if (!i || !one_socket)
			life_pair(socks[i], true);
		life_req(&q, socks[one_socket ? 0 : i][0], file, 0, SIZE);
		if (life_submit(dev, &q))
			ktap_bail("submit");
	}
	ktap_eq(active(), many, "%u transfers wait for %s", many,
		one_socket ? "one socket" : "a socket each");
	start = life_ms();
	close(dev);
	ktap_ok(life_ms() - start < 3000, "the close takes no time");
	ktap_ok(life_rest(), "all end");
	for (i = 0; i < (one_socket ? 1 : many); i++) {
		close(socks[i][0]);
		close(socks[i][1]);
	}
}

int main(void)
{
	file = life_file("source", SIZE);
	one_line();
	copies();
	child_collects();
	many(true);
	many(false);
	return ktap_done();
}
