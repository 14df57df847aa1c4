// SPDX-License-Identifier: GPL-2.0
/*
 * Measures one method on one case: rounds that count, after warm-up rounds that do not.
 * Each row is measured in a process of its own: once a process has used io_uring, the
 * ring's worker threads stay and share its descriptors, which makes each later call
 * dearer that looks one up, and each look at the process's clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

#define WARM_UP		2
#define WARM_UP_MANY	3	/* until TCP's windows have grown */
#define MANY		1024	/* connections; with as many, fewer rounds are enough */
#define LEAST_ROUNDS	3
#define CLOCK_READS	32	/* to learn what reading the clock costs */

struct round {
	uint64_t total, sender, receiver;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
}

static uint64_t sender_ns(void)
{
	return now_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* What two looks at the sender's clock, one after the other, seem to take */
static uint64_t clock_cost(void)
{
	static uint64_t cost[CLOCK_READS];

	if (cost[0])
		return cost[CLOCK_READS / 2];
	for (int i = 0; i < CLOCK_READS; i++) {
		uint64_t start = sender_ns();

		cost[i] = sender_ns() - start;
	}
	sort(cost, CLOCK_READS);
	return cost[CLOCK_READS / 2];
}

/*
 * Waits after each call for the receiver's answer.  The wait is no part of the sender's
 * time, because it costs every method the same.
 */
static uint64_t run_lockstep(const struct wire *w, const struct job *j,
			     const struct method *m, unsigned int calls)
{
	uint64_t sum = 0, each = clock_cost();

	for (unsigned int i = 0; i < calls; i++) {
		uint64_t start = sender_ns();

		m->send(j);
		sum += sender_ns() - start - each;
		wire_answered(w);
	}
	return sum;
}

static uint64_t run_stream(const struct job *j, const struct method *m,
			   unsigned int calls)
{
	uint64_t start = sender_ns();

	for (unsigned int i = 0; i < calls; i++)
		m->send(j);
	return sender_ns() - start;
}

static struct round run_part(const struct wire *w, const struct job *j,
			     const struct method *m, enum drink how,
			     unsigned int calls, size_t bytes)
{
	uint64_t start, far;
	struct round r;

	wire_expect(w, bytes, bytes / calls);
	usleep(1000);	/* until the receiver waits in recv() */
	far = wire_receiver_ns(w);
	mark(MARK_BEGIN, 0);
	start = now_ns(CLOCK_MONOTONIC);
	r.sender = how == DRINK_LOCKSTEP ? run_lockstep(w, j, m, calls) :
		   run_stream(j, m, calls);
	r.total = wire_done(w) - start;
	r.receiver = wire_receiver_ns(w) - far;
	return r;
}

/*
 * To measure a single small transfer, sums up many of them, each of which finds the
 * connection empty.  Transfers that follow each other would overlap in one of several
 * patterns, which would change the result.
 */
static struct round run_once(const struct bench_case *c, const struct wire *w,
			     const struct job *j, const struct method *m)
{
	struct round sum = { 0 };

	if (!c->live)
		return run_part(w, j, m, c->how,
				case_passes(c) / (m->files ? m->files : 1),
				case_bytes(c));
	for (unsigned int i = 0; i < c->times; i++) {
		struct round r = run_part(w, j, m, c->how, 1, c->size);

		sum.total += r.total;
		sum.sender += r.sender;
		sum.receiver += r.receiver;
	}
	return sum;
}

/*
 * Bulk: each round has a new connection.  How much an old connection has in flight
 * depends on its whole past, and so does the share of the network stack's work that
 * each of the two processes does.  Responses: one connection, kept alive.  Many
 * connections: kept alive too, because TCP's windows grow with age; otherwise a case
 * with few old connections would be compared with one of thousands of new ones.
 */
static bool kept_alive(const struct bench_case *c)
{
	return c->times || c->how == DRINK_POLLED;
}

static void measure_here(const struct bench_case *c, struct job *j, const struct method *m,
			 const struct settings *with, uint32_t row, struct figures *f)
{
	bool slow = (m->slow || c->ring >= MANY) && with->rounds > LEAST_ROUNDS;
	unsigned int n = slow ? LEAST_ROUNDS : with->rounds;
	unsigned int warm = c->how == DRINK_POLLED ? WARM_UP_MANY : slow ? 1 : WARM_UP;
	struct wire w;

	mark(MARK_WARM_UP, c->no_caches ? 0 : MARK_CACHES);
	for (unsigned int i = 0; i < warm + n; i++) {
		struct round r;

		if (!i || !kept_alive(c))
			wire_open(&w, c->ring ? c->ring : 1, with->nodelay, c->how);
		j->sock = w.sock;
		j->socks = w.socks;
		if (i == warm)
			mark(MARK_ROW, row);
		r = run_once(c, &w, j, m);
		if (i + 1 == warm + n || !kept_alive(c))
			wire_close(&w);
		if (i < warm)
			continue;
		if (with->each)
			printf("  %u: %.0f %.0f\n", i - warm + 1,
			       r.total * 1024.0 / case_bytes(c),
			       r.sender * 1024.0 / case_bytes(c));
		f->total[i - warm] = r.total;
		f->sender[i - warm] = r.sender;
		f->receiver[i - warm] = r.receiver;
	}
	mark(MARK_ROW_END, 0);
	f->mark = row;
	f->nr = n;
	sort(f->total, n);
	sort(f->sender, n);
	sort(f->receiver, n);
}

void measure(const struct bench_case *c, struct job *j, const struct method *m,
	     const struct settings *with, struct figures *f)
{
	static uint32_t row;
	struct figures *there = mmap(NULL, sizeof(*there), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (there == MAP_FAILED)
		fail("memory");
	row++;
	fflush(NULL);
	OR_FAIL(pid = fork());
	if (!pid) {
		measure_here(c, j, m, with, row, there);
		fflush(NULL);
		_exit(0);
	}
	OR_FAIL(waitpid(pid, &status, 0));
	if (status)
		exit(1);
	*f = *there;
	munmap(there, sizeof(*there));
}
