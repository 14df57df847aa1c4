// SPDX-License-Identifier: GPL-2.0
/*
 * Synchronous and asynchronous senders run under many signals, while other threads
 * close, shut down, reset and replace the sockets and the device that they use.  No
 * call returns an unexpected error, and everything comes to rest.
 * guest: timeout=30
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define SIZE	(1 << 20)
#define SENDERS	3
#define LIMIT_MS 20000

static int devs[2], file;
static struct pair socks[SENDERS];
static volatile bool stop;
static unsigned int calls, completions, strange;

static void on_alarm(int sig)
{
	(void)sig;
}

/* Errors that are allowed while other threads close and replace descriptors */
static bool may_be(int err)
{
	switch (-err) {
	case EBADF: case ENOTSOCK: case ENOTTY: case ENOTCONN: case EPIPE:
	case EINTR: case ECANCELED: case EAGAIN: case EOPNOTSUPP: case EISDIR:
	case EINVAL:
		return true;
	}
	return false;
}

static void *sender(void *arg)
{
	unsigned int me = (uintptr_t)arg, seed = me;

	while (!stop) {
		struct zcopy_result res;
		struct raw q;
		int dev = devs[rand_r(&seed) & 1];
		int ret;

		raw_fill(&q, socks[me].near, file, 0, SIZE >> (rand_r(&seed) % 6));
		ret = rand_r(&seed) & 1 ? raw_send(dev, &q) : raw_submit(dev, &q);
		__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
		if (ret && !may_be(ret)) {
			note("send or submit: %d", ret);
			__atomic_add_fetch(&strange, 1, __ATOMIC_RELAXED);
		}
		ret = dev_wait(dev, 0, &res, 1, rand_r(&seed) & 1, 2);
		if (ret == 1)
			__atomic_add_fetch(&completions, 1, __ATOMIC_RELAXED);
		if (ret < 0 && !may_be(ret)) {
			note("wait: %d", ret);
			__atomic_add_fetch(&strange, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void *reader(void *unused)
{
	static char buf[65536];
	unsigned int i;

	(void)unused;
	while (!stop) {
		for (i = 0; i < SENDERS; i++)
			(void)!recv(socks[i].far, buf, sizeof(buf), MSG_DONTWAIT);
		usleep(500);
	}
	return NULL;
}

/* Ends a connection in one of several ways; new sockets take the old numbers at once. */
static void replace(unsigned int i, unsigned int how)
{
	struct pair s;

	if (how == 0)
		shutdown(socks[i].near, SHUT_WR);
	else if (how == 1)
		shutdown(socks[i].far, SHUT_RDWR);
	else if (how == 2)
		dev_cancel(devs[i & 1], 0);
	if (how < 3)
		usleep(300);
	s = pair_open(how & 1);
	dup3(s.near, socks[i].near, O_CLOEXEC);
	dup3(s.far, socks[i].far, O_CLOEXEC);
	close(s.near);
	close(s.far);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval it = { { 0, 1500 }, { 0, 1500 } };
	pthread_t threads[SENDERS + 1];
	unsigned int i, seed = 7, turns = 0;
	uint64_t start = now_ms();

	file = file_to_read("source", SIZE);
	for (i = 0; i < 2; i++)
		devs[i] = dev_open(0);
	for (i = 0; i < SENDERS; i++)
		socks[i] = pair_open(true);
	sigaction(SIGALRM, &sa, NULL);
	for (i = 0; i < SENDERS; i++)
		pthread_create(&threads[i], NULL, sender, (void *)(uintptr_t)i);
	pthread_create(&threads[SENDERS], NULL, reader, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	while (now_ms() - start < LIMIT_MS) {
		usleep(rand_r(&seed) % 5000);
		replace(rand_r(&seed) % SENDERS, rand_r(&seed) % 4);
		if (++turns % 8 == 0) {
			int dev = dev_open(0);

			dup3(dev, devs[turns / 8 & 1], O_CLOEXEC);
			close(dev);
		}
	}
	stop = true;
	for (i = 0; i < SENDERS; i++)
		shutdown(socks[i].near, SHUT_RDWR);
	for (i = 0; i <= SENDERS; i++)
		pthread_join(threads[i], NULL);
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	note("%u calls, %u completions, %u changes", calls, completions, turns);
	ktap_eq(strange, 0, "no call returned what it must not");
	ktap_ok(calls > 20 && completions > 5, "there was something going on");
	close(devs[0]);
	close(devs[1]);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

