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

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE	(2 << 20)
#define MOST	1000
#define SLOW_MS	3000
#define ROUNDS	5
#define MANY	(guest_is_debug() ? 250u : MOST)

static int file;
static struct pair s;

static int open_and_submit(unsigned int nr)
{
	struct raw q;
	int dev = dev_open(0);

	while (nr--) {
		raw_fill(&q, s.near, file, 0, SIZE);
		if (raw_submit(dev, &q))
			die("submit");
	}
	return dev;
}

static uint64_t active(void)
{
	return counter_of("transfers_active");
}

static void one_line(void)
{
	uint64_t before = counter_of("transfers_cancelled");
	struct zcopy_result res[2];
	int dev, other;

	s = pair_open(true);
	dev = open_and_submit(1);
	other = open_and_submit(2);
	close(dev);
	ktap_eq(sock_check(s.far, 0, 4096), 4096, "the peer reads a little");
	/* Its own ends within moments; the other's would, if they did, soon after. */
	for (unsigned int i = 0; i < 600 && active() > 2; i++)
		sleep_ms(50);
	sleep_ms(200);
	ktap_eq(active(), 2, "closing cancels its own transfer");
	ktap_eq(counter_of("transfers_cancelled"), before + 1, "and says so");
	dev = dev_open(0);
	ktap_eq(dev_wait(dev, 0, res, 1, 1, 100), 0, "a new open sees nothing of it");
	close(s.far);
	ktap_ok(!dev_collect(other, res, 2), "the other's end by themselves");
	close(other);
	close(dev);
	close(s.near);
}

static void copies(void)
{
	int dev, copy, status;
	pid_t pid;

	s = pair_open(true);
	dev = open_and_submit(3);
	copy = dup(dev);
	close(dev);
	sleep_ms(100);
	ktap_eq(active(), 3, "a duplicate keeps the device open");
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(copy);
	sleep_ms(100);
	ktap_eq(active(), 3, "so does a child's copy");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ktap_ok(counters_rest(), "the end of the child is the last close");
	close(s.near);
	close(s.far);
}

/* A child may collect what its parent started, each once. */
static void child_collects(void)
{
	struct zcopy_result res;
	struct raw q;
	int dev, status = -1;
	pid_t pid;

	s = pair_open(false);
	dev = dev_open(0);
	raw_fill(&q, s.near, file, 0, 4096);
	if (raw_submit(dev, &q))
		die("submit");
	pid = fork();
	if (!pid)
		_exit(dev_wait(dev, 0, &res, 1, 1, 10000) == 1 ? 0 : 1);
	waitpid(pid, &status, 0);
	ktap_eq(status, 0, "a child collects what its parent started");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 100), 0, "and the parent not again");
	close(dev);
	close(s.near);
	close(s.far);
}

/* Returns how many milliseconds the close takes. */
static uint64_t many_are_closed(bool one_socket)
{
	struct rlimit files = { 4096, 4096 };
	static struct pair socks[MOST];
	struct raw q;
	unsigned int i, many = MANY;
	uint64_t took;
	int dev;

	setrlimit(RLIMIT_NOFILE, &files);
	dev = dev_open(0);
	for (i = 0; i < many; i++) {
		if (!i || !one_socket)
			socks[i] = pair_open(true);
		raw_fill(&q, socks[one_socket ? 0 : i].near, file, 0, SIZE);
		if (raw_submit(dev, &q))
			die("submit");
	}
	ktap_eq(active(), many, "%u transfers wait for %s", many,
		one_socket ? "one socket" : "a socket each");
	took = now_ms();
	close(dev);
	took = now_ms() - took;
	ktap_ok(counters_rest(), "all end");
	for (i = 0; i < (one_socket ? 1 : many); i++) {
		close(socks[i].near);
		close(socks[i].far);
	}
	return took;
}

/* In several rounds, as this thread may be stopped meanwhile */
static void many(bool one_socket)
{
	uint64_t took = SLOW_MS;

	for (unsigned int i = 0; i < ROUNDS && took >= SLOW_MS; i++)
		took = many_are_closed(one_socket);
	ktap_ok(took < SLOW_MS, "the close takes no time");
}

int main(void)
{
	file = file_to_read("source", SIZE);
	one_line();
	copies();
	child_collects();
	many(true);
	many(false);
	return ktap_done();
}

