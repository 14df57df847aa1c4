// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer holds its socket and files: while it runs, the program may close their
 * descriptors and unlink the file.  Shutting down the socket is different: it ends
 * the transfer with EPIPE.
 * guest: timeout=40
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE	(4 << 20)

static int dev, file;
static struct pair s;
static struct zcopy_result res;

static void begin(void)
{
	struct raw q;

	s = pair_open(true);
	file = file_to_read("source", SIZE);
	raw_fill(&q, s.near, file, 0, SIZE);
	if (raw_submit(dev, &q))
		die("submit");
	/* What is closed or shut down should not be found so at the first byte. */
	live_begins(20000 * guest_scale());
}

/* The peer reads: all bytes have to come, and then the end of the stream. */
static void must_arrive(const char *what)
{
	const char *wrong;
	char byte;

	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "%s: all bytes arrive", what);
	wrong = dev_collect(dev, &res, 1);
	if (!ktap_ok(!wrong, "%s: one completion", what))
		note("%s", wrong);
	ktap_ok(res.status == ZCOPY_STATUS_DONE ||
		res.status == ZCOPY_STATUS_CHANGED, "%s: it is done", what);
	ktap_eq(res.bytes, SIZE, "%s: and says how much", what);
	ktap_ok(counters_rest(), "%s: at rest", what);
	if (s.near < 0)
		ktap_eq(read(s.far, &byte, 1), 0, "%s: then the stream ends", what);
}

int main(void)
{
	dev = dev_open(0);

	begin();
	close(s.near);
	s.near = -1;
	must_arrive("socket closed");
	close(s.far);
	close(file);

	begin();
	close(file);
	must_arrive("file closed");
	close(s.near);
	close(s.far);

	begin();
	unlink("source");
	must_arrive("file unlinked");
	close(s.near);
	close(s.far);

	begin();
	unlink("source");
	close(file);
	close(s.near);
	s.near = -1;
	must_arrive("all closed");
	close(s.far);

	begin();
	shutdown(s.near, SHUT_WR);
	ktap_ok(!dev_collect(dev, &res, 1), "shut down: one completion");
	ktap_eq(res.status, ZCOPY_STATUS_SOCKET_ERROR, "shut down: it failed");
	ktap_eq(res.error, EPIPE, "shut down: with EPIPE");
	ktap_ok(res.bytes > 0 && res.bytes < SIZE, "shut down: after some bytes");
	close(s.near);
	ktap_eq(sock_check(s.far, 0, SIZE), res.bytes,
		"shut down: those, and the end, arrive");
	close(s.far);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

