// SPDX-License-Identifier: GPL-2.0
/*
 * Asks a server for a file again and again on one connection, throws away what
 * comes without looking at it, and prints what a request cost: by the clock, and
 * of the CPU time of the server's process; medians of some rounds.
 *
 *   client PORT PATH BYTES PID
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP		2
#define ROUNDS		9
#define ROUND_BYTES	(8 * 1024 * 1024UL)
#define MOST_REQUESTS	128
#define LEAST_REQUESTS	16

#define OR_FAIL(call)	do { if ((call) < 0) fail(#call); } while (0)

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	OR_FAIL(clock_gettime(clock, &t));
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Takes the head of an answer, and nothing behind it. */
static void take_head(int sock, unsigned long bytes)
{
	char head[2048] = "", want[64];
	const char *end;
	ssize_t n;

	OR_FAIL(n = recv(sock, head, sizeof(head) - 1, MSG_PEEK));
	end = memmem(head, n, "\r\n\r\n", 4);
	snprintf(want, sizeof(want), "\r\nContent-Length: %lu\r\n", bytes);
	if (!end || strncmp(head, "HTTP/1.1 200 ", 13) || !strstr(head, want)) {
		fprintf(stderr, "client: answered: %.200s\n", head);
		exit(1);
	}
	OR_FAIL(recv(sock, NULL, end + 4 - head, MSG_TRUNC));
}

static void ask(int sock, const char *path, unsigned long bytes)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);

	if (send(sock, text, len, 0) != len)
		fail("send");
	take_head(sock, bytes);
	while (bytes) {
		ssize_t n = recv(sock, NULL, bytes, MSG_TRUNC);

		if (n <= 0)
			fail("recv");
		bytes -= n;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	uint64_t total[ROUNDS], server[ROUNDS];
	unsigned long bytes, requests;
	clockid_t clock;
	int sock;

	if (argc != 5)
		return 2;
	to.sin_port = htons(atoi(argv[1]));
	bytes = strtoul(argv[3], NULL, 10);
	requests = ROUND_BYTES / bytes;
	if (requests > MOST_REQUESTS)
		requests = MOST_REQUESTS;
	if (requests < LEAST_REQUESTS)
		requests = LEAST_REQUESTS;
	if (clock_getcpuclockid(atoi(argv[4]), &clock))
		fail("the server's clock");
	OR_FAIL(sock = socket(AF_INET, SOCK_STREAM, 0));
	OR_FAIL(connect(sock, (struct sockaddr *)&to, sizeof(to)));
	for (int i = -WARM_UP; i < ROUNDS; i++) {
		uint64_t start = now_ns(CLOCK_MONOTONIC), cpu = now_ns(clock);

		for (unsigned long r = 0; r < requests; r++)
			ask(sock, argv[2], bytes);
		if (i < 0)
			continue;
		server[i] = (now_ns(clock) - cpu) / requests;
		total[i] = (now_ns(CLOCK_MONOTONIC) - start) / requests;
	}
	qsort(total, ROUNDS, sizeof(*total), by_value);
	qsort(server, ROUNDS, sizeof(*server), by_value);
	printf("%llu %llu\n", (unsigned long long)total[ROUNDS / 2],
	       (unsigned long long)server[ROUNDS / 2]);
	return 0;
}
