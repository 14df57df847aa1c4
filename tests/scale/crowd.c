// SPDX-License-Identifier: GPL-2.0
/*
 * Connections over loopback.  Two processes read from them: one reads 1 KiB a second
 * from each slow connection, spread over the second; the other reads all that comes on
 * the hot connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "slow.h"

#define BUFFERS	(8 * 1024)	/* size set for both buffers of a slow connection */
#define SLICES	50		/* of a second */

static int hot_reader;

static void listen_on(int *fd, struct sockaddr_in *at, int rcvbuf)
{
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || (rcvbuf && setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
					     sizeof(rcvbuf))) ||
	    bind(*fd, (void *)at, sizeof(*at)) || listen(*fd, 64) ||
	    getsockname(*fd, (void *)at, &len))
		die("listening");
}

static int pair(int listener, const struct sockaddr_in *at, int sndbuf, int *far)
{
	int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (near < 0 || (sndbuf && setsockopt(near, SOL_SOCKET, SO_SNDBUF, &sndbuf,
					      sizeof(sndbuf))) ||
	    setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    connect(near, (const void *)at, sizeof(*at)))
		die("connect");
	*far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*far < 0)
		die("accept");
	return near;
}

static void read_slowly(const struct crowd *c, const int *far)
{
	uint64_t next = now_ns();

	for (unsigned int slice = 0;; slice = (slice + 1) % SLICES) {
		if (!__atomic_load_n(c->stop, __ATOMIC_SEQ_CST))
			for (unsigned int i = slice; i < c->nr; i += SLICES)
				recv(far[i], NULL, SLOW_RATE, MSG_TRUNC | MSG_DONTWAIT);
		next += 1000000000 / SLICES;
		if (next > now_ns())
			usleep((next - now_ns()) / 1000);
		else
			next = now_ns();
	}
}

static void read_hot(const struct crowd *c, int far)
{
	uint64_t bytes = 0;

	for (;;) {
		ssize_t n = recv(far, NULL, 1 << 20, MSG_TRUNC);

		if (n <= 0)
			_exit(0);
		bytes += n;
		*c->hot_ns = now_ns();
		__atomic_store_n(c->hot_bytes, bytes, __ATOMIC_SEQ_CST);
	}
}

void crowd_make(struct crowd *c, unsigned int nr)
{
	int *far = calloc(nr, sizeof(*far)), listener, hot_far;
	struct sockaddr_in at;
	uint64_t *shared;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	c->near = calloc(nr, sizeof(*c->near));
	if (shared == MAP_FAILED || !c->near || !far)
		die("memory");
	c->hot_ns = &shared[0];
	c->hot_bytes = &shared[1];
	c->stop = (bool *)&shared[2];
	c->nr = nr;
	listen_on(&listener, &at, BUFFERS);
	for (unsigned int i = 0; i < nr; i++)
		c->near[i] = pair(listener, &at, BUFFERS, &far[i]);
	close(listener);
	listen_on(&listener, &at, 0);
	c->hot = pair(listener, &at, 0, &hot_far);
	close(listener);
	c->reader = fork();
	if (!c->reader) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		read_slowly(c, far);
	}
	hot_reader = fork();
	if (!hot_reader) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		read_hot(c, hot_far);
	}
	if (c->reader < 0 || hot_reader < 0)
		die("fork");
	for (unsigned int i = 0; i < nr; i++)
		close(far[i]);
	close(hot_far);
	free(far);
}

void crowd_pause(const struct crowd *c, bool pause)
{
	__atomic_store_n(c->stop, pause, __ATOMIC_SEQ_CST);
}

uint64_t crowd_hot_done(const struct crowd *c, uint64_t bytes)
{
	uint64_t end = now_ms() + 60000;

	while (__atomic_load_n(c->hot_bytes, __ATOMIC_SEQ_CST) < bytes) {
		if (now_ms() > end)
			die("the hot transfer does not arrive");
		usleep(200);
	}
	return *c->hot_ns;
}

void crowd_end(struct crowd *c)
{
	for (unsigned int i = 0; i < c->nr; i++)
		close(c->near[i]);
	close(c->hot);
	kill(c->reader, SIGKILL);
	kill(hot_reader, SIGKILL);
	while (wait(NULL) > 0)
		;
	free(c->near);
}
