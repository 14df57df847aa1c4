// SPDX-License-Identifier: GPL-2.0
/*
 * With tens of thousands of uncollected completions, a question to the device about
 * a known, unknown or ended number takes as long as with a few completions.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <unistd.h>

#include "crowd.h"
#include "doors.h"
#include "fixture.h"

#define FEW	300
#define MANY	60000
#define MANY_DEBUG	6000
#define CALLS	100
#define TIMES	8		/* calls may take this many times longer */
#define UNKNOWN	(1ULL << 50)

static struct crowd c;

static int wait_unknown(unsigned int i)
{
	struct zcopy_result res;

	return dev_wait(c.dev, UNKNOWN + i, &res, 1, 0, 0);
}

static int cancel_unknown(unsigned int i)
{
	return dev_cancel(c.dev, UNKNOWN + i);
}

static int cancel_ended(unsigned int i)
{
	return dev_cancel(c.dev, c.ids[c.nr - 1 - i]);
}

static int rate_ended(unsigned int i)
{
	return dev_set_rate(c.dev, c.ids[c.nr - 1 - i], 1);
}

/* The youngest first, because they are at the end of any list. */
static int wait_known(unsigned int i)
{
	struct zcopy_result res;
	uint64_t id = c.ids[c.nr - 1 - i];
	int ret = dev_wait(c.dev, id, &res, 1, 1, 0);

	return ret == 1 && res.id == id ? 1 : -EIO;
}

static int wait_again(unsigned int i)
{
	struct zcopy_result res;

	return dev_wait(c.dev, c.ids[c.nr - 1 - i], &res, 1, 1, 0);
}

static const struct {
	const char *name;
	int (*call)(unsigned int i);
	int ret;
} calls[] = {
	{ "WAIT, a number that never was", wait_unknown, -ENOENT },
	{ "CANCEL, a number that never was", cancel_unknown, -ENOENT },
	{ "CANCEL, one that has ended", cancel_ended, -ENOENT },
	{ "RATE, one that has ended", rate_ended, -ENOENT },
	{ "WAIT, the youngest", wait_known, 1 },
	{ "WAIT, one that was collected", wait_again, -ENOENT },
};

#define NR	(sizeof(calls) / sizeof(calls[0]))

/* Nanoseconds of the fastest call; 0 if an answer was wrong */
static uint64_t measure(unsigned int which)
{
	uint64_t best = ~0ULL;

	for (unsigned int i = 0; i < CALLS; i++) {
		uint64_t start = now_ns();
		int ret = calls[which].call(i);

		start = now_ns() - start;
		if (start < best)
			best = start;
		if (ret != calls[which].ret) {
			note("%s: %d", calls[which].name, ret);
			return 0;
		}
	}
	return best;
}

/*
 * A transfer leaves the list of live ones before its completion can be collected.  Those
 * of a socket complete in the order of their line, so one more tells that all have.
 */
static void all_complete(void)
{
	struct zcopy_result res;

	if (!live_becomes(0, 30000))
		die("not all end");
	crowd_add(&c, 1);
	if (dev_wait(c.dev, c.ids[--c.nr], &res, 1, 1, RESULT_MS) != 1)
		die("no completion");
}

static void measure_all(unsigned int nr, uint64_t *ns)
{
	crowd_open(&c, false);
	crowd_add(&c, nr);
	all_complete();
	for (unsigned int i = 0; i < NR; i++)
		ns[i] = measure(i);
	ktap_ok(crowd_close(&c) < 30000, "%u uncollected: the close ends", nr);
}

int main(void)
{
	uint64_t few[NR], many[NR];

	crowd_limits();
	measure_all(FEW, few);
	measure_all(guest_is_debug() ? MANY_DEBUG : MANY, many);
	for (unsigned int i = 0; i < NR; i++) {
		ktap_ok(few[i] && many[i] && many[i] < TIMES * few[i], "%s",
			calls[i].name);
		note("with few: %llu ns, with many: %llu ns",
		     (unsigned long long)few[i], (unsigned long long)many[i]);
	}
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
