// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers that wait for peers that do not read, on separate connections, while other
 * transfers are measured on the same open device.
 */
#include <arpa/inet.h>
#include <linux/zcopy.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "verbs.h"

#define BUFFER		4096	/* at both ends; the kernel rounds it up */
#define MOST_FILES	65536
#define BACKLOG		64
/*
 * TCP probes a peer without room after 200 ms, then after twice as long each time.
 * After this many seconds the probes are rare.
 */
#define QUIET_SECONDS	60

struct parked {
	unsigned int nr;
	int socks[][2];
};

static int listen_here(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), size = BUFFER;

	*at = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	OR_FAIL(listener);
	OR_FAIL(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	OR_FAIL(bind(listener, (struct sockaddr *)at, len));
	OR_FAIL(listen(listener, BACKLOG));
	OR_FAIL(getsockname(listener, (struct sockaddr *)at, &len));
	return listener;
}

/* Fails if a parked transfer completed before the end of the measurement. */
static void check(const struct job *j)
{
	struct zcopy_result res;

	if (collect(j, 0, &res, 1, 0))
		fail("a parked transfer completed");
}

void park(struct job *j, unsigned int nr)
{
	struct rlimit files = { MOST_FILES, MOST_FILES };
	struct sockaddr_in at;
	int listener = listen_here(&at), size = BUFFER;
	struct parked *p = malloc(sizeof(*p) + nr * sizeof(p->socks[0]));

	if (!p)
		fail("memory");
	OR_FAIL(setrlimit(RLIMIT_NOFILE, &files));
	p->nr = nr;
	for (unsigned int i = 0; i < nr; i++) {
		int *s = p->socks[i];

		OR_FAIL(s[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		OR_FAIL(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
		OR_FAIL(connect(s[0], (struct sockaddr *)&at, sizeof(at)));
		OR_FAIL(s[1] = accept(listener, NULL, NULL));
		submit_file(j, s[0]);
	}
	close(listener);
	sleep(QUIET_SECONDS);
	check(j);
	j->parked = p;
}

void unpark(struct job *j)
{
	struct zcopy_cancel all = {
		.size = sizeof(all), .flags = ZCOPY_CANCEL_ALL,
	};
	struct parked *p = j->parked;

	if (!p)
		return;
	check(j);
	OR_FAIL(ioctl(j->zcopy, ZCOPY_IOC_CANCEL, &all));
	for (unsigned int i = 0; i < p->nr; i++) {
		close(p->socks[i][0]);
		close(p->socks[i][1]);
	}
	if (all.count != p->nr)
		fail("not all parked transfers were there");
	free(p);
	j->parked = NULL;
}
