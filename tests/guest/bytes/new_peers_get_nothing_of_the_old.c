// SPDX-License-Identifier: GPL-2.0
/*
 * While transfers wait in its queue, a socket is disconnected and connected to
 * another peer, from the same port to the same port number at another address.  The
 * new peer gets no byte of these transfers, and none of them ends as if the old
 * peer had acknowledged it.
 * guest: timeout=120 cpus=2
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "mutefs.h"

#define LINE	3	/* transfers that wait */
#define PART	3000	/* bytes of the first that go before it waits */
#define SHORT	2000	/* bytes of the transfers behind the first */
#define LONG	(512 << 10)	/* more than the old peer has room for */
#define BUFFER	(4 << 20)
#define PORT	20100	/* and following: outside the range that the kernel assigns */

static int file;

struct ends {
	int near, far, next;	/* the new peer's listener */
	uint16_t port;
};

static int listener(uint32_t addr, uint16_t *port, int rcvbuf)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = *port,
				  .sin_addr.s_addr = htonl(addr) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	if (bind(fd, (void *)&at, len) || listen(fd, 1) ||
	    getsockname(fd, (void *)&at, &len))
		die("a listener");
	*port = at.sin_port;
	return fd;
}

static void connect_to(int fd, uint32_t addr, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = port,
				  .sin_addr.s_addr = htonl(addr) };

	if (connect(fd, (void *)&at, sizeof(at)))
		die("to connect");
}

/* The near end binds a port by number, so that it keeps the port. */
static void ends_open(struct ends *e)
{
	static uint16_t port = PORT;
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port++),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int door, big = BUFFER;

	e->port = 0;
	door = listener(INADDR_LOOPBACK, &e->port, 16384);
	e->next = listener(INADDR_LOOPBACK + 1, &e->port, BUFFER);
	e->near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(e->near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	if (bind(e->near, (void *)&own, sizeof(own)))
		die("a port");
	connect_to(e->near, INADDR_LOOPBACK, e->port);
	e->far = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	close(door);
}

static void ends_close(struct ends *e)
{
	close(e->near);
	close(e->far);
	close(e->next);
}

static uint16_t own_port(const struct ends *e)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	return getsockname(e->near, (void *)&at, &len) ? 0 : at.sin_port;
}

/* Returns the new peer. */
static int connect_anew(struct ends *e, bool take_error)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sizeof(int);
	int err;

	if (connect(e->near, &none, sizeof(none)))
		die("to disconnect");
	if (take_error)
		getsockopt(e->near, SOL_SOCKET, SO_ERROR, &err, &len);
	connect_to(e->near, INADDR_LOOPBACK + 1, e->port);
	return accept4(e->next, NULL, NULL, SOCK_CLOEXEC);
}

/* True if only the program's own byte arrives. */
static bool only_ours(struct ends *e, int peer)
{
	static char got[65536];
	ssize_t len;

	if (send(e->near, "x", 1, MSG_NOSIGNAL) != 1)
		return false;
	shutdown(e->near, SHUT_WR);
	len = recv(peer, got, sizeof(got), MSG_WAITALL);
	if (len != 1)
		note("%zd bytes come", len);
	return len == 1 && got[0] == 'x';
}

static unsigned int failed(int dev)
{
	struct zcopy_result res[LINE];
	const char *wrong = dev_collect(dev, res, LINE);
	unsigned int nr = 0;

	if (wrong)
		note("%s", wrong);
	for (unsigned int i = 0; !wrong && i < LINE; i++) {
		nr += res[i].status == ZCOPY_STATUS_SOCKET_ERROR;
		if (res[i].status != ZCOPY_STATUS_SOCKET_ERROR)
			note("number %u: status %u, %llu bytes", i, res[i].status,
			     (unsigned long long)res[i].bytes);
	}
	return nr;
}

/* The first transfer waits for a file server, and the rest wait for the first. */
static void line(uint32_t until, bool part, bool take_error)
{
	static char bytes[PART];
	static struct mutefs fs;
	struct raw q;
	struct ends e;
	uint16_t port;
	int dev, silent, peer;
	char name[80];

	snprintf(name, sizeof(name), "until %u, %s sent, its error %s", until,
		 part ? "a part" : "nothing", take_error ? "taken" : "left");
	if (!mutefs_start(&fs, "mnt", 0)) {
		ktap_skip("%s: no FUSE here", name);
		return;
	}
	mutefs_mute(&fs, MUTE_READ);
	silent = open("mnt/silent", O_RDONLY | O_CLOEXEC);
	if (silent < 0)
		die("a file");
	dev = dev_open(0);
	ends_open(&e);
	port = own_port(&e);
	for (unsigned int i = 0; i < LINE; i++) {
		raw_fill(&q, e.near, i ? file : silent, 0, SHORT);
		q.s.until = until;
		if (!i && part) {
			q.e[1] = q.e[0];
			q.e[0] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_MEMORY,
						      .off = (uintptr_t)bytes,
						      .len = PART };
			q.s.nr_elems = 2;
		}
		if (raw_submit(dev, &q))
			die("submit");
	}
	ktap_ok(mutefs_silent(&fs, 1, 10000), "%s: the first waits for its file", name);
	if (part)
		ktap_eq(recv(e.far, bytes, PART, MSG_WAITALL), PART,
			"%s: its first bytes came", name);
	peer = connect_anew(&e, take_error);
	ktap_ok(peer >= 0 && own_port(&e) == port, "%s: from the same port", name);
	mutefs_mute(&fs, 0);
	ktap_eq(failed(dev), LINE, "%s: all fail", name);
	ktap_ok(only_ours(&e, peer), "%s: the new peer gets nothing of them", name);
	close(peer);
	ends_close(&e);
	close(dev);
	close(silent);
	mutefs_end(&fs);
	fs = (struct mutefs){0};
}

/* ---- acknowledged by another ---- */

static void run_on(int cpu, bool first)
{
	struct sched_param p = { .sched_priority = 10 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) ||
	    (first && sched_setscheduler(0, SCHED_FIFO, &p)))
		die("a processor");
}

/* The sender does not run while another thread has its processor. */
static bool busy, over;

static void *spin(void *unused)
{
	run_on(1, true);
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE))
		__atomic_store_n(&busy, true, __ATOMIC_RELEASE);
	return unused;
}

static void *send_acked(void *arg)
{
	struct raw *q = arg;
	int dev = dev_open(0);

	run_on(1, false);
	if (raw_send(dev, q))
		note("the send was refused");
	close(dev);
	return NULL;
}

static void allow_spinning(const char *how)
{
	int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, how, strlen(how)) < 0)
		note("real time is limited");
	close(fd);
}

/*
 * All bytes are in the socket, and some are acknowledged.  Before the sender looks
 * again, the new peer has acknowledged more bytes than the transfer sent.
 */
static void acknowledged_by_another(bool take_error)
{
	static char junk[2 * LONG];
	pthread_t sender, spinner;
	struct raw q;
	struct ends e;
	int peer;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		ktap_skip("a second processor is needed");
		return;
	}
	ends_open(&e);
	raw_fill(&q, e.near, file, 0, LONG);
	q.s.until = ZCOPY_UNTIL_ACKED;
	q.r.status = ZCOPY_STATUS_RUNNING;
	run_on(0, false);
	if (pthread_create(&sender, NULL, send_acked, &q))
		die("a thread");
	sleep_ms(500);
	allow_spinning("-1");
	busy = over = false;
	if (pthread_create(&spinner, NULL, spin, NULL))
		die("a thread");
	while (!__atomic_load_n(&busy, __ATOMIC_ACQUIRE))
		sleep_ms(1);
	peer = connect_anew(&e, take_error);
	for (size_t at = 0; at < sizeof(junk);) {
		ssize_t len = send(e.near, junk, sizeof(junk) - at, MSG_NOSIGNAL);

		if (len <= 0)
			die("the program's own bytes");
		at += len;
		while (recv(peer, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			;
	}
	sleep_ms(50);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(spinner, NULL);
	pthread_join(sender, NULL);
	allow_spinning("950000");
	ktap_eq(q.r.status, ZCOPY_STATUS_SOCKET_ERROR,
		"what another peer acknowledges is not done, its error %s",
		take_error ? "taken" : "left");
	close(peer);
	ends_close(&e);
}

int main(void)
{
	file = file_to_read("source", LONG);
	for (unsigned int i = 0; i < 8; i++)
		line(i & 4 ? ZCOPY_UNTIL_ACKED : ZCOPY_UNTIL_QUEUED, i & 2, i & 1);
	acknowledged_by_another(false);
	acknowledged_by_another(true);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
