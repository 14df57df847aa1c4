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
 * guest: timeout=90
 */
#include "ktap.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "held.h"
#include "life.h"
#include "users.h"

#define EACH	(1 * MIB)
#define MOVING	6			/* transfers that nothing holds up */
#define MOST	32			/* all transfers of a row */
#define BUSY	8			/* transfers that workers come for */
/* Of time, in the rows that have one: a busy host may take long to prepare them. */
#define LIMIT_MS (5000 * guest_scale())
#define SOON_MS	(2000 * (int)guest_scale())

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
		ktap_bail("one CPU");
}

/* Starts one worker for each CPU; all of them are idle afterwards. */
static void have_workers(void)
{
	struct life_reader r[BUSY];
	struct zcopy_result res[BUSY];
	unsigned int nr = 0, tries;
	int dev = life_open(), s[BUSY][2];
	struct life_req q;

	for (tries = 0; tries < 5 && nr < cpus; tries++) {
		for (unsigned int i = 0; i < BUSY; i++) {
			life_pair(s[i], true);
			life_req(&q, s[i][0], file, 0, EACH);
			if (life_submit(dev, &q))
				ktap_bail("submit");
		}
		for (unsigned int i = 0; i < BUSY; i++)
			life_reader_start(&r[i], s[i][1], EACH);
		if (life_wait(dev, 0, res, BUSY, BUSY, 20000) != BUSY)
			ktap_bail("transfers that workers come for");
		for (unsigned int i = 0; i < BUSY; i++) {
			life_reader_join(&r[i]);
			close(s[i][0]);
			close(s[i][1]);
		}
		nr = users_pin_workers();
	}
	close(dev);
	/* What the module runs to look after the workers comes to rest, too. */
	life_nap(300 * guest_scale());
	ktap_ok(nr >= cpus, "%u workers are idle", nr);
}

static bool has_limit(const struct row *row)
{
	return row->deadline || row->idle;
}

static void submit(int dev, int sock, const struct row *row, uint64_t end)
{
	struct life_req q;

	life_req(&q, sock, file, 0, EACH);
	if (row->deadline)
		q.s.deadline_ns = end - now_ns();
	if (row->idle)
		q.s.idle_ns = end - now_ns();
	if (life_submit(dev, &q))
		ktap_bail("submit");
}

/* Ends all transfers without a pause. */
static void end_all(int dev, const struct row *row, uint64_t end)
{
	while (has_limit(row) && now_ns() + 200000000 < end)
		sleep_ms(50);
	/* Spins, because another CPU may run the timers of a CPU that is idle. */
	while (has_limit(row) && now_ns() < end + 20000000)
		;
	if (!has_limit(row))
		life_cancel(dev, 0);
}

static unsigned int ended_as(const struct row *row, const struct zcopy_result *res,
			     int got)
{
	unsigned int nr = 0;

	for (int i = 0; i < got; i++)
		nr += res[i].status == row->status;
	return nr;
}

static void try_row(const struct row *row)
{
	uint64_t end = now_ns() + LIMIT_MS * 1000000ULL;
	struct zcopy_result res[MOST];
	unsigned int nr = MOVING + cpus;
	int dev = life_open(), s[MOST][2], got;
	struct held held;

	if (!held_begin(&held))
		ktap_skip_all("no userfaultfd here");
	for (unsigned int i = 0; i < nr; i++) {
		life_pair(s[i], true);
		submit(dev, s[i][0], row, end);
	}
	for (unsigned int i = MOVING; i < nr; i++)
		held_lock(&held, s[i]);
	ktap_ok(held_all(&held, 2000 * guest_scale()), "%s: the sockets of %u are locked",
		row->name, cpus);
	have_workers();
	if (has_limit(row))
		ktap_ok(now_ns() < end, "%s: before their time is over", row->name);
	end_all(dev, row, end);

	got = life_wait(dev, 0, res, MOVING, MOVING, SOON_MS);
	ktap_eq(got, MOVING, "%s: all others end", row->name);
	ktap_eq(ended_as(row, res, got), got, "%s: as they should", row->name);
	ktap_eq(life_wait(dev, 0, res, 1, 1, 0), 0, "%s: those sleep still", row->name);
	held_end(&held);
	for (nr -= got; nr; nr -= got) {
		got = life_wait(dev, 0, res, MOST, 1, 10000 * guest_scale());
		if (got <= 0)
			break;
	}
	ktap_eq(nr, 0, "%s: then they end, too", row->name);
	for (unsigned int i = 0; i < MOVING + cpus; i++) {
		close(s[i][0]);
		close(s[i][1]);
	}
	close(dev);
	ktap_ok(life_rest(), "%s: at rest", row->name);
}

int main(void)
{
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > MOST - MOVING)
		ktap_skip_all("too many CPUs");
	file = life_file("file", EACH);
	stay_here();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
	return ktap_done();
}
