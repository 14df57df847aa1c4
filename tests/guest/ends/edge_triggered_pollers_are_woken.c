// SPDX-License-Identifier: GPL-2.0
/*
 * A program registers once for edge-triggered events about room in its socket.
 * After every send that found the socket full the program gets such an event,
 * whatever the sizes of the pieces that filled it.
 * guest: timeout=100
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define SIZE	(4 << 20)
#define ROUNDS	3

static int dev, file, poll_fd;
static struct pair s;

/* Sends pieces until the socket takes no more; what was taken in all, or -1. */
static long fill(uint64_t piece)
{
	struct raw q;
	long sum = 0;

	do {
		raw_fill(&q, s.near, file, 0, piece);
		q.s.flags = ZCOPY_F_DONTWAIT;
		if (raw_send(dev, &q))
			return -1;
		sum += q.r.bytes;
	} while (q.r.status == ZCOPY_STATUS_DONE);
	return q.r.status == ZCOPY_STATUS_AGAIN ? sum : -1;
}

static long drain(long left)
{
	static char buf[1 << 20];

	while (left > 0) {
		ssize_t n = recv(s.far, buf, sizeof(buf), 0);

		if (n <= 0)
			return -1;
		left -= n;
	}
	return left;
}

static void fill_and_wait(uint64_t piece)
{
	unsigned int told = 0;
	struct epoll_event e;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		long sum;

		/* Events from before the socket was full do not count. */
		while (epoll_wait(poll_fd, &e, 1, 0) == 1)
			;
		sum = fill(piece);
		if (sum < 0 || drain(sum))
			break;
		told += epoll_wait(poll_fd, &e, 1, RESULT_MS) == 1;
	}
	ktap_eq(told, ROUNDS, "pieces of %llu bytes: told each time",
		(unsigned long long)piece);
}

int main(void)
{
	static const uint64_t pieces[] = { 4096, 10240, 65536, SIZE };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	unsigned int i;

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	s = pair_open(false);
	fcntl(s.near, F_SETFL, O_NONBLOCK);
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, s.near, &e))
		die("epoll");
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		fill_and_wait(pieces[i]);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

