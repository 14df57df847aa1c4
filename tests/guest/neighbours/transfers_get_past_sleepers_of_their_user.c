// SPDX-License-Identifier: GPL-2.0
/*
 * The module wakes as many idle workers as it has transfers for them.  When the
 * first of these transfers make them sleep, for a socket lock that a program holds,
 * the remaining transfers must not wait until they wake.  All are cancelled, or run
 * out of time, in the same moment, so that no later transfer asks for more workers.
 *
 * A cancel tells the youngest transfer first, and timers that expire together run
 * from the last one set to the first; therefore the youngest transfers are those
 * that sleep.  Workers are pinned to the CPU that tells them, where they cannot run
 * before all are told.
 * guest: timeout=150 takes=11
 */
#include "ktap.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "held.h"
#include "peers.h"
#include "users.h"

#define EACH	(1 * MIB)
#define MOVING	6			/* transfers that nothing holds up */
#define MOST	32			/* all transfers of a row */
#define BUSY	8			/* transfers that workers come for */
/* Of time, in the rows that have one; twice as much when it was over before they began */
#define LIMIT_MS (5000 * guest_scale())
#define MOST_LIMIT_MS (8 * LIMIT_MS)
#define IDLE_MS	4000			/* workers stay for so long without a job */
#define PATIENCE_MS 30000		/* what is held up never comes */

struct row {
	const char *name;
	unsigned int status;
	bool deadline, idle;
};

static const struct row rows[] = {
	{ .name = "cancelled", .status = ZCOPY_STATUS_CANCELLED },
	{ .name = "out of time", .status = ZCOPY_STATUS_DEADLINE, .deadline = true },
	{ .name = "idle", .status = ZCOPY_STATUS_IDLE, .idle = true },
};

static int file;
static unsigned int cpus;

static void stay_here(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		die("one CPU");
}

/* Starts one worker for each CPU; all of them are idle afterwards.  Returns how many. */
static unsigned int have_workers(void)
{
	struct reader r[BUSY];
	struct zcopy_result res[BUSY];
	unsigned int nr = 0, tries;
	int dev = dev_open(0);
	struct pair s[BUSY];
	struct raw q;

	for (tries = 0; tries < 5 && nr < cpus; tries++) {
		for (unsigned int i = 0; i < BUSY; i++) {
			s[i] = pair_open(true);
			raw_fill(&q, s[i].near, file, 0, EACH);
			if (raw_submit(dev, &q))
				die("submit");
		}
		for (unsigned int i = 0; i < BUSY; i++)
			reader_expect(&r[i], s[i].far, EACH);
		if (dev_wait(dev, 0, res, BUSY, BUSY, 60000) != BUSY)
			die("transfers that workers come for");
		for (unsigned int i = 0; i < BUSY; i++) {
			reader_got(&r[i]);
			close(s[i].near);
			close(s[i].far);
		}
		nr = users_pin_workers();
	}
	close(dev);
	/* What the module runs to look after the workers comes to rest, too. */
	sleep_ms(300 * guest_scale());
	return nr;
}

static bool has_limit(const struct row *row)
{
	return row->deadline || row->idle;
}

static void submit(int dev, int sock, const struct row *row, uint64_t end)
{
	struct raw q;

	raw_fill(&q, sock, file, 0, EACH);
	if (row->deadline)
		q.s.deadline_ns = end - now_ns();
	if (row->idle)
		q.s.idle_ns = end - now_ns();
	if (raw_submit(dev, &q))
		die("submit");
}

/* Everything that a row prepares */
struct ready {
	int dev;
	struct pair s[MOST];
	unsigned int nr, workers;
	struct held held;
	bool locked;
	uint64_t end;			/* of the transfers' time */
};

static void prepare(struct ready *r, const struct row *row, unsigned int limit_ms)
{
	uint64_t then, spare;

	*r = (struct ready){ .dev = dev_open(0), .nr = MOVING + cpus };
	r->end = now_ns() + limit_ms * 1000000ULL;
	if (!held_begin(&r->held))
		ktap_skip_all("no userfaultfd here");
	for (unsigned int i = 0; i < r->nr; i++) {
		r->s[i] = pair_open(true);
		submit(r->dev, r->s[i].near, row, r->end);
	}
	for (unsigned int i = MOVING; i < r->nr; i++)
		held_lock(&r->held, &r->s[i]);
	r->locked = held_all(&r->held, PATIENCE_MS);
	/* Again if there is time left for it: workers that are idle for 5 s end. */
	do {
		then = now_ns();
		r->workers = have_workers();
		spare = 2 * (now_ns() - then);
		if (spare < IDLE_MS * 1000000ULL)
			spare = IDLE_MS * 1000000ULL;
	} while (has_limit(row) && now_ns() + spare < r->end);
}

/* Ends all transfers without a pause.  False: their time was over before. */
static bool end_all(const struct ready *r, const struct row *row)
{
	if (!has_limit(row)) {
		dev_cancel(r->dev, 0);
		return true;
	}
	while (now_ns() + 200000000 < r->end)
		sleep_ms(50);
	if (now_ns() > r->end)
		return false;
	/* Spins, because another CPU may run the timers of a CPU that is idle. */
	while (now_ns() < r->end + 20000000)
		;
	return true;
}

static unsigned int ended_as(const struct row *row, const struct zcopy_result *res,
			     int got)
{
	unsigned int nr = 0;

	for (int i = 0; i < got; i++)
		nr += res[i].status == row->status;
	return nr;
}

static void judge(struct ready *r, const struct row *row, bool in_time)
{
	struct zcopy_result res[MOST];
	unsigned int nr = r->nr;
	int got;

	ktap_ok(r->locked, "%s: the sockets of %u are locked", row->name, cpus);
	ktap_ok(r->workers >= cpus, "%s: %u workers are idle", row->name, r->workers);
	if (has_limit(row))
		ktap_ok(in_time, "%s: before their time is over", row->name);
	got = dev_wait(r->dev, 0, res, MOVING, MOVING, PATIENCE_MS);
	ktap_eq(got, MOVING, "%s: all others end", row->name);
	ktap_eq(ended_as(row, res, got), got, "%s: as they should", row->name);
	ktap_eq(dev_wait(r->dev, 0, res, 1, 1, 0), 0, "%s: those sleep still", row->name);
	held_end(&r->held);
	for (nr -= got; nr; nr -= got) {
		got = dev_wait(r->dev, 0, res, MOST, 1, PATIENCE_MS);
		if (got <= 0)
			break;
	}
	ktap_eq(nr, 0, "%s: then they end, too", row->name);
}

/* False: it took too long to prepare, and nothing was judged. */
static bool try_row(const struct row *row, unsigned int limit_ms)
{
	static struct ready r;
	bool in_time, judged;

	prepare(&r, row, limit_ms);
	in_time = end_all(&r, row);
	judged = in_time || limit_ms >= MOST_LIMIT_MS;
	if (judged)
		judge(&r, row, in_time);
	else
		held_end(&r.held);
	for (unsigned int i = 0; i < r.nr; i++) {
		close(r.s[i].near);
		close(r.s[i].far);
	}
	close(r.dev);
	return judged;
}

static void each_row(const struct row *row)
{
	unsigned int ms = LIMIT_MS;

	while (!try_row(row, ms)) {
		note("%s: not ready in %u ms", row->name, ms);
		ms *= 2;
		if (!counters_rest())
			die("transfers that do not end");
	}
	ktap_ok(counters_rest(), "%s: at rest", row->name);
}

int main(void)
{
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > MOST - MOVING)
		ktap_skip_all("too many CPUs");
	file = file_to_read("file", EACH);
	stay_here();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		each_row(&rows[i]);
	return ktap_done();
}

