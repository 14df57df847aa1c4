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

#include "life.h"

#define SIZE	(2 << 20)

static int file;

static void child(int sock, bool sync)
{
	struct life_req q;
	int dev = life_open();
	unsigned int i;

	for (i = 0; i < 50; i++) {
		life_req(&q, sock, file, 0, SIZE);
		if (sync ? life_send(dev, &q) : life_submit(dev, &q))
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
	struct life_reader reader;
	uint64_t start;
	const char *wrong = NULL;
	long got = 0;
	int s[2];
	pid_t pid;

	life_pair(s, true);
	pid = fork();
	if (!pid) {
		close(s[1]);
		child(s[0], sync);
	}
	close(s[0]);
	if (reads)
		life_reader_start(&reader, s[1], SIZE);
	usleep(us);
	kill(pid, SIGKILL);
	start = life_ms();
	waitpid(pid, NULL, 0);
	if (life_ms() - start > 30000)
		wrong = "the process does not die";
	got = reads ? life_reader_join(&reader) : life_check(s[1], 0, SIZE);
	if (got < 0)
		wrong = "the peer got wrong bytes";
	if (!life_rest())
		wrong = "transfers are left";
	close(s[1]);
	return wrong;
}

int main(void)
{
	static const char *const names[] = { "async, nobody reads",
		"async, the peer reads", "sync, nobody reads",
		"sync, the peer reads" };
	unsigned int kind, us, times;

	file = life_file("source", SIZE);
	for (kind = 0; kind < 4; kind++) {
		const char *wrong = NULL;

		times = 0;
		for (us = 0; us < 60000 && !wrong; us += 1 + us / 8 + 300) {
			wrong = once(kind & 2, kind & 1, us);
			times++;
		}
		if (!ktap_ok(!wrong, "%s: killed after all kinds of delays",
			     names[kind]))
			ktap_note("after %u us: %s", us, wrong);
		ktap_note("%s: %u times", names[kind], times);
	}
	ktap_ok(life_counter("transfers_cancelled") > 0, "some were cancelled");
	return ktap_done();
}
