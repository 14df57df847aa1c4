// SPDX-License-Identifier: GPL-2.0
/*
 * Connections over loopback, and readers; see peers.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers.h"
#include "peers_priv.h"
#include "record.h"

#define READER_SILENCE	25	/* seconds without a byte that end a reader */
#define READER_BIG	(256 * KIB)
#define READER_PAUSE_MS	300	/* TCP probes a closed window after 200 */

void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		die("flags of lo");
	if (!(ifr.ifr_flags & IFF_UP)) {
		ifr.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &ifr))
			die("lo up");
		sleep_ms(100);
	}
	close(fd);
}

static void set_buffer(int fd, int which, int bytes)
{
	if (bytes && setsockopt(fd, SOL_SOCKET, which, &bytes, sizeof(bytes)))
		die("buffer of a socket");
}

int peers_listen(int family, const char *addr, int rcvbuf,
		 struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;
	int fd;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = family;
	*len = family == AF_INET ? sizeof(*in) : sizeof(*in6);
	if (inet_pton(family, addr, family == AF_INET ? (void *)&in->sin_addr :
		      (void *)&in6->sin6_addr) != 1)
		die("address %s", addr);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	set_buffer(fd, SO_RCVBUF, rcvbuf);
	if (bind(fd, (void *)ss, *len) || listen(fd, 8) ||
	    getsockname(fd, (void *)ss, len))
		die("listening on %s", addr);
	return fd;
}

struct pair peers_connect(int listener, int near, const struct sockaddr_storage *ss,
			  socklen_t len)
{
	struct timeval silence = { READER_SILENCE * guest_scale(), 0 };
	struct pair p = { .near = near };
	int one = 1;

	if (connect(near, (const void *)ss, len))
		die("connect");
	p.far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (p.far < 0)
		die("accept");
	close(listener);
	if (setsockopt(p.far, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence)) ||
	    setsockopt(p.near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die("options of a socket");
	return p;
}

static struct pair pair_over_lo(int family, int sndbuf, int rcvbuf)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int listener, near;

	loopback_up();
	listener = peers_listen(family, family == AF_INET ? "127.0.0.1" : "::1",
				rcvbuf, &ss, &len);
	near = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (near < 0)
		die("socket");
	set_buffer(near, SO_SNDBUF, sndbuf);
	return peers_connect(listener, near, &ss, len);
}

struct pair pair_loopback(int family)
{
	return pair_over_lo(family, 0, 0);
}

struct pair pair_tight(int family)
{
	return pair_over_lo(family, 64 * KIB, 64 * KIB);
}

struct pair pair_open(bool small)
{
	int size = small ? 16 * KIB : 0;
	struct sockaddr_storage ss;
	struct pair p;
	int listener;
	socklen_t len;

	listener = peers_listen(AF_INET, "127.0.0.1", size, &ss, &len);
	p.near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p.near < 0)
		die("socket");
	set_buffer(p.near, SO_SNDBUF, size);
	if (connect(p.near, (void *)&ss, len))
		die("no connection");
	p.far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (p.far < 0)
		die("accept");
	close(listener);
	return p;
}

void pair_close(struct pair *p)
{
	if (p->near >= 0)
		close(p->near);
	if (p->far >= 0)
		close(p->far);
	p->near = p->far = -1;
}

/*
 * Sends a byte over loopback on each CPU: the CPU that a buffer came from frees the
 * buffer and its pages when that CPU next handles packets.
 */
void pair_stir(const struct pair *p)
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
		    write(p->near, &byte, 1) != 1 || read(p->far, &byte, 1) != 1)
			die("a byte over loopback");
	}
	if (sched_setaffinity(0, sizeof(all), &all))
		die("sched_setaffinity");
}

void sock_reset(int sock)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(sock, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(sock);
}

long sock_check(int sock, uint64_t pos, size_t want)
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
		if (!pattern_holds(buf, 0, pos + got, ret))
			return -1;
		got += ret;
	}
	return got;
}

bool sendfile_reads(int fd)
{
	struct pair p = pair_loopback(AF_INET);
	off_t off = 0;
	bool reads = sendfile(p.near, fd, &off, 1) >= 0 || errno != EINVAL;

	pair_close(&p);
	return reads;
}

void set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK :
			       flags & ~O_NONBLOCK))
		die("O_NONBLOCK");
}

/* ---- readers ---- */

static void reader_hold(struct reader *r)
{
	if (r->kind == READER_PAUSE) {
		sleep_ms(READER_PAUSE_MS);
		return;
	}
	while (sem_wait(&r->go))
		;
}

static void reader_take(struct reader *r, struct stream_pos *at, const char *buf,
			size_t len)
{
	long bad = -1;

	if (r->bad_at < 0) {
		if (r->check)
			bad = r->check(r->arg, r->bytes, buf, len);
		else
			bad = stream_check(r->want, at, buf, len);
		if (bad >= 0)
			r->bad_at = r->bytes + bad;
	}
	r->last_ns = now_ns();
	__atomic_store_n(&r->bytes, r->bytes + len, __ATOMIC_RELEASE);
}

static void *reader_run(void *arg)
{
	struct reader *r = arg;
	bool held = r->kind != READER_PAUSE && r->kind != READER_GATED;
	uint64_t hold_at = r->kind == READER_GATED ? r->stop_at : 1;
	size_t most = r->kind == READER_SMALL ? KIB : READER_BIG;
	char *buf = malloc(READER_BIG);
	struct stream_pos at = {0};

	while (buf && (!r->enough || r->bytes < r->enough)) {
		size_t want = most;
		ssize_t n;
		bool ends;

		if (!held && r->bytes >= hold_at) {
			reader_hold(r);
			held = true;
		}
		if (!held && want > hold_at - r->bytes)
			want = hold_at - r->bytes;
		if (r->exact && want > r->enough - r->bytes)
			want = r->enough - r->bytes;
		n = record_recv(r->fd, buf, want, &ends);
		r->told += ends;
		if (ends || (n < 0 && errno == EINTR))
			continue;
		if (n <= 0) {
			r->eof = !n;
			r->err = n ? (errno == EAGAIN ? ETIMEDOUT : errno) : 0;
			break;
		}
		reader_take(r, &at, buf, n);
	}
	free(buf);
	return NULL;
}

void reader_start(struct reader *r)
{
	r->bad_at = -1;
	sem_init(&r->go, 0, 0);
	if (pthread_create(&r->thread, NULL, reader_run, r))
		die("a reader");
}

void reader_go(struct reader *r)
{
	sem_post(&r->go);
}

void reader_join(struct reader *r)
{
	reader_go(r);
	pthread_join(r->thread, NULL);
}

bool reader_has(struct reader *r, uint64_t bytes, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (__atomic_load_n(&r->bytes, __ATOMIC_ACQUIRE) < bytes) {
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
	return true;
}

bool reader_happy(const struct reader *r)
{
	if (r->bad_at >= 0)
		note("byte %lld of the stream is wrong", r->bad_at);
	if (r->err)
		note("after %llu bytes: %s", (unsigned long long)r->bytes,
		     strerror(r->err));
	if (r->want && r->bytes != r->want->len)
		note("%llu bytes came, not %llu", (unsigned long long)r->bytes,
		     (unsigned long long)r->want->len);
	return r->bad_at < 0 && !r->err &&
	       (!r->want || r->bytes == r->want->len);
}

static long reader_compare(void *unused, uint64_t at, const char *buf, size_t len)
{
	(void)unused;
	return pattern_holds(buf, 0, at, len) ? -1 : 0;
}

void reader_expect(struct reader *r, int fd, uint64_t want)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->check = reader_compare;
	r->enough = want;
	r->exact = true;
	reader_start(r);
}

long reader_got(struct reader *r)
{
	reader_join(r);
	return r->bad_at < 0 ? (long)r->bytes : -1;
}
