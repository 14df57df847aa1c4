// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of peers that read 1 KiB a second each, and one hot peer that reads at
 * once, are served by zcopy, by one thread with epoll and sendfile, and by one thread
 * per peer.  Measures threads, memory, and the time of the hot transfer among the slow
 * ones.  Only zcopy's figures are judged.
 *
 *   slow_peers [PEERS]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "slow.h"

#define HOTS		21
#define HOT_EVERY_MS	200
#define SETTLE_MS	3000
#define STACK_BYTES	(64 * KIB)	/* stack of a thread that serves one peer */

struct row {
	const char *name;
	unsigned int peers;
	unsigned int threads;		/* most seen at work, or waiting */
	double bytes;			/* memory per waiting peer */
	uint64_t hot_ns;		/* median time of the hot transfer */
};

static struct crowd crowd;
static uint64_t hot_sent;
static int file, dev;

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *v, unsigned int nr)
{
	qsort(v, nr, sizeof(*v), by_value);
	return v[nr / 2];
}

/* ---- zcopy ---- */

static void submit(int sock, uint64_t bytes)
{
	struct zcopy_elem elem = elem_file(file, 0, bytes);
	struct request q = { .elems = &elem, .nr = 1, .sock = sock };
	int ret = dev_submit(dev, &q, NULL);

	if (ret)
		die("submit: %d", ret);
}

static uint64_t zcopy_hot(void)
{
	struct zcopy_result res;
	uint64_t start = now_ns();

	submit(crowd.hot, HOT_BYTES);
	hot_sent += HOT_BYTES;
	/* The slow transfers do not end, so any completion is that of the hot one. */
	if (dev_wait(dev, 0, &res, 1, 1, -1) != 1 ||
	    res.bytes != HOT_BYTES)
		die("the hot transfer: status %u", res.status);
	return crowd_hot_done(&crowd, hot_sent) - start;
}

static uint64_t zcopy_hots(unsigned int *busy)
{
	uint64_t v[HOTS];

	for (unsigned int i = 0; i < HOTS; i++) {
		for (unsigned int ms = 0; ms < HOT_EVERY_MS; ms += 20) {
			unsigned int now = busy ? workers_busy() : 0;

			if (busy && now > *busy)
				*busy = now;
			sleep_ms(20);
		}
		v[i] = zcopy_hot();
	}
	return median(v, HOTS);
}

static void zcopy_cancel_all(unsigned int nr)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };
	static struct zcopy_result res[64];

	if (ioctl(dev, ZCOPY_IOC_CANCEL, &c))
		die("cancel");
	ktap_eq(c.count, nr, "all that wait are told to stop");
	while (nr) {
		int got = dev_wait(dev, 0, res, 64, 1, -1);

		if (got <= 0)
			die("wait");
		nr -= got;
	}
}

static struct row by_zcopy(uint64_t *alone, double *object, unsigned int *more)
{
	struct row r = { "zcopy", crowd.nr, 0, 0, 0 };
	uint64_t objects, slabs, memory;
	unsigned int threads;

	for (unsigned int i = 0; i < 5; i++)
		zcopy_hot();
	*alone = zcopy_hots(NULL);
	threads = kworkers();
	for (unsigned int i = 0; i < crowd.nr; i++) {
		if (i == 1 || i == 100 || i == 1000)
			note("zcopy: %4u slow ones live: hot 64 KiB %.2f ms", i,
			     zcopy_hots(NULL) / 1e6);
		submit(crowd.near[i], SLOW_BYTES);
	}
	sleep_ms(SETTLE_MS);
	r.hot_ns = zcopy_hots(&r.threads);
	*more = kworkers() > threads ? kworkers() - threads : 0;
	ktap_ok(live_becomes(crowd.nr, 1000), "all slow transfers still run");

	/* Memory that is freed with the transfers; the paused sockets keep theirs. */
	crowd_pause(&crowd, true);
	sleep_ms(SETTLE_MS);
	objects = slab_bytes("zc_xfer");
	slabs = slab_bytes(NULL);
	memory = memory_bytes();
	zcopy_cancel_all(crowd.nr);
	sleep_ms(SETTLE_MS);
	*object = ((double)objects - slab_bytes("zc_xfer")) / crowd.nr;
	r.bytes = ((double)slabs - slab_bytes(NULL)) / crowd.nr;
	note("zcopy: the memory of the machine says %.0f bytes for each",
	     ((double)memory - memory_bytes()) / crowd.nr);
	crowd_pause(&crowd, false);
	return r;
}

/* ---- one thread, epoll and sendfile ---- */

struct conn {
	int sock;
	uint64_t left;
	off_t at;
};

static void conn_go(struct conn *c)
{
	while (c->left) {
		ssize_t n;

		c->at = 0;
		n = sendfile(c->sock, file, &c->at, c->left);
		if (n <= 0) {
			if (n < 0 && errno != EAGAIN)
				die("sendfile");
			return;
		}
		c->left -= n;
	}
}

static void loop_once(int ep, int ms)
{
	struct epoll_event ev[256];
	int n = epoll_wait(ep, ev, 256, ms);

	for (int i = 0; i < n; i++)
		conn_go(ev[i].data.ptr);
}

static void add(int ep, struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET, .data.ptr = c };

	fcntl(c->sock, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->sock, &ev))
		die("epoll");
}

static struct row by_epoll(void)
{
	struct row r = { "epoll + sendfile", crowd.nr, 1, 0, 0 };
	struct conn *conns = calloc(crowd.nr, sizeof(*conns));
	struct conn hot = { .sock = crowd.hot };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	uint64_t v[HOTS], memory, end;

	if (!conns || ep < 0)
		die("epoll");
	for (unsigned int i = 0; i < crowd.nr; i++) {
		conns[i] = (struct conn){ crowd.near[i], SLOW_BYTES, 0 };
		add(ep, &conns[i]);
		if (i % 64 == 63)
			loop_once(ep, 0);
	}
	end = now_ms() + SETTLE_MS;
	while (now_ms() < end)
		loop_once(ep, 10);
	for (unsigned int i = 0; i < HOTS; i++) {
		end = now_ms() + HOT_EVERY_MS;
		while (now_ms() < end)
			loop_once(ep, 10);
		hot.left = HOT_BYTES;
		hot_sent += HOT_BYTES;
		v[i] = now_ns();
		/* The loop serves the hot socket in its turn. */
		add(ep, &hot);
		while (hot.left)
			loop_once(ep, 10);
		v[i] = crowd_hot_done(&crowd, hot_sent) - v[i];
		epoll_ctl(ep, EPOLL_CTL_DEL, hot.sock, NULL);
	}
	r.hot_ns = median(v, HOTS);
	crowd_pause(&crowd, true);
	sleep_ms(SETTLE_MS);
	memory = memory_bytes();
	close(ep);
	free(conns);
	sleep_ms(SETTLE_MS);
	r.bytes = ((double)memory - memory_bytes()) / crowd.nr;
	crowd_pause(&crowd, false);
	for (unsigned int i = 0; i < crowd.nr; i++)
		fcntl(crowd.near[i], F_SETFL, 0);
	fcntl(crowd.hot, F_SETFL, 0);
	return r;
}

/* ---- a thread for each ---- */

static void stop(int sig)
{
	(void)sig;
}

static void *thread(void *arg)
{
	struct conn c = { *(int *)arg, SLOW_BYTES, 0 };

	while (c.left) {
		ssize_t n;

		c.at = 0;
		n = sendfile(c.sock, file, &c.at, c.left);
		if (n <= 0 || (size_t)n < c.left)
			break;	/* interrupted by SIGUSR1: end the thread */
		c.left -= n;
	}
	return NULL;
}

static void hot_by_thread(void)
{
	off_t at = 0;

	while (at < HOT_BYTES)
		if (sendfile(crowd.hot, file, &at, HOT_BYTES - at) <= 0)
			die("sendfile");
}

static struct row by_threads(void)
{
	struct row r = { "thread per peer", 0, 0, 0, 0 };
	pthread_t *t = calloc(crowd.nr, sizeof(*t));
	struct sigaction sa = { .sa_handler = stop };
	uint64_t v[HOTS], memory;
	pthread_attr_t attr;
	int err = 0;

	sigaction(SIGUSR1, &sa, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (r.peers < crowd.nr && !err) {
		err = pthread_create(&t[r.peers], &attr, thread, &crowd.near[r.peers]);
		r.peers += !err;
	}
	if (err)
		note("no more than %u threads could be made: %s", r.peers,
		     strerror(err));
	sleep_ms(SETTLE_MS);
	r.threads = r.peers;
	for (unsigned int i = 0; i < HOTS; i++) {
		sleep_ms(HOT_EVERY_MS);
		hot_sent += HOT_BYTES;
		v[i] = now_ns();
		hot_by_thread();
		v[i] = crowd_hot_done(&crowd, hot_sent) - v[i];
	}
	r.hot_ns = median(v, HOTS);
	crowd_pause(&crowd, true);
	sleep_ms(SETTLE_MS);
	memory = memory_bytes();
	for (unsigned int i = 0; i < r.peers; i++)
		pthread_kill(t[i], SIGUSR1);
	for (unsigned int i = 0; i < r.peers; i++)
		pthread_join(t[i], NULL);
	sleep_ms(SETTLE_MS);
	r.bytes = ((double)memory - memory_bytes()) / (r.peers ? r.peers : 1);
	free(t);
	return r;
}

static void show(const struct row *r, uint64_t alone)
{
	note("%-18s %6u peers %6u threads %7.0f bytes each  hot 64 KiB %7.2f ms (%.2f x zcopy's alone)",
	     r->name, r->peers, r->threads, r->bytes, r->hot_ns / 1e6,
	     (double)r->hot_ns / alone);
}

int main(int argc, char **argv)
{
	unsigned int nr = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	struct rlimit files = { 2 * nr + 1000, 2 * nr + 1000 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int more;
	struct row z, e, t;
	uint64_t alone;
	double object;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("RLIMIT_NOFILE");
	file = file_make("hot", 0, 7, SLOW_BYTES);
	dev = dev_open(0);
	crowd_make(&crowd, nr);
	z = by_zcopy(&alone, &object, &more);
	note("alone: %.2f ms", alone / 1e6);
	show(&z, alone);
	e = by_epoll();
	show(&e, alone);
	t = by_threads();
	show(&t, alone);
	note("zcopy: an object of %.0f bytes; all slabs together %.0f bytes; %u kworkers more than before",
	     object, z.bytes, more);
	ktap_ok(z.threads <= 2 * cpus, "%u threads at most at work for zcopy on %ld CPUs",
		z.threads, cpus);
	ktap_ok(more <= 2 * cpus, "no more than %u kworkers came up", more);
	ktap_ok(object > 0, "the transfers are seen in slabinfo");
	ktap_ok(t.peers, "%u peers had a thread each, for the table", t.peers);
	ktap_ok(z.bytes <= 1536 && object <= 1536,
		"%.0f bytes of memory for one that waits", z.bytes);
	ktap_ok(z.hot_ns <= 3 * alone, "the hot one takes %.2f times as long as alone",
		(double)z.hot_ns / alone);
	crowd_end(&crowd);
	close(dev);
	return ktap_done();
}
