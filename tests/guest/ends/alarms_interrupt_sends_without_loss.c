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

#include "life.h"

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

static void *read_slowly(void *arg)
{
	struct life_reader *r = arg;
	sigset_t set;
	long got;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (r->got < (long)r->want) {
		got = life_check(r->sock, r->got, 262144);
		if (got <= 0)
			break;
		r->got += got;
		usleep(2000);
	}
	return NULL;
}

static void sync_storm(int dev, int file, bool restart)
{
	struct life_reader reader = { .want = SIZE };
	unsigned int calls = 0, broken = 0, bad = 0;
	struct life_req q;
	uint64_t at = 0;
	int s[2], ret;

	life_pair(s, true);
	reader.sock = s[1];
	storm(0, restart);
	pthread_create(&reader.thread, NULL, read_slowly, &reader);
	storm(2000, restart);
	while (at < SIZE && !bad) {
		life_req(&q, s[0], file, at, SIZE - at);
		ret = life_send(dev, &q);
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
		ktap_note("returned %d, status %u, error %u", ret, q.r.status,
			  q.r.error);
	close(s[0]);
	pthread_join(reader.thread, NULL);
	ktap_eq(bad, 0, "restart %d: done, or cancelled by a signal", restart);
	ktap_eq(reader.got, SIZE, "restart %d: the stream is exact", restart);
	ktap_ok(broken, "restart %d: %u of %u calls were cut short by %d alarms",
		restart, broken, calls, (int)alarms);
	close(s[1]);
}

/* Completions are collected once each, whatever interrupts the collector. */
static void wait_storm(int dev, int file)
{
	static struct zcopy_result res[64];
	struct life_reader reader = { .want = 64 << 16 };
	struct life_req q;
	unsigned int i;
	int s[2];

	life_pair(s, true);
	reader.sock = s[1];
	pthread_create(&reader.thread, NULL, read_slowly, &reader);
	storm(500, true);
	for (i = 0; i < 64; i++) {
		life_req(&q, s[0], file, i << 16, 1 << 16);
		while (life_submit(dev, &q) == -EINTR)
			;
	}
	ktap_ok(!life_collect(dev, res, 64), "collecting under alarms loses nothing");
	storm(0, true);
	pthread_join(reader.thread, NULL);
	ktap_eq(reader.got, 64 << 16, "the stream is exact");
	close(s[0]);
	close(s[1]);
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
	struct life_req q;
	pthread_t thread;
	int s[2], ret, fd = memfd_create("holes", 0);
	uint64_t start;

	if (ftruncate(fd, 1LL << 40))
		ktap_bail("ftruncate");
	life_pair(s, false);
	pthread_create(&thread, NULL, devour, &s[1]);
	alarms = 0;
	life_req(&q, s[0], fd, 0, 1LL << 40);
	start = life_ms();
	/* More than one, because the first may come before the send begins. */
	storm(100000, true);
	ret = life_send(dev, &q);
	storm(0, true);
	ktap_ok(ret == 0 && q.r.status == ZCOPY_STATUS_CANCELLED,
		"a send to a fast reader is cut short too");
	ktap_ok(life_ms() - start < 30000, "soon");
	ktap_note("%llu bytes in %llu ms", (unsigned long long)q.r.bytes,
		  (unsigned long long)(life_ms() - start));
	close(s[0]);
	pthread_join(thread, NULL);
	close(s[1]);
	close(fd);
}

int main(void)
{
	int dev = life_open();
	int file = life_file("source", SIZE);

	sync_storm(dev, file, true);
	sync_storm(dev, file, false);
	wait_storm(dev, file);
	fast_reader(dev);
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
