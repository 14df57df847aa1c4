// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP connection over a device, which the guest's script has set up: the far end is in
 * the network namespace "far".  A process there discards the bytes without looking at
 * them and reports when the last byte had arrived.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"

#define SWALLOW		(64 * 1024 * 1024)
#define FAR_PORT	7777
#define FAR_NAMESPACE	"/run/netns/far"

const struct device devices[DEVICE_NR] = {
	[DEVICE_VETH] = { "veth", "10.77.0.2" },
	[DEVICE_VMXNET3] = { "vmxnet3", "10.78.0.2" },
	[DEVICE_VIRTIO] = { "virtio", "10.79.0.2" },
};

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "figures: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now_ns(int clock)
{
	struct timespec t;

	OR_FAIL(clock_gettime(clock, &t));
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool device_is_here(const struct device *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s", d->name);
	return !access(path, F_OK);
}

void link_gather(bool on)
{
	if (system(on ? "ethtool -K veth sg on tso on gso on >/dev/null 2>&1" :
			"ethtool -K veth sg off >/dev/null 2>&1"))
		fail("ethtool");
}

static int listen_far(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(FAR_PORT),
	};
	int listener;

	OR_FAIL(listener = socket(AF_INET, SOCK_STREAM, 0));
	OR_FAIL(bind(listener, (struct sockaddr *)&at, sizeof(at)));
	OR_FAIL(listen(listener, 1));
	return listener;
}

static void swallow(int sock, uint64_t want)
{
	while (want) {
		ssize_t n = recv(sock, NULL, SWALLOW, MSG_TRUNC);

		if (n <= 0)
			fail("receiver");
		if ((uint64_t)n > want) {
			fprintf(stderr, "figures: more bytes came than were to come\n");
			exit(1);
		}
		want -= n;
	}
}

/* A task of SCHED_BATCH that wakes up does not preempt the sender. */
static _Noreturn void live_far(int order, int report)
{
	int far = open(FAR_NAMESPACE, O_RDONLY | O_CLOEXEC), listener;
	const struct sched_param none = { 0 };
	uint64_t want, when = 0;

	OR_FAIL(far);
	OR_FAIL(sched_setscheduler(0, SCHED_BATCH, &none));
	OR_FAIL(setns(far, CLONE_NEWNET));
	listener = listen_far();
	OR_FAIL(write(report, &when, sizeof(when)));
	while (read(order, &want, sizeof(want)) == sizeof(want)) {
		int sock = accept(listener, NULL, NULL);

		OR_FAIL(sock);
		swallow(sock, want);
		when = now_ns(CLOCK_MONOTONIC);
		if (write(report, &when, sizeof(when)) != sizeof(when))
			fail("report");
		close(sock);
	}
	_exit(0);
}

void link_up(struct link *l)
{
	int order[2], report[2];

	OR_FAIL(pipe(order));
	OR_FAIL(pipe(report));
	fflush(NULL);
	OR_FAIL(l->far = fork());
	if (!l->far) {
		close(order[1]);
		close(report[0]);
		live_far(order[0], report[1]);
	}
	close(order[0]);
	close(report[1]);
	l->order = order[1];
	l->report = report[0];
	link_done(l);
}

void link_down(struct link *l)
{
	close(l->order);
	close(l->report);
	waitpid(l->far, NULL, 0);
}

void link_open(struct link *l)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(FAR_PORT),
	};

	inet_aton(l->device->far_address, &at.sin_addr);
	OR_FAIL(l->sock = socket(AF_INET, SOCK_STREAM, 0));
	OR_FAIL(connect(l->sock, (struct sockaddr *)&at, sizeof(at)));
}

void link_close(struct link *l)
{
	close(l->sock);
}

void link_expect(const struct link *l, uint64_t bytes)
{
	if (write(l->order, &bytes, sizeof(bytes)) != sizeof(bytes))
		fail("order");
	usleep(1000);	/* until the receiver waits for bytes */
}

uint64_t link_done(const struct link *l)
{
	uint64_t when;

	if (read(l->report, &when, sizeof(when)) != sizeof(when))
		fail("the receiver is gone");
	return when;
}
