/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict on one row of the table of what can sleep.  Many transfers of one
 * user sleep; transfers of another user must go on meanwhile; workers and memory
 * must stay within their limits; and all transfers must end after the wake-up.
 * Include it next to ktap.h, in one file of a program.
 */
#ifndef ZCOPY_TESTS_SLEEPERS_H
#define ZCOPY_TESTS_SLEEPERS_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "beside.h"
#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "users.h"

#define SLEEPERS_USER	1001	/* the user whose transfers sleep */
#define SLEEPERS_OTHER	1002	/* the user whose transfers must not */
#define SLEEPERS_MOST	128
/* Delay that nine of ten of the other user's transfers may have over running alone */
#define SLEEPERS_MS	(100.0 * guest_scale())
/* Threads that the module may have for both users */
#define SLEEPERS_WORKERS 64
/* KiB of kernel memory for both users, including sockets and the data they hold */
#define SLEEPERS_KIB	(40 * 1024)

struct flight {
	struct pair s;
	int file;
	uint64_t id;
	char *map;
	pthread_t thread;
};

/* The test (as root) sets it to tell the sleeping user's process to go on. */
static volatile int *sleeper_told;

static struct beside sleeper_alone;

/* In the process of the sleeping user */
static int sleeper_dev;
static struct flight sleeper_flights[SLEEPERS_MOST];

struct sleeper {
	const char *name;
	unsigned int nr;			/* transfers */
	double busy_ms;				/* extra delay because the CPUs are busy */
	bool (*prepare)(void);			/* as root; false: cannot run here */
	void (*attack)(unsigned int nr);	/* as the user: submits the transfers */
	void (*asleep)(unsigned int nr);	/* as root: waits until they sleep */
	void (*also)(void);			/* as root: checks more */
	void (*wake)(void);			/* as root: ends the sleep */
	void (*finish)(unsigned int nr);	/* as the user, after wake */
	void (*clean)(void);			/* as root, after the user's process ended */
};

__attribute__((unused))
static void sleeper_submit(struct flight *f, int file, uint64_t off, uint64_t len)
{
	struct raw q;

	raw_fill(&q, f->s.near, file, off, len);
	if (raw_submit(sleeper_dev, &q))
		die("submit");
	f->id = q.s.id;
}

/* The user's process waits here until the test tells it to go on. */
static void sleeper_wait(void)
{
	while (!*sleeper_told)
		sleep_ms(5);
}

/* Reads what has come; false: nothing more will come. */
static bool sleeper_drain_one(int peer)
{
	static char buf[65536];
	ssize_t n;

	do {
		n = recv(peer, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n > 0);
	return n && (errno == EAGAIN || errno == EINTR);
}

/*
 * Sleeps until bytes come, because the CPU is for the transfers that are measured, and
 * then for a moment, so that more bytes come at once.  Flights may join later.
 */
static void *sleeper_drain_run(void *arg)
{
	bool over[SLEEPERS_MOST] = { 0 };
	struct pollfd p[SLEEPERS_MOST];
	uintptr_t nr = (uintptr_t)arg;

	sleeper_wait();
	for (;;) {
		for (unsigned int i = 0; i < nr; i++) {
			int peer = sleeper_flights[i].s.far;

			p[i] = (struct pollfd){ .fd = peer && !over[i] ? peer : -1,
						.events = POLLIN };
		}
		if (poll(p, nr, 50) > 0)
			for (unsigned int i = 0; i < nr; i++)
				if (p[i].revents)
					over[i] = !sleeper_drain_one(p[i].fd);
		sleep_ms(5);
	}
	return NULL;
}

/* Starts a thread that reads from all peers once the test tells it to go on. */
static void sleeper_drain_later(unsigned int nr)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleeper_drain_run, (void *)(uintptr_t)nr))
		die("a thread");
}

/* All peers read from now on. */
__attribute__((unused)) static void sleeper_drain(unsigned int nr)
{
	*sleeper_told = 1;
	sleeper_drain_later(nr);
}

static void sleeper_run(struct user *me, void *arg)
{
	const struct sleeper *w = arg;
	long unused;

	sleeper_dev = dev_open(0);
	w->attack(w->nr);
	user_say(me, w->nr);
	user_hear(me, &unused, -1);
	if (w->finish)
		w->finish(w->nr);
	user_say(me, dev_gather(sleeper_dev, w->nr, 20000 * guest_scale()));
	user_hear(me, &unused, -1);
}

static bool sleeper_in_time(enum beside_kind kind, const struct beside_time *t,
			    void *arg)
{
	const struct sleeper *w = arg;

	return t->done == t->times &&
	       t->often_ms <= SLEEPERS_MS + w->busy_ms * guest_scale() +
			      sleeper_alone.time[kind].often_ms;
}

/* Measures the other user's transfers, and gives the verdict. */
static void sleeper_beside(const struct sleeper *w)
{
	struct beside b;

	beside_measure_until(&b, SLEEPERS_OTHER, sleeper_in_time, (void *)w);
	for (unsigned int i = 0; i < BESIDE_NR; i++) {
		const struct beside_time *t = &b.time[i];

		if (t->none)
			ktap_skip("%s: %s: not here", w->name, beside_name(i));
		else
			ktap_ok(sleeper_in_time(i, t, (void *)w),
				"%s: another user's %s: %.1f ms, %.1f often, %.1f at most, %u of %u done",
				w->name, beside_name(i), t->median_ms, t->often_ms,
				t->most_ms, t->done, t->times);
	}
}

/* Runs one row.  False: it cannot run here. */
__attribute__((unused)) static bool sleeper_row(const struct sleeper *w)
{
	uint64_t memory, then;
	unsigned int workers, threads;
	struct user u;
	long nr = 0;

	if (w->prepare && !w->prepare()) {
		ktap_skip("%s: not here", w->name);
		return false;
	}
	*sleeper_told = 0;
	memory = users_kernel_memory();
	threads = users_kernel_threads();
	user_start(&u, SLEEPERS_USER, sleeper_run, (void *)w);
	if (!user_hear(&u, &nr, 30000 * guest_scale()))
		note("%s: submissions do not return", w->name);
	if (w->asleep)
		w->asleep(w->nr);
	else
		sleep_ms(500 * guest_scale());
	sleeper_beside(w);
	workers = users_workers();
	note("%s: %u workers, %d threads and %lld KiB more in the kernel", w->name,
	     workers, (int)(users_kernel_threads() - threads),
	     (long long)(users_kernel_memory() - memory));
	if (w->also)
		w->also();
	ktap_ok(workers <= SLEEPERS_WORKERS, "%s: %u workers", w->name, workers);
	ktap_ok(users_kernel_memory() < memory + SLEEPERS_KIB, "%s: memory is bounded",
		w->name);

	then = now_ms();
	if (w->wake)
		w->wake();
	user_say(&u, 0);
	nr = 0;
	user_hear(&u, &nr, 30000 * guest_scale());
	ktap_eq(nr, w->nr, "%s: all end", w->name);
	note("%s: %llu ms after it woke", w->name,
	     (unsigned long long)(now_ms() - then));
	user_say(&u, 0);
	if (!user_ends(&u, 10000 * guest_scale())) {
		ktap_ok(0, "%s: its process ends", w->name);
		user_kill(&u);
	}
	if (w->clean)
		w->clean();
	ktap_ok(counters_rest(), "%s: at rest", w->name);
	return true;
}

__attribute__((unused)) static void sleepers_begin(void)
{
	const struct beside_time *t = sleeper_alone.time;

	sleeper_told = mmap(NULL, sizeof(*sleeper_told), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sleeper_told == MAP_FAILED)
		die("shared memory");
	users_allow();
	beside_prepare();
	beside_measure(&sleeper_alone, SLEEPERS_OTHER, SLEEPERS_MS / 2);
	for (unsigned int i = 0; i < BESIDE_NR; i++)
		if (!t[i].none)
			note("alone: %s: %.1f ms, %.1f often, %.1f at most",
			     beside_name(i), t[i].median_ms, t[i].often_ms,
			     t[i].most_ms);
}

__attribute__((unused)) static int sleepers_end(void)
{
	beside_end();
	return ktap_done();
}

#endif /* ZCOPY_TESTS_SLEEPERS_H */
