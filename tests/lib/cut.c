// SPDX-License-Identifier: GPL-2.0
/*
 * TCP takes a part of a record only if the send buffer does not end in a
 * segment that ends in a record.  Whether it does depends on when the peer
 * acknowledges, so sizes of the buffer are tried until one cuts a record.
 */
#include "cut.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "peers_priv.h"
#include "tls.h"

#define SNDBUF_FIRST	((int)(16 * KIB))
#define SNDBUF_LAST	((int)(128 * KIB))
#define TRIES		300

static bool record_is_cut(const struct pair *p, int sndbuf)
{
	static char junk[256 * KIB];
	struct timeval soon = { 0, 100000 }, never = { 0 };
	uint64_t record;

	setsockopt(p->near, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	setsockopt(p->near, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	if (send(p->near, junk, 16 * KIB, 0) != 16 * KIB)
		die("a record");
	record = tcp_written(p->near);
	while (send(p->near, junk, sizeof(junk), 0) == sizeof(junk))
		;
	/* close(2) waits as long as SO_SNDTIMEO lets a send wait. */
	setsockopt(p->near, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof(never));
	return tcp_written(p->near) % record;
}

struct pair pair_cut_record(void)
{
	/* Kept for the next call: the same size is likely to cut a record again. */
	static int sndbuf = SNDBUF_FIRST;

	for (unsigned int tries = 0; tries < TRIES; tries++) {
		struct pair p = pair_tight(AF_INET);

		if (!pair_tls(&p))
			die("TLS");
		if (record_is_cut(&p, sndbuf))
			return p;
		pair_close(&p);
		/* A size that has cut a record need not do so again. */
		sndbuf += KIB;
		if (sndbuf > SNDBUF_LAST)
			sndbuf = SNDBUF_FIRST;
	}
	die("a record that is cut");
}
