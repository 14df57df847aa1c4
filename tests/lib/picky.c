// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that take a part of a short send; see picky.h.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "picky.h"

#define MOST	(64 * MIB)

struct pair pair_picky(void)
{
	struct pair p = pair_tight(AF_INET);
	int one = 1, large = MIB;

	setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &large, sizeof(large));
	setsockopt(p.near, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &one, sizeof(one));
	setsockopt(p.near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return p;
}

uint64_t zeroes_queue(int sock, uint64_t most)
{
	static const char zeroes[64 * KIB];
	uint64_t sent = 0;
	ssize_t n = 1;

	while (sent < most && n > 0) {
		n = send(sock, zeroes, most - sent < sizeof(zeroes) ? most - sent :
			 sizeof(zeroes), MSG_DONTWAIT);
		if (n > 0)
			sent += n;
	}
	return sent;
}

uint64_t picky_fill(const struct pair *p, uint64_t spare)
{
	struct pair other = pair_picky();
	uint64_t most = zeroes_queue(other.near, MOST);

	pair_close(&other);
	return zeroes_queue(p->near, most > spare ? most - spare : 0);
}
