// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Before a seccomp filter for all threads, the interposer waits until each thread that
 * may have looked for filters has got processor time, or sleeps in the kernel.  Threads
 * that want the same processor get it after milliseconds only.
 * sources: user/shim/settle.c
 */
#include "ktap.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../user/shim/shim.h"

#define THREADS		12
#define ENOUGH_NS	2000000		/* processor time that each must have got */

static bool over;
static clockid_t clocks[THREADS];

long shim_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return syscall(nr, a, b, c, d, e, f);
}

static int64_t ns_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *spin(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		;
	return NULL;
}

static void *sleeper(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		usleep(100000);
	return NULL;
}

/* The least processor time that a thread got while shim_settle() waited */
static int64_t least_of(unsigned int nr, void *(*run)(void *unused), int64_t *took)
{
	int64_t before[THREADS], got, least = INT64_MAX;
	pthread_t t[THREADS];

	over = false;
	for (unsigned int i = 0; i < nr; i++)
		if (pthread_create(&t[i], NULL, run, NULL) ||
		    pthread_getcpuclockid(t[i], &clocks[i]))
			die("a thread");
	usleep(20000);
	for (unsigned int i = 0; i < nr; i++)
		before[i] = ns_of(clocks[i]);
	*took = ns_of(CLOCK_MONOTONIC);
	shim_settle();
	*took = ns_of(CLOCK_MONOTONIC) - *took;
	for (unsigned int i = 0; i < nr; i++) {
		got = ns_of(clocks[i]) - before[i];
		least = got < least ? got : least;
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(t[i], NULL);
	return least;
}

/* The shortest of three waits: a machine may pause. */
static int64_t shortest(unsigned int nr)
{
	int64_t took, least = INT64_MAX;

	for (unsigned int i = 0; i < 3; i++) {
		least_of(nr, sleeper, &took);
		least = took < least ? took : least;
	}
	return least;
}

int main(void)
{
	int64_t least, took;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("a processor");
	took = shortest(0);
	ktap_ok(took < 1000000000, "alone it does not wait: %lld us", (long long)took / 1000);
	took = shortest(THREADS);
	ktap_ok(took < 1000000000, "nor for threads that sleep: %lld us",
		(long long)took / 1000);
	least = least_of(THREADS, spin, &took);
	ktap_ok(least >= ENOUGH_NS, "each of %d threads on one processor ran, %lld us at least",
		THREADS, (long long)least / 1000);
	note("%lld us", (long long)took / 1000);
	return ktap_done();
}
