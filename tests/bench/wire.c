// SPDX-License-Identifier: GPL-2.0
/*
 * TCP connections over loopback.  One process has all the other ends; it discards the
 * bytes without looking at them and reports when the last byte had arrived.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

/* The most bytes that one call of the receiver takes */
#define SWALLOW		(64 * 1024 * 1024)
#define GULP		(64 * 1024)
/* The largest response is one step; more might not fit into the receiver's window. */
#define STEP		(64 * 1024 + HEADER_BYTES)
#define EVENTS		64
#define MOST_FILES	65536

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

/* Reads once from each connection that has bytes. */
static ssize_t swallow_any(int poll)
{
	struct epoll_event got[EVENTS];
	int nr = epoll_wait(poll, got, EVENTS, -1);
	ssize_t sum = 0;

	OR_FAIL(nr);
	for (int i = 0; i < nr; i++) {
		ssize_t n = recv(got[i].data.fd, NULL, SWALLOW, MSG_TRUNC);

		if (n <= 0)
			return n;
		sum += n;
	}
	return sum;
}

static int poll_all(const int *socks, unsigned int nr)
{
	int poll = epoll_create1(0);

	OR_FAIL(poll);
	for (unsigned int i = 0; i < nr; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.fd = socks[i] };

		OR_FAIL(epoll_ctl(poll, EPOLL_CTL_ADD, socks[i], &e));
	}
	return poll;
}

/* What the receiver is told */
struct order {
	uint64_t bytes, step;
};

/* Sets SO_RCVLOWAT, so that the receiver wakes up for @bytes. */
static void wake_up_for(int sock, int bytes, int *now)
{
	if (bytes == *now)
		return;
	OR_FAIL(setsockopt(sock, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)));
	*now = bytes;
}

static ssize_t swallow_once(int sock, size_t most)
{
	return recv(sock, NULL, most < SWALLOW ? most : SWALLOW, MSG_TRUNC);
}

/*
 * Waits until @bytes are there.  Only a look counts them all: a recv() that takes some of
 * them and waits for the rest is woken when there are as many again.
 */
static void wait_for(int sock, size_t bytes, int *least)
{
	wake_up_for(sock, bytes, least);
	OR_FAIL(recv(sock, NULL, bytes, MSG_PEEK | MSG_TRUNC));
}

/*
 * Reads all bytes of one step, and answers with one byte.  At first it asks for more: the
 * kernel makes room for that, and keeps it.  Linux 6.1 counts a page of memory as half a
 * page of bytes, and would close the window before all are there.
 */
static ssize_t swallow_step(int sock, uint64_t step, int *least)
{
	uint64_t got = 0;

	if (*least == 1)
		wake_up_for(sock, 4 * STEP, least);
	while (got < step) {
		uint64_t left = step - got;
		ssize_t n;

		wait_for(sock, left < STEP ? left : STEP, least);
		n = swallow_once(sock, left);
		if (n <= 0)
			return n;
		got += n;
	}
	OR_FAIL(send(sock, "", 1, 0));
	return got;
}

static _Noreturn void swallow(const int *socks, unsigned int nr, enum drink how,
			      int order, int report)
{
	int poll = how == DRINK_POLLED ? poll_all(socks, nr) : -1;
	struct order o;
	int least = 1;

	while (read(order, &o, sizeof(o)) == sizeof(o)) {
		uint64_t want = o.bytes, when;

		while (want) {
			ssize_t n;

			if (how == DRINK_GULPS)
				wait_for(socks[0], want < GULP ? want : GULP, &least);
			n = how == DRINK_POLLED ? swallow_any(poll) :
			    how == DRINK_LOCKSTEP ? swallow_step(socks[0], o.step, &least) :
			    swallow_once(socks[0], SWALLOW);
			if (n <= 0)
				fail("receiver");
			want -= n;
		}
		when = now_ns(CLOCK_MONOTONIC);
		mark(MARK_END, 0);
		if (write(report, &when, sizeof(when)) != sizeof(when))
			fail("report");
	}
	_exit(0);
}

static int listen_here(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	OR_FAIL(listener);
	OR_FAIL(bind(listener, (struct sockaddr *)at, len));
	OR_FAIL(listen(listener, 1));
	OR_FAIL(getsockname(listener, (struct sockaddr *)at, &len));
	return listener;
}

static void connect_pairs(int *here, int *there, unsigned int nr, bool nodelay)
{
	struct sockaddr_in at;
	int listener = listen_here(&at), one = 1;

	for (unsigned int i = 0; i < nr; i++) {
		OR_FAIL(here[i] = socket(AF_INET, SOCK_STREAM, 0));
		OR_FAIL(connect(here[i], (struct sockaddr *)&at, sizeof(at)));
		OR_FAIL(there[i] = accept(listener, NULL, NULL));
		if (!nodelay)
			continue;
		OR_FAIL(setsockopt(here[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
		OR_FAIL(setsockopt(there[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	}
	close(listener);
}

static void close_all(const int *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		close(fds[i]);
}

/*
 * A task of SCHED_BATCH that wakes up waits until the CPU is free.  In lockstep the sender
 * then ends its call before the receiver runs, and the receiver waits again before the
 * sender does: one wake-up each.
 */
static void preempt_nobody(bool on)
{
	const struct sched_param none = { 0 };

	OR_FAIL(sched_setscheduler(0, on ? SCHED_BATCH : SCHED_OTHER, &none));
}

void wire_open(struct wire *w, unsigned int nr, bool nodelay, enum drink how)
{
	struct rlimit files = { MOST_FILES, MOST_FILES };
	int order[2], report[2], *there;

	preempt_nobody(how == DRINK_LOCKSTEP);
	OR_FAIL(setrlimit(RLIMIT_NOFILE, &files));
	w->nr = nr;
	w->socks = calloc(2 * nr, sizeof(int));
	if (!w->socks)
		fail("memory");
	there = w->socks + nr;
	connect_pairs(w->socks, there, nr, nodelay);
	w->sock = w->socks[0];
	OR_FAIL(pipe(order));
	OR_FAIL(pipe(report));
	fflush(NULL);
	OR_FAIL(w->receiver = fork());
	if (!w->receiver) {
		close_all(w->socks, nr);
		close(order[1]);
		close(report[0]);
		swallow(there, nr, how, order[0], report[1]);
	}
	close_all(there, nr);
	close(order[0]);
	close(report[1]);
	w->order = order[1];
	w->report = report[0];
}

void wire_close(struct wire *w)
{
	close(w->order);
	close(w->report);
	close_all(w->socks, w->nr);
	free(w->socks);
	while (wait(NULL) > 0)
		;
}

void wire_expect(const struct wire *w, uint64_t bytes, uint64_t step)
{
	struct order o = { bytes, step };

	if (write(w->order, &o, sizeof(o)) != sizeof(o))
		fail("order");
}

void wire_answered(const struct wire *w)
{
	char byte;

	if (recv(w->sock, &byte, 1, 0) != 1)
		fail("the receiver does not answer");
}

/* CPU time that the receiver has used */
uint64_t wire_receiver_ns(const struct wire *w)
{
	clockid_t clock;

	errno = clock_getcpuclockid(w->receiver, &clock);
	if (errno)
		fail("the receiver's clock");
	return now_ns(clock);
}

/* Waits for the last byte; returns the time when it had arrived. */
uint64_t wire_done(const struct wire *w)
{
	uint64_t when;

	if (read(w->report, &when, sizeof(when)) != sizeof(when))
		fail("the receiver is gone");
	return when;
}
