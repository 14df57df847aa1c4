// SPDX-License-Identifier: GPL-2.0
/*
 * The budget of a limited cgroup gives workers what the quota gives, less what the
 * cgroup's own tasks use, but half of it at least, whatever the quota, the length of turns
 * and the number of workers.  A debt is paid.  Weights become nice values.
 * sources: kmod/budget.c
 */
#include "ktap.h"

#include <string.h>

#include "../../kmod/budget.h"

#define US	1000ULL
#define MS	(1000 * US)
#define SEC	(1000 * MS)
#define START	(1000 * SEC)

struct run {
	struct zc_budget b;
	u64 now;
	u64 own;		/* used by the cgroup itself */
	u64 burst;		/* it uses at once what it may use in this time */
	u64 done;		/* used by workers */
	u64 looks;
};

static void begin(struct run *r, s64 quota, u64 period)
{
	memset(r, 0, sizeof(*r));
	r->now = START;
	zc_budget_set(&r->b, quota, period, r->now, r->own);
}

/*
 * Workers that have as much to do as they may, in turns of one length; the cgroup's own
 * tasks use a part of the quota meanwhile.  Timers round up to @grain.
 */
static void run(struct run *r, u64 until, unsigned int workers, u64 turn,
		unsigned int own_percent, u64 grain)
{
	u64 from = r->now, base = r->own;

	while (r->now < until) {
		u64 wait, ns = r->now - from;

		if (r->burst)
			ns = (ns / r->burst + 1) * r->burst;
		r->own = base + ns * r->b.quota / r->b.period * own_percent / 100;
		if (zc_budget_due(&r->b, r->now))
			zc_budget_fill(&r->b, r->now, r->own);
		wait = zc_budget_wait(&r->b, 0);
		r->looks++;
		if (wait) {
			r->now += (wait + grain - 1) / grain * grain;
			continue;
		}
		/* All of them begin before one is charged. */
		for (unsigned int i = 0; i < workers; i++)
			zc_budget_charge(&r->b, turn, false);
		r->done += workers * turn;
		r->now += turn;
	}
}

static bool within(const struct run *r, u64 want, unsigned int percent, u64 slack)
{
	u64 d = r->done > want ? r->done - want : want - r->done;

	return d <= want * percent / 100 + slack;
}

static void quotas(void)
{
	static const struct { u64 quota, period; } row[] = {
		{ 5000, 100000 }, { 1000, 1000000 }, { 1000, 1000 }, { 250000, 100000 },
		{ 33333, 77777 }, { 6400000, 100000 }, { 500, 1000 },
	};
	static const u64 turn[] = { 20 * US, MS, 7 * MS, 40 * MS };

	for (unsigned int i = 0; i < sizeof(row) / sizeof(*row); i++) {
		bool held = true;

		for (unsigned int t = 0; t < 4; t++) {
			for (unsigned int own = 0; own <= 200; own += 25) {
				u64 gives = 20 * SEC * row[i].quota / row[i].period;
				u64 want = own < 50 ? gives * (100 - own) / 100 : gives / 2;
				unsigned int workers = row[i].quota / row[i].period * 2 + 1;
				struct run r;

				begin(&r, row[i].quota, row[i].period);
				run(&r, START + 20 * SEC, workers, turn[t], own, 4 * MS);
				/* A window in advance, and the turns that ended it */
				if (!within(&r, want, 6, gives / 200 + workers * turn[t])) {
					note("turns of %llu us, own %u %%: %llu us, not %llu",
					     (unsigned long long)(turn[t] / US), own,
					     (unsigned long long)(r.done / US),
					     (unsigned long long)(want / US));
					held = false;
				}
			}
		}
		ktap_ok(held, "%llu of %llu us", (unsigned long long)row[i].quota,
			(unsigned long long)row[i].period);
	}
}

/* The kernel lets a busy program use its quota at the beginning of each period. */
static void bursts(void)
{
	static const u64 period[] = { 20000, 100000, 1000000 };

	for (unsigned int i = 0; i < sizeof(period) / sizeof(*period); i++) {
		for (unsigned int own = 25; own <= 100; own += 25) {
			u64 want = SEC * (own < 50 ? 100 - own : 50) / 100;
			struct run r;

			begin(&r, period[i] / 20, period[i]);
			r.burst = period[i] * US;
			run(&r, START + 20 * SEC, 1, MS, own, 4 * MS);
			ktap_ok(within(&r, want, 6, 10 * MS),
				"%u %% of %llu ms at once: %llu of %llu ms are left to workers",
				own, (unsigned long long)(period[i] / 1000),
				(unsigned long long)(r.done / MS),
				(unsigned long long)(want / MS));
		}
	}
}

static void debts(void)
{
	struct run r;
	u64 wait;
	s64 left;

	begin(&r, 5000, 100000);
	zc_budget_charge(&r.b, 100 * MS, false);
	wait = zc_budget_wait(&r.b, 0);
	ktap_ok(wait == ZC_BUDGET_WAIT_MOST, "a long wait is asked for again after a second");
	r.now += 1800 * MS;
	zc_budget_fill(&r.b, r.now, 0);
	ktap_ok(zc_budget_wait(&r.b, 0), "a debt of 95 ms is not paid after 1.8 s");
	r.now += 150 * MS;
	zc_budget_fill(&r.b, r.now, 0);
	ktap_ok(!zc_budget_wait(&r.b, 0), "and is paid after 1.95 s");
	ktap_ok(!zc_budget_full(&r.b, r.now) && !zc_budget_full(&r.b, 0),
		"the budget is not full then");
	ktap_ok(zc_budget_full(&r.b, r.now + 250 * MS), "it is full some time later");
	r.now += 3600 * SEC;
	zc_budget_fill(&r.b, r.now, 0);
	ktap_ok(r.b.left == 5 * (s64)MS, "and saves up one window in an hour: %lld",
		(long long)r.b.left);
	zc_budget_charge(&r.b, ~0ULL, false);
	zc_budget_charge(&r.b, ~0ULL, false);
	ktap_ok(r.b.left < 0 && zc_budget_wait(&r.b, ~0U) == 100 * SEC,
		"nothing overflows");
	left = r.b.left;
	zc_budget_fill(&r.b, r.now - 1, 0);
	zc_budget_fill(&r.b, 0, 0);
	ktap_ok(r.b.left == left && r.b.since == r.now,
		"nor is anything given to those that come late");
}

/* A last close never waits.  Others of the budget wait for its debt, though not long. */
static void exempt(void)
{
	struct run r;

	begin(&r, 5000, 100000);
	for (int i = 0; i < 100; i++)
		zc_budget_charge(&r.b, 100 * MS, true);
	ktap_ok(r.b.left == -250 * (s64)MS, "10 s of closes at 5 %% are a debt of %lld ms",
		(long long)(r.b.left / (s64)MS));
	zc_budget_charge(&r.b, 100 * MS, false);
	ktap_ok(r.b.left == -350 * (s64)MS, "turns add all that they use");
	zc_budget_charge(&r.b, 100 * MS, true);
	ktap_ok(r.b.left == -350 * (s64)MS, "and another close nothing");
}

static void changes(void)
{
	struct run r;

	begin(&r, INT64_MAX, 1000000);
	zc_budget_charge(&r.b, SEC, false);
	ktap_ok(r.b.left == 65536 * 100 * (s64)MS - (s64)SEC,
		"a quota of more than all CPUs is that of all");
	begin(&r, -1, 100000);
	ktap_ok(!r.b.quota && zc_budget_full(&r.b, r.now), "no limit");
	zc_budget_set(&r.b, 50000, 100000, r.now, 7 * SEC);
	ktap_ok(r.b.left == 50 * (s64)MS, "a new limit begins with a window");
	zc_budget_set(&r.b, 5000, 100000, r.now, 0);
	ktap_ok(r.b.left == 5 * (s64)MS, "a lower one takes what it does not give");
	zc_budget_charge(&r.b, 25 * MS, false);
	zc_budget_set(&r.b, 50000, 100000, r.now, 0);
	ktap_ok(r.b.left == -20 * (s64)MS, "a debt stays");
	zc_budget_fill(&r.b, r.now + 40 * MS, 7 * SEC + 1 * MS);
	ktap_ok(r.b.left == -(s64)MS, "own use is subtracted: %lld", (long long)r.b.left);
	zc_budget_fill(&r.b, r.now + 80 * MS, 6 * SEC);
	ktap_ok(r.b.left == 19 * (s64)MS, "counts that go back count as none");
	zc_budget_fill(&r.b, r.now + 90 * MS, 600 * SEC);
	ktap_ok(r.b.left == 21500 * (s64)US, "and a jump takes half at most: %lld",
		(long long)r.b.left);
	zc_budget_set(&r.b, 400000, 100000, r.now, r.own);
	zc_budget_charge(&r.b, 100 * SEC, false);
	zc_budget_set(&r.b, 10000, 100000, r.now, r.own);
	ktap_ok(r.b.left == -500 * (s64)MS, "a debt of a larger limit is cut: %lld",
		(long long)r.b.left);
}

/* Many that wait come one after the other, not all at once. */
static void crowds(void)
{
	struct run r;
	u64 few, many;

	begin(&r, 50000, 100000);
	for (int i = 0; i < 100; i++)
		zc_budget_charge(&r.b, MS, false);
	r.now += 90 * MS;
	zc_budget_fill(&r.b, r.now, 0);
	few = zc_budget_wait(&r.b, 0);
	many = zc_budget_wait(&r.b, 100);
	ktap_ok(few < 80 * MS && many > few + 150 * MS, "the last of many: %llu, %llu ms",
		(unsigned long long)(few / MS), (unsigned long long)(many / MS));
	begin(&r, 1000, 1000000);
	zc_budget_charge(&r.b, SEC, false);
	ktap_ok(zc_budget_wait(&r.b, 1000) == ZC_BUDGET_WAIT_MOST &&
		zc_budget_wait(&r.b, 20000) == 20 * SEC,
		"however many wait, one a millisecond asks again");
}

static void weights(void)
{
	static const struct { u64 share; int nice; } row[] = {
		{ 1024, 0 }, { 820, 1 }, { 1280, -1 }, { 102, 10 }, { 10240, -10 },
		{ 512, 3 }, { 2048, -3 }, { 10, 21 }, { 1, 31 }, { 1000, 0 }, { 1ULL << 36, -39 },
	};

	for (unsigned int i = 0; i < sizeof(row) / sizeof(*row); i++)
		ktap_eq(zc_budget_nice(row[i].share), row[i].nice, "a share of %llu / 1024",
			(unsigned long long)row[i].share);
	ktap_eq(zc_budget_share(1024, 102, 1024), 102, "at the top a weight counts as it is");
	ktap_eq(zc_budget_share(1024, 262144, 262144), 1024,
		"below, one alone has what its parent has, whatever its weight");
	ktap_eq(zc_budget_share(1024, 1024, 4096), 256, "and a part of it beside others");
	ktap_eq(zc_budget_share(1, 2, 262144), 1, "never nothing");
	ktap_eq(zc_budget_share(7, 2, 0), 7, "nor a division by zero");
}

int main(void)
{
	quotas();
	bursts();
	debts();
	exempt();
	changes();
	crowds();
	weights();
	return ktap_done();
}
