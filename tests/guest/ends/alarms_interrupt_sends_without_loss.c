// SPDX-License-Identifier: GPL-2.0
/*
 * Many signals arrive during a synchronous send: each call ends with the count of
 * bytes sent so far, and continuing from there gives an exact stream.  The test
 * also covers waits for completions during the signals, and a send to a fast
 * reader: its socket is never full, but a signal must end that send too.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define SIZE	(16 << 20)

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void storm(unsigned int us, bool restart)
{
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = restart ? SA_RESTART : 0 };
	struct itimerval it = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

/* It is interrupted by no alarm. */
struct slow_reader {
	pthread_t thread;
	int sock;
	size_t want;
	long got;		/* up to the first wrong byte */
};

static void *read_slowly(void *arg)
{
	struct slow_reader *r = arg;
	sigset_t set;
	long got;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (r->got < (long)r->want) {
		got = sock_check(r->sock, r->got, 262144);
		if (got <= 0)
			break;
		r->got += got;
		usleep(2000);
	}
	return NULL;
}

static void sync_storm(int dev, int file, bool restart)
{
	struct slow_reader reader = { .want = SIZE };
	unsigned int calls = 0, broken = 0, bad = 0;
	struct raw q;
	uint64_t at = 0;
	int ret;
	struct pair s = pair_open(true);

	reader.sock = s.far;
	storm(0, restart);
	pthread_create(&reader.thread, NULL, read_slowly, &reader);
	storm(2000 * guest_scale(), restart);
	while (at < SIZE && !bad) {
		raw_fill(&q, s.near, file, at, SIZE - at);
		ret = raw_send(dev, &q);
		calls++;
		if (ret == -EINTR)
			continue;
		bad = ret || !(q.r.status == ZCOPY_STATUS_DONE ||
			       (q.r.status == ZCOPY_STATUS_CANCELLED &&
				q.r.error == EINTR));
		broken += q.r.status != ZCOPY_STATUS_DONE;
		at += q.r.bytes;
	}
	storm(0, restart);
	if (bad)
		note("returned %d, status %u, error %u", ret, q.r.status,
		     q.r.error);
	close(s.near);
	pthread_join(reader.thread, NULL);
	ktap_eq(bad, 0, "restart %d: done, or cancelled by a signal", restart);
	ktap_eq(reader.got, SIZE, "restart %d: the stream is exact", restart);
	ktap_ok(broken, "restart %d: %u of %u calls were cut short by %d alarms",
		restart, broken, calls, (int)alarms);
	close(s.far);
}

/* Completions are collected once each, whatever interrupts the collector. */
static void wait_storm(int dev, int file)
{
	static struct zcopy_result res[64];
	struct slow_reader reader = { .want = 64 << 16 };
	struct raw q;
	unsigned int i;
	struct pair s = pair_open(true);

	reader.sock = s.far;
	pthread_create(&reader.thread, NULL, read_slowly, &reader);
	storm(500 * guest_scale(), true);
	for (i = 0; i < 64; i++) {
		raw_fill(&q, s.near, file, i << 16, 1 << 16);
		while (raw_submit(dev, &q) == -EINTR)
			;
	}
	ktap_ok(!dev_collect(dev, res, 64), "collecting under alarms loses nothing");
	storm(0, true);
	pthread_join(reader.thread, NULL);
	ktap_eq(reader.got, 64 << 16, "the stream is exact");
	close(s.near);
	close(s.far);
}

static void *devour(void *arg)
{
	int sock = *(int *)arg;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	/* TCP itself discards the bytes, which is the fastest way to read. */
	while (recv(sock, NULL, 1 << 30, MSG_TRUNC) > 0)
		;
	return NULL;
}

static void fast_reader(int dev)
{
	struct raw q;
	pthread_t thread;
	int ret, fd = memfd_create("holes", 0);
	struct pair s;
	uint64_t start;

	if (ftruncate(fd, 1LL << 40))
		die("ftruncate");
	s = pair_open(false);
	pthread_create(&thread, NULL, devour, &s.far);
	alarms = 0;
	raw_fill(&q, s.near, fd, 0, 1LL << 40);
	start = now_ms();
	/* More than one, because the first may come before the send begins. */
	storm(100000, true);
	ret = raw_send(dev, &q);
	storm(0, true);
	ktap_ok(ret == 0 && q.r.status == ZCOPY_STATUS_CANCELLED,
		"a send to a fast reader is cut short too");
	ktap_ok(now_ms() - start < 30000, "soon");
	note("%llu bytes in %llu ms", (unsigned long long)q.r.bytes,
	     (unsigned long long)(now_ms() - start));
	close(s.near);
	pthread_join(thread, NULL);
	close(s.far);
	close(fd);
}

int main(void)
{
	int dev = dev_open(0);
	int file = file_to_read("source", SIZE);

	sync_storm(dev, file, true);
	sync_storm(dev, file, false);
	wait_storm(dev, file);
	fast_reader(dev);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

