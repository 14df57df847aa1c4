// SPDX-License-Identifier: GPL-2.0
/*
 * The device's verbs, connections, bytes of a pattern and counters, for the tests
 * of refusals, lifetimes and failures.  See life.h.
 */
#include "fixture.h"
#include "life.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void life_bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

int life_open(void)
{
	int dev = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC);

	if (dev < 0)
		life_bail(ZCOPY_DEVICE);
	return dev;
}

void life_req(struct life_req *q, int sock, int file, uint64_t off, uint64_t len)
{
	memset(q, 0, sizeof(*q));
	q->e[0].kind = ZCOPY_ELEM_FILE;
	q->e[0].fd = file;
	q->e[0].off = off;
	q->e[0].len = len;
	q->k.fd = sock;
	q->s.size = sizeof(q->s);
	q->s.elems = (uintptr_t)q->e;
	q->s.nr_elems = 1;
	q->s.elem_size = sizeof(q->e[0]);
	q->s.sinks = (uintptr_t)&q->k;
	q->s.nr_sinks = 1;
	q->s.sink_size = sizeof(q->k);
}

static int life_ioctl(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? -errno : 0;
}

int life_submit(int dev, struct life_req *q)
{
	q->s.results = 0;
	q->s.result_size = 0;
	q->s.id = 0;
	return life_ioctl(dev, ZCOPY_IOC_SUBMIT, &q->s);
}

int life_send(int dev, struct life_req *q)
{
	q->s.results = (uintptr_t)&q->r;
	q->s.result_size = sizeof(q->r);
	q->s.id = 0;
	return life_ioctl(dev, ZCOPY_IOC_SEND, &q->s);
}

int life_wait(int dev, uint64_t id, struct zcopy_result *res, unsigned int nr,
	      unsigned int min, int ms)
{
	struct zcopy_wait w = {
		.size = sizeof(w),
		.id = id,
		.results = (uintptr_t)res,
		.nr_results = nr,
		.result_size = sizeof(*res),
		.min = min,
		.timeout_ns = ms < 0 ? ZCOPY_WAIT_FOREVER : ms * 1000000ULL,
	};
	int err = life_ioctl(dev, ZCOPY_IOC_WAIT, &w);

	return err ? err : (int)w.got;
}

const char *life_collect(int dev, struct zcopy_result *res, unsigned int n)
{
	struct zcopy_result more;
	unsigned int got, i, j;
	int ret;

	for (got = 0; got < n; got += ret) {
		ret = life_wait(dev, 0, res + got, n - got, n - got, 30000);
		if (ret == -EINTR)
			ret = 0;
		else if (ret <= 0)
			return "a completion is missing";
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++) {
			if (res[i].id == res[j].id)
				return "a transfer completed twice";
		}
		if (res[i].status >= ZCOPY_STATUS_RUNNING)
			return "a completion says that it still runs";
		if (res[i].bytes_by_ref + res[i].bytes_copied != res[i].bytes)
			return "bytes by reference and copied do not add up";
	}
	if (life_wait(dev, 0, &more, 1, 1, 10) != 0)
		return "there is a completion too many";
	return NULL;
}

int life_cancel(int dev, uint64_t id)
{
	struct zcopy_cancel c = {
		.size = sizeof(c),
		.flags = id ? 0 : ZCOPY_CANCEL_ALL,
		.id = id,
	};
	int err = life_ioctl(dev, ZCOPY_IOC_CANCEL, &c);

	return err ? err : (int)c.count;
}

void life_pair(int s[2], bool small)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int lis = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int size = 16384;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (small) {
		setsockopt(lis, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	if (bind(lis, (void *)&sin, len) || listen(lis, 1) ||
	    getsockname(lis, (void *)&sin, &len) ||
	    connect(s[0], (void *)&sin, len))
		life_bail("no connection");
	s[1] = accept4(lis, NULL, NULL, SOCK_CLOEXEC);
	if (s[1] < 0)
		life_bail("accept");
	close(lis);
}

void life_reset(int sock)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(sock, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(sock);
}

static uint64_t life_word(uint64_t nr)
{
	uint64_t word = nr * 0x9e3779b97f4a7c15ULL;

	return word ^ word >> 29;
}

void life_pattern(void *buf, uint64_t off, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t word = life_word(off >> 3);
		size_t skip = off & 7;
		size_t n = len < 8 - skip ? len : 8 - skip;

		memcpy(to, (uint8_t *)&word + skip, n);
		to += n;
		off += n;
		len -= n;
	}
}

bool life_same(const void *buf, uint64_t off, size_t len)
{
	uint8_t want[4096];
	const uint8_t *at = buf;
	size_t n;

	for (; len; len -= n, at += n, off += n) {
		n = len < sizeof(want) ? len : sizeof(want);
		life_pattern(want, off, n);
		if (memcmp(at, want, n))
			return false;
	}
	return true;
}

int life_file(const char *path, size_t len)
{
	static uint8_t buf[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t at, n;

	if (fd < 0)
		life_bail(path);
	for (at = 0; at < len; at += n) {
		n = len - at < sizeof(buf) ? len - at : sizeof(buf);
		life_pattern(buf, at, n);
		if (write(fd, buf, n) != (ssize_t)n)
			life_bail(path);
	}
	close(fd);
	file_settle();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		life_bail(path);
	return fd;
}

long life_check(int sock, uint64_t off, size_t want)
{
	uint8_t buf[16384];
	size_t got = 0;

	while (got < want) {
		size_t n = want - got < sizeof(buf) ? want - got : sizeof(buf);
		ssize_t ret = recv(sock, buf, n, 0);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			break;
		if (!life_same(buf, off + got, ret))
			return -1;
		got += ret;
	}
	return got;
}

static void *life_reader_run(void *arg)
{
	struct life_reader *r = arg;

	r->got = life_check(r->sock, 0, r->want);
	return NULL;
}

void life_reader_start(struct life_reader *r, int sock, size_t want)
{
	r->sock = sock;
	r->want = want;
	if (pthread_create(&r->thread, NULL, life_reader_run, r))
		life_bail("no thread");
}

long life_reader_join(struct life_reader *r)
{
	pthread_join(r->thread, NULL);
	return r->got;
}

uint64_t life_counter(const char *name)
{
	FILE *f = fopen("/proc/zcopy/stats", "r");
	unsigned long long v, found = 0;
	char word[64];
	bool is = false;

	if (!f)
		life_bail("/proc/zcopy/stats");
	while (!is && fscanf(f, "%63s %llu", word, &v) == 2) {
		is = !strcmp(word, name);
		if (is)
			found = v;
	}
	fclose(f);
	if (!is)
		life_bail(name);
	return found;
}

bool life_rest(void)
{
	unsigned int tries;

	for (tries = 0; tries < 400; tries++) {
		if (!life_counter("transfers_active") &&
		    life_counter("transfers_submitted") ==
		    life_counter("transfers_completed") +
		    life_counter("transfers_failed") +
		    life_counter("transfers_cancelled"))
			return true;
		life_nap(50);
	}
	return false;
}

unsigned int life_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	if (!dir)
		life_bail("/proc/self/fd");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

uint64_t life_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

void life_nap(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/*
 * Sends a byte over loopback on each CPU: the CPU that a buffer came from frees the
 * buffer and its pages when that CPU next handles packets.
 */
void life_stir(const int s[2])
{
	cpu_set_t all, one;
	char byte = 0;
	int cpu;

	if (sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity");
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) ||
		    write(s[0], &byte, 1) != 1 || read(s[1], &byte, 1) != 1)
			die("a byte over loopback");
	}
	if (sched_setaffinity(0, sizeof(all), &all))
		die("sched_setaffinity");
}
