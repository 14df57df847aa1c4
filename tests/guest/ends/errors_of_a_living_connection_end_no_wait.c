// SPDX-License-Identifier: GPL-2.0
/*
 * A connection lives on with an error that an ICMP message has left in its socket
 * (IP_RECVERR).  Transfers that wait for acknowledgments wait on, whether the program
 * reads the error or not, and are done when the peer has acknowledged all.  If the
 * connection ends before, they end with the error of that end.
 * guest: timeout=90
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "rawpeer.h"

#define LEN	(20 * KIB)
#define NR	2			/* transfers that wait */
#define FOREVER	(20000 * guest_scale())

static int file, dev;
static struct rawpeer peer;

static unsigned int waiting(void)
{
	FILE *f = fopen("/proc/zcopy/transfers", "re");
	unsigned int found = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		found += strstr(line, " ack ") != NULL;
	if (f)
		fclose(f);
	return found;
}

static void all_wait(void)
{
	uint64_t end = now_ms() + FOREVER;

	while (waiting() < NR) {
		if (now_ms() > end)
			die("the socket does not take all");
		sleep_ms(5);
	}
}

static int submit_all(uint64_t id[NR])
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	int sock = rawpeer_connected(&peer), on = 1;

	if (setsockopt(sock, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)))
		die("IP_RECVERR");
	for (unsigned int i = 0; i < NR; i++) {
		struct request q = { .elems = &e, .nr = 1, .sock = sock,
				     .until = ZCOPY_UNTIL_ACKED };

		if (dev_submit(dev, &q, &id[i]))
			die("submit");
	}
	all_wait();
	return sock;
}

/* Leaves an error in the socket while its bytes are not acknowledged. */
static void strike(const char *name, int sock, uint32_t first)
{
	uint64_t end = now_ms() + FOREVER;
	struct pollfd p = { .fd = sock };

	rawpeer_expect(&peer);
	/* TCP keeps no such error while a worker has the lock of the socket. */
	do {
		rawpeer_unreachable(&peer, first);
	} while (!poll(&p, 1, 500) && now_ms() < end);
	ktap_ok(p.revents & POLLERR, "%s: the socket has an error", name);
}

static void still_waiting(const char *name)
{
	struct zcopy_result res;

	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 300), 0, "%s: they wait on", name);
}

static void all_end(const char *name, const uint64_t id[NR], uint32_t status, uint32_t error)
{
	struct zcopy_result res;

	for (unsigned int i = 0; i < NR; i++)
		if (!ktap_ok(dev_wait(dev, id[i], &res, 1, 1, FOREVER) == 1 &&
			     res.status == status && res.error == error &&
			     res.bytes == LEN, "%s: then %u ends", name, i))
			note("status %u, error %u", res.status, res.error);
}

static void acknowledged(const char *name, bool read)
{
	socklen_t size = sizeof(int);
	uint64_t id[NR];
	int sock = submit_all(id), err = 0;

	strike(name, sock, peer.seen - peer.bytes);
	if (read && (getsockopt(sock, SOL_SOCKET, SO_ERROR, &err, &size) ||
		     err != EHOSTUNREACH))
		die("another error: %d", err);
	still_waiting(name);
	ktap_ok(rawpeer_drain(&peer, NR * LEN), "%s: all bytes come", name);
	all_end(name, id, ZCOPY_STATUS_DONE, 0);
	close(sock);
}

static void reset(const char *name)
{
	uint64_t id[NR];
	int sock = submit_all(id);

	strike(name, sock, peer.seen - peer.bytes);
	still_waiting(name);
	rawpeer_say(&peer, RAW_RST | RAW_ACK, peer.seen, NULL);
	all_end(name, id, ZCOPY_STATUS_SOCKET_ERROR, ECONNRESET);
	close(sock);
}

int main(void)
{
	if (!rawpeer_open(&peer))
		ktap_skip_all("no tun devices here");
	file = file_make("source", 0, 7, LEN);
	dev = dev_open(0);
	acknowledged("an error that stays", false);
	acknowledged("an error that was read", true);
	reset("a reset after an error");
	close(dev);
	rawpeer_close(&peer);
	return ktap_done();
}
