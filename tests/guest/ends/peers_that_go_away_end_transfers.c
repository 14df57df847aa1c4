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

#include "life.h"

#define SIZE	(4 << 20)
#define NR	8

static int dev, file;

static void peer_goes(const char *what, void (*go)(int sock), bool midway)
{
	struct zcopy_result res[NR];
	struct life_req q;
	const char *wrong;
	bool errors = true;
	uint64_t first = 0;
	unsigned int i;
	int s[2];

	life_pair(s, true);
	for (i = 0; i < NR; i++) {
		life_req(&q, s[0], file, 0, SIZE);
		q.s.cookie = i;
		if (life_submit(dev, &q))
			ktap_bail("submit");
	}
	if (midway && life_check(s[1], 0, 100000) != 100000)
		ktap_bail("stream");
	go(s[1]);
	wrong = life_collect(dev, res, NR);
	if (!ktap_ok(!wrong, "%s: each transfer ends once", what))
		ktap_note("%s", wrong);
	for (i = 0; i < NR; i++)
		errors &= res[i].status == ZCOPY_STATUS_SOCKET_ERROR &&
			  (res[i].error == EPIPE || res[i].error == ECONNRESET) &&
			  res[i].bytes < SIZE;
	for (i = 0; i < NR; i++)
		first += res[i].cookie ? 0 : res[i].bytes;
	if (!ktap_ok(errors, "%s: with the socket's error", what))
		ktap_note("status %u, error %u, bytes %llu", res[0].status,
			  res[0].error, (unsigned long long)res[0].bytes);
	if (midway)
		ktap_ok(first >= 100000, "%s: and the bytes before", what);
	close(s[0]);
	ktap_ok(life_rest(), "%s: at rest", what);
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

	life_nap(l->ms);
	life_reset(l->sock);
	return NULL;
}

static void sync_sender(void)
{
	unsigned int ms, bad = 0;

	for (ms = 0; ms < 60; ms += 6) {
		pthread_t thread;
		struct life_req q;
		struct later l;
		int s[2], ret;

		life_pair(s, true);
		l.sock = s[1];
		l.ms = ms;
		pthread_create(&thread, NULL, reset_later, &l);
		life_req(&q, s[0], file, 0, SIZE);
		ret = life_send(dev, &q);
		/* The submission is refused if the peer was faster. */
		bad += !(ret == -ENOTCONN || ret == -EPIPE ||
			 (!ret && q.r.status == ZCOPY_STATUS_SOCKET_ERROR));
		pthread_join(thread, NULL);
		close(s[0]);
	}
	ktap_eq(bad, 0, "sync: resets at many moments end the call");
}

static void reading_shut_down(void)
{
	struct zcopy_result res;
	struct life_req q;
	int s[2];

	life_pair(s, true);
	life_req(&q, s[0], file, 0, SIZE);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	life_nap(50);
	shutdown(s[1], SHUT_RD);
	life_nap(50);
	close(s[1]);
	ktap_ok(!life_collect(dev, &res, 1), "reading shut down: ends once");
	ktap_eq(res.status, ZCOPY_STATUS_SOCKET_ERROR, "with the socket's error");
	close(s[0]);
}

int main(void)
{
	dev = life_open();
	file = life_file("source", SIZE);
	peer_goes("reset at once", life_reset, false);
	peer_goes("reset midway", life_reset, true);
	peer_goes("close at once", closes, false);
	peer_goes("close midway", closes, true);
	sync_sender();
	reading_shut_down();
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
