// SPDX-License-Identifier: GPL-2.0
/*
 * The peer resets or closes the connection, or shuts down its reading side, while
 * transfers run and wait.  Each transfer ends once, with the socket's error if
 * there is one, and with the count of bytes sent before.
 * guest: timeout=40
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define SIZE	(4 << 20)
#define NR	8

static int dev, file;

static void peer_goes(const char *what, void (*go)(int sock), bool midway)
{
	struct zcopy_result res[NR];
	struct raw q;
	const char *wrong;
	bool errors = true;
	uint64_t first = 0;
	unsigned int i;
	struct pair s = pair_open(true);

	for (i = 0; i < NR; i++) {
		raw_fill(&q, s.near, file, 0, SIZE);
		q.s.cookie = i;
		if (raw_submit(dev, &q))
			die("submit");
	}
	if (midway && sock_check(s.far, 0, 100000) != 100000)
		die("stream");
	go(s.far);
	wrong = dev_collect(dev, res, NR);
	if (!ktap_ok(!wrong, "%s: each transfer ends once", what))
		note("%s", wrong);
	for (i = 0; i < NR; i++)
		errors &= res[i].status == ZCOPY_STATUS_SOCKET_ERROR &&
			  (res[i].error == EPIPE || res[i].error == ECONNRESET) &&
			  res[i].bytes < SIZE;
	for (i = 0; i < NR; i++)
		first += res[i].cookie ? 0 : res[i].bytes;
	if (!ktap_ok(errors, "%s: with the socket's error", what))
		note("status %u, error %u, bytes %llu", res[0].status,
		     res[0].error, (unsigned long long)res[0].bytes);
	if (midway)
		ktap_ok(first >= 100000, "%s: and the bytes before", what);
	close(s.near);
	ktap_ok(counters_rest(), "%s: at rest", what);
}

static void closes(int sock)
{
	close(sock);	/* with unread bytes: a reset */
}

struct later {
	int sock;
	unsigned int ms;
};

static void *reset_later(void *arg)
{
	struct later *l = arg;

	sleep_ms(l->ms);
	sock_reset(l->sock);
	return NULL;
}

static void sync_sender(void)
{
	unsigned int ms, bad = 0;

	for (ms = 0; ms < 60; ms += 6) {
		pthread_t thread;
		struct raw q;
		struct later l;
		int ret;
		struct pair s;

		s = pair_open(true);
		l.sock = s.far;
		l.ms = ms;
		pthread_create(&thread, NULL, reset_later, &l);
		raw_fill(&q, s.near, file, 0, SIZE);
		ret = raw_send(dev, &q);
		/* The submission is refused if the peer was faster. */
		bad += !(ret == -ENOTCONN || ret == -EPIPE ||
			 (!ret && q.r.status == ZCOPY_STATUS_SOCKET_ERROR));
		pthread_join(thread, NULL);
		close(s.near);
	}
	ktap_eq(bad, 0, "sync: resets at many moments end the call");
}

static void reading_shut_down(void)
{
	struct zcopy_result res;
	struct raw q;
	struct pair s = pair_open(true);

	raw_fill(&q, s.near, file, 0, SIZE);
	if (raw_submit(dev, &q))
		die("submit");
	sleep_ms(50);
	shutdown(s.far, SHUT_RD);
	sleep_ms(50);
	close(s.far);
	ktap_ok(!dev_collect(dev, &res, 1), "reading shut down: ends once");
	ktap_eq(res.status, ZCOPY_STATUS_SOCKET_ERROR, "with the socket's error");
	close(s.near);
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	peer_goes("reset at once", sock_reset, false);
	peer_goes("reset midway", sock_reset, true);
	peer_goes("close at once", closes, false);
	peer_goes("close midway", closes, true);
	sync_sender();
	reading_shut_down();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

