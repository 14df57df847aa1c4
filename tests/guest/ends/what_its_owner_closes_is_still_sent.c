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

#include "life.h"

#define SIZE	(4 << 20)

static int dev, s[2], file;
static struct zcopy_result res;

static void begin(void)
{
	struct life_req q;

	life_pair(s, true);
	file = life_file("source", SIZE);
	life_req(&q, s[0], file, 0, SIZE);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	life_nap(30);
}

/* The peer reads: all bytes have to come, and then the end of the stream. */
static void must_arrive(const char *what)
{
	const char *wrong;
	char byte;

	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "%s: all bytes arrive", what);
	wrong = life_collect(dev, &res, 1);
	if (!ktap_ok(!wrong, "%s: one completion", what))
		ktap_note("%s", wrong);
	ktap_ok(res.status == ZCOPY_STATUS_DONE ||
		res.status == ZCOPY_STATUS_CHANGED, "%s: it is done", what);
	ktap_eq(res.bytes, SIZE, "%s: and says how much", what);
	ktap_ok(life_rest(), "%s: at rest", what);
	if (s[0] < 0)
		ktap_eq(read(s[1], &byte, 1), 0, "%s: then the stream ends", what);
}

int main(void)
{
	dev = life_open();

	begin();
	close(s[0]);
	s[0] = -1;
	must_arrive("socket closed");
	close(s[1]);
	close(file);

	begin();
	close(file);
	must_arrive("file closed");
	close(s[0]);
	close(s[1]);

	begin();
	unlink("source");
	must_arrive("file unlinked");
	close(s[0]);
	close(s[1]);

	begin();
	unlink("source");
	close(file);
	close(s[0]);
	s[0] = -1;
	must_arrive("all closed");
	close(s[1]);

	begin();
	shutdown(s[0], SHUT_WR);
	ktap_ok(!life_collect(dev, &res, 1), "shut down: one completion");
	ktap_eq(res.status, ZCOPY_STATUS_SOCKET_ERROR, "shut down: it failed");
	ktap_eq(res.error, EPIPE, "shut down: with EPIPE");
	ktap_ok(res.bytes > 0 && res.bytes < SIZE, "shut down: after some bytes");
	close(s[0]);
	ktap_eq(life_check(s[1], 0, SIZE), res.bytes,
		"shut down: those, and the end, arrive");
	close(s[1]);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
