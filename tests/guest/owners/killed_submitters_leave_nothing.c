// SPDX-License-Identifier: GPL-2.0
/*
 * A process is killed during a synchronous send or with asynchronous transfers
 * running, after various delays, with a peer that reads or does not read.  Its
 * transfers end, and the peer has received a prefix of the file and then the end of
 * the stream.
 * guest: timeout=60
 */
#include "ktap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define SIZE	(2 << 20)

static int file;

static void child(int sock, bool sync)
{
	struct raw q;
	int dev = dev_open(0);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		raw_fill(&q, sock, file, 0, SIZE);
		if (sync ? raw_send(dev, &q) : raw_submit(dev, &q))
			break;
	}
	for (;;)
		pause();
}

/*
 * Kills the process after @us microseconds.  Returns a sentence if something is
 * wrong.
 */
static const char *once(bool sync, bool reads, unsigned int us)
{
	struct reader reader;
	uint64_t start;
	const char *wrong = NULL;
	long got = 0;
	struct pair s;
	pid_t pid;

	s = pair_open(true);
	pid = fork();
	if (!pid) {
		close(s.far);
		child(s.near, sync);
	}
	close(s.near);
	if (reads)
		reader_expect(&reader, s.far, SIZE);
	usleep(us);
	kill(pid, SIGKILL);
	start = now_ms();
	waitpid(pid, NULL, 0);
	if (now_ms() - start > 30000)
		wrong = "the process does not die";
	got = reads ? reader_got(&reader) : sock_check(s.far, 0, SIZE);
	if (got < 0)
		wrong = "the peer got wrong bytes";
	if (!counters_rest())
		wrong = "transfers are left";
	close(s.far);
	return wrong;
}

int main(void)
{
	static const char *const names[] = { "async, nobody reads",
		"async, the peer reads", "sync, nobody reads",
		"sync, the peer reads" };
	unsigned int kind, us, times;

	file = file_to_read("source", SIZE);
	for (kind = 0; kind < 4; kind++) {
		const char *wrong = NULL;

		times = 0;
		for (us = 0; us < 60000 && !wrong; us += 1 + us / 8 + 300) {
			wrong = once(kind & 2, kind & 1, us);
			times++;
		}
		if (!ktap_ok(!wrong, "%s: killed after all kinds of delays",
			     names[kind]))
			note("after %u us: %s", us, wrong);
		note("%s: %u times", names[kind], times);
	}
	/* In a slow guest none may have begun by then. */
	for (us = 100000; us < 20000000 && !counter_of("transfers_cancelled"); us *= 2) {
		const char *wrong = once(false, false, us);

		if (wrong)
			ktap_ok(false, "killed after %u us: %s", us, wrong);
	}
	ktap_ok(counter_of("transfers_cancelled") > 0, "some were cancelled");
	return ktap_done();
}

