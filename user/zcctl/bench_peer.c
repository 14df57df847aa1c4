// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the receiving end of bench: a process that receives a TCP stream over
 * loopback and discards it in the kernel, without looking at it.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Most bytes that one call discards */
#define SWALLOW		(64U << 20)

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static _Noreturn void swallow(int sock, int to)
{
	struct bench_report report = { 0 };
	ssize_t n;

	while ((n = recv(sock, NULL, SWALLOW, MSG_TRUNC)) > 0)
		report.bytes += n;
	report.end_ns = clock_ns(CLOCK_MONOTONIC);
	report.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	_exit(write(to, &report, sizeof(report)) != sizeof(report));
}

static int connect_pair(int *here, int *there)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int listener, one = 1;
	int err = 0;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*here = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*there = -1;
	if (*here < 0 || listener < 0 ||
	    bind(listener, (struct sockaddr *)&sin, len) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) ||
	    connect(*here, (struct sockaddr *)&sin, len))
		err = -errno;
	if (!err) {
		*there = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		err = *there < 0 ? -errno : 0;
	}
	/* as servers do on persistent connections */
	if (!err)
		setsockopt(*here, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (listener >= 0)
		close(listener);
	if (err && *here >= 0)
		close(*here);
	return err;
}

int bench_peer_open(struct bench_peer *p)
{
	int there, ends[2];
	int err;

	if (pipe(ends))
		return -errno;
	err = connect_pair(&p->sock, &there);
	if (err) {
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p->sock);
		close(ends[0]);
		swallow(there, ends[1]);
	}
	err = p->pid < 0 ? -errno : 0;
	close(there);
	close(ends[1]);
	p->report = ends[0];
	if (err) {
		close(p->sock);
		close(p->report);
	}
	return err;
}

int bench_peer_close(struct bench_peer *p, struct bench_report *report)
{
	int err = 0;
	ssize_t n;

	shutdown(p->sock, SHUT_WR);
	do {
		n = read(p->report, report, sizeof(*report));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(*report))
		err = n < 0 ? -errno : -EPIPE;
	close(p->sock);
	close(p->report);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}
