// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer submitted through netlink belongs to the open device that the message
 * named.  The last close of that device cancels it, whatever happens to the netlink
 * socket, and the device's verbs reach it.  The netlink socket is told of its end;
 * the device does not deliver its completion.
 * guest: timeout=60
 */
#include "ktap.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 << 20)
#define SINKS	3

static int file;
static struct pair s[SINKS];

static void pairs(void)
{
	for (unsigned int i = 0; i < SINKS; i++)
		s[i] = pair_open(true);
}

static void close_pairs(void)
{
	for (unsigned int i = 0; i < SINKS; i++) {
		close(s[i].near);
		close(s[i].far);
	}
}

/* Returns the number of the first, or 0. */
static uint64_t submit(struct nlraw *nl, int dev, unsigned int sinks, uint32_t until)
{
	static struct nlraw_msg m;

	nlraw_submit(nl, &m, dev, s[0].near, file, 0, SIZE);
	for (unsigned int i = 1; i < sinks; i++)
		nlraw_sink(&m, s[i].near);
	if (until)
		nlraw_u32(&m, ZCOPY_A_UNTIL, until);
	return nlraw_talk(nl, &m) ? 0 : nl->id;
}

enum { CLOSES, EXITS, KILLED, TERMINATED, HUNG_UP, HOWS };

static const char *const hows[] = {
	"closes the device", "exits", "is killed", "is terminated", "is hung up",
};

static void child(int how, unsigned int sinks, int ready)
{
	int dev = dev_open(0);
	struct nlraw nl;

	nlraw_open(&nl);
	if (!submit(&nl, dev, sinks, 0))
		_exit(1);
	close(nl.fd);
	sleep_ms(100);
	if (counter_of("transfers_active") != sinks)
		_exit(2);
	if (how == CLOSES)
		close(dev);
	if (write(ready, "", 1) != 1)
		_exit(3);
	if (how == EXITS)
		_exit(0);
	for (;;)
		pause();
}

static void process_goes(int how, unsigned int sinks)
{
	static const int signals[HOWS] = { SIGKILL, SIGKILL, SIGKILL, SIGTERM, SIGHUP };
	uint64_t cancelled = counter_of("transfers_cancelled");
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	pairs();
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(how, sinks, ready[1]);
	close(ready[1]);
	ktap_eq(read(ready[0], &byte, 1), 1,
		"%u: they live on when the netlink socket is closed", sinks);
	if (how > EXITS)
		kill(pid, signals[how]);
	if (how != CLOSES)
		waitpid(pid, NULL, 0);
	ktap_ok(counters_rest(), "%u: its process %s: they end", sinks, hows[how]);
	ktap_eq(counter_of("transfers_cancelled"), cancelled + sinks, "cancelled");
	if (how == CLOSES) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(ready[0]);
	close_pairs();
}

static void a_copy_of_the_device_keeps_it(void)
{
	int dev = dev_open(0), copy = dup(dev);
	unsigned int errors;
	struct nlraw nl;

	nlraw_open(&nl);
	pairs();
	ktap_ok(submit(&nl, dev, 1, 0), "one more");
	close(dev);
	sleep_ms(100);
	ktap_eq(counter_of("transfers_active"), 1, "a copy of the device keeps it");
	ktap_eq(nlraw_events(&nl, 0, &errors), 0, "no end is told yet");
	close(copy);
	ktap_ok(counters_rest(), "it ends with that");
	ktap_eq(nlraw_events(&nl, 1, &errors), 1, "and the netlink socket is told");
	close(nl.fd);
	close_pairs();
}

static void device_verbs_reach_it(void)
{
	struct zcopy_result res;
	int dev = dev_open(0);
	unsigned int errors;
	struct nlraw nl;
	uint64_t id;

	nlraw_open(&nl);
	pairs();
	id = submit(&nl, dev, 1, 0);
	ktap_eq(dev_cancel(dev, id), 1, "the device cancels it by its number");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 10000), 0, "and collects nothing");
	ktap_ok(counters_rest(), "it ended");
	ktap_eq(nlraw_events(&nl, 1, &errors), 1, "the netlink socket is told");
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 100), -ENOENT, "the device has it no more");
	close(nl.fd);
	close_pairs();

	/* The place of the transfer is free again, however it ended. */
	nlraw_open(&nl);
	pairs();
	submit(&nl, dev, SINKS, ZCOPY_UNTIL_RELEASED);
	ktap_eq(dev_cancel(dev, 0), SINKS, "all to %u sockets are cancelled", SINKS);
	ktap_ok(counters_rest(), "they end");
	ktap_eq(nlraw_events(&nl, SINKS, &errors), SINKS, "each is told");
	close(nl.fd);
	close_pairs();
	close(dev);
}

int main(void)
{
	file = file_to_read("source", SIZE);
	for (int how = 0; how < HOWS; how++) {
		process_goes(how, 1);
		process_goes(how, SINKS);
	}
	a_copy_of_the_device_keeps_it();
	device_verbs_reach_it();
	return ktap_done();
}

