// SPDX-License-Identifier: GPL-2.0
/*
 * A detached transfer submitted through netlink continues after its process has
 * exited or was killed, with all its descriptors closed.  A user with the right to
 * do so can still stop it.
 * guest: timeout=40
 */
#include "ktap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 << 20)

static int file;

/* Returns the transfer's number, or 0. */
static uint64_t child_submits(struct pair *s, bool killed)
{
	uint64_t id = 0;
	int p[2];
	pid_t pid;

	if (pipe(p))
		die("pipe");
	pid = fork();
	if (!pid) {
		struct nlraw_msg m;
		struct nlraw nl;
		int dev = dev_open(0);

		close(s->far);
		nlraw_open(&nl);
		nlraw_submit(&nl, &m, dev, s->near, file, 0, SIZE);
		nlraw_u32(&m, ZCOPY_A_FLAGS, ZCOPY_F_DETACHED);
		if (!nlraw_talk(&nl, &m))
			id = nl.id;
		if (write(p[1], &id, sizeof(id)) != sizeof(id))
			_exit(1);
		if (killed)
			pause();
		_exit(0);
	}
	close(s->near);
	if (read(p[0], &id, sizeof(id)) != sizeof(id))
		id = 0;
	if (killed)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(p[0]);
	close(p[1]);
	return id;
}

static int ask(struct nlraw *nl, uint8_t cmd, uint64_t id)
{
	struct nlraw_msg m;

	nlraw_begin(nl, &m, cmd, 0);
	nlraw_u64(&m, ZCOPY_A_ID, id);
	return nlraw_talk(nl, &m);
}

int main(void)
{
	uint64_t before, id;
	struct nlraw nl;
	char byte;
	int killed;
	struct pair s;

	file = file_to_read("source", SIZE);
	nlraw_open(&nl);
	for (killed = 0; killed < 2; killed++) {
		const char *how = killed ? "killed" : "over";

		s = pair_open(true);
		id = child_submits(&s, killed);
		ktap_ok(id, "sender %s: it had submitted", how);
		ktap_eq(ask(&nl, ZCOPY_CMD_GET, id), 0, "sender %s: it lives", how);
		ktap_eq(sock_check(s.far, 0, SIZE), SIZE,
			"sender %s: all bytes arrive", how);
		ktap_eq(read(s.far, &byte, 1), 0, "sender %s: then the end", how);
		ktap_ok(counters_rest(), "sender %s: at rest", how);
		ktap_eq(ask(&nl, ZCOPY_CMD_GET, id), -ENOENT,
			"sender %s: it is gone", how);
		close(s.far);
	}
	s = pair_open(true);
	id = child_submits(&s, true);
	before = counter_of("transfers_cancelled");
	ktap_eq(ask(&nl, ZCOPY_CMD_CANCEL, id), 0, "another process stops it");
	ktap_eq(nl.count, 1, "one was told");
	ktap_ok(counters_rest(), "it ends");
	ktap_eq(counter_of("transfers_cancelled"), before + 1, "as cancelled");
	ktap_ok(sock_check(s.far, 0, SIZE) < SIZE, "the peer has a part, and the end");
	close(s.far);
	close(nl.fd);
	return ktap_done();
}

