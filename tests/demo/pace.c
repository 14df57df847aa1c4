// SPDX-License-Identifier: GPL-2.0
/*
 * Sends a file to a TCP peer in one of three ways and prints the milliseconds until
 * the peer has confirmed the end, and the milliseconds of CPU time of this process.
 *
 *   pace read_write|sendfile|zcopy FILE ADDRESS PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/zcopy.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "pace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
	};
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	if (sock < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(sock, (struct sockaddr *)&to, sizeof(to)))
		fail(address);
	return sock;
}

static void by_read_write(int sock, int file, off_t size)
{
	static char buffer[64 * 1024];
	off_t done = 0;

	while (done < size) {
		ssize_t n = read(file, buffer, sizeof(buffer));

		if (n <= 0)
			fail("read");
		for (ssize_t at = 0; at < n;) {
			ssize_t w = write(sock, buffer + at, n - at);

			if (w < 0)
				fail("write");
			at += w;
		}
		done += n;
	}
}

static void by_sendfile(int sock, int file, off_t size)
{
	off_t at = 0;

	while (at < size)
		if (sendfile(sock, file, &at, size - at) <= 0)
			fail("sendfile");
}

static void by_zcopy(int sock, int file, off_t size)
{
	struct zcopy_elem elem = {
		.kind = ZCOPY_ELEM_FILE, .fd = file, .len = size,
	};
	struct zcopy_sink sink = { .fd = sock };
	struct zcopy_result res;
	struct zcopy_send s = {
		.size = sizeof(s),
		.elems = (uintptr_t)&elem, .nr_elems = 1,
		.elem_size = sizeof(elem),
		.sinks = (uintptr_t)&sink, .nr_sinks = 1,
		.sink_size = sizeof(sink),
		.results = (uintptr_t)&res, .result_size = sizeof(res),
	};
	int dev = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC);

	if (dev < 0 || ioctl(dev, ZCOPY_IOC_SEND, &s))
		fail(ZCOPY_DEVICE);
	if (res.status != ZCOPY_STATUS_DONE || res.bytes != (uint64_t)size) {
		errno = res.error;
		fail("zcopy");
	}
	close(dev);
}

static const struct {
	const char *name;
	void (*send)(int sock, int file, off_t size);
} methods[] = {
	{ "read_write", by_read_write },
	{ "sendfile", by_sendfile },
	{ "zcopy", by_zcopy },
};

int main(int argc, char **argv)
{
	double wall, cpu;
	struct stat st;
	int sock, file;
	char byte;

	if (argc != 5)
		return 2;
	file = open(argv[2], O_RDONLY);
	if (file < 0 || fstat(file, &st))
		fail(argv[2]);
	sock = connect_to(argv[3], argv[4]);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(argv[1], methods[i].name))
			continue;
		wall = now_ms(CLOCK_MONOTONIC);
		cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
		methods[i].send(sock, file, st.st_size);
		cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		/* The peer closes its end after it has read the end of the stream. */
		if (shutdown(sock, SHUT_WR) || read(sock, &byte, 1))
			fail("the peer");
		printf("%.0f %.0f\n", now_ms(CLOCK_MONOTONIC) - wall, cpu);
		return 0;
	}
	return 2;
}
