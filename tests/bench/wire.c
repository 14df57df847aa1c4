// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP connection over loopback whose other end, a process of its own, throws
 * away what comes without looking at it, and says when the last byte was there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Most that one call of the receiver takes */
#define SWALLOW		(64 * 1024 * 1024)

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now_ns(int clock)
{
	struct timespec t;

	OR_FAIL(clock_gettime(clock, &t));
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void swallow(int sock, int order, int report)
{
	uint64_t want;

	while (read(order, &want, sizeof(want)) == sizeof(want)) {
		uint64_t when;

		while (want) {
			ssize_t n = recv(sock, NULL, SWALLOW, MSG_TRUNC);

			if (n <= 0)
				fail("receiver");
			want -= n;
		}
		when = now_ns(CLOCK_MONOTONIC);
		if (write(report, &when, sizeof(when)) != sizeof(when))
			fail("report");
	}
	_exit(0);
}

static void connect_pair(int *here, int *there)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(to);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	OR_FAIL(listener);
	OR_FAIL(bind(listener, (struct sockaddr *)&to, sizeof(to)));
	OR_FAIL(listen(listener, 1));
	OR_FAIL(getsockname(listener, (struct sockaddr *)&to, &len));
	OR_FAIL(*here = socket(AF_INET, SOCK_STREAM, 0));
	OR_FAIL(connect(*here, (struct sockaddr *)&to, sizeof(to)));
	OR_FAIL(*there = accept(listener, NULL, NULL));
	close(listener);
}

void wire_open(struct wire *w, bool nodelay)
{
	int order[2], report[2], there, one = 1;
	pid_t pid;

	connect_pair(&w->sock, &there);
	if (nodelay)
		OR_FAIL(setsockopt(w->sock, IPPROTO_TCP, TCP_NODELAY, &one,
				   sizeof(one)));
	OR_FAIL(pipe(order));
	OR_FAIL(pipe(report));
	fflush(NULL);
	OR_FAIL(pid = fork());
	if (!pid) {
		close(w->sock);
		close(order[1]);
		close(report[0]);
		swallow(there, order[0], report[1]);
	}
	close(there);
	close(order[0]);
	close(report[1]);
	w->order = order[1];
	w->report = report[0];
}

void wire_close(struct wire *w)
{
	close(w->order);
	close(w->report);
	close(w->sock);
	while (wait(NULL) > 0)
		;
}

void wire_expect(const struct wire *w, uint64_t bytes)
{
	if (write(w->order, &bytes, sizeof(bytes)) != sizeof(bytes))
		fail("order");
}

/* Returns when the last byte was there. */
uint64_t wire_done(const struct wire *w)
{
	uint64_t when;

	if (read(w->report, &when, sizeof(when)) != sizeof(when))
		fail("the receiver is gone");
	return when;
}
