// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb drain: wait until no transfer is live, as before unloading the
 * module, for which none of any network namespace may be.  It stops nothing and keeps nobody from starting more.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "units.h"
#include "zcctl.h"

#define LOOK_MS		200

const struct opt drain_opts[] = {
	OPT_ALL_NAMESPACES,
	{ "timeout", 't', "SECONDS", "give up after so long", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int count_one(const struct zcopy_transfer *t, void *arg)
{
	(void)t;
	++*(uint64_t *)arg;
	return 0;
}

/* How many are live; a set that changes meanwhile is counted as it was seen */
static int count_live(struct zcctl *zc, uint64_t *live)
{
	int err;

	*live = 0;
	err = zcopy_nl_dump(zc->nl, count_one, live);
	return err == -EAGAIN ? 0 : err;
}

static int report(struct zcctl *zc, uint64_t live, uint64_t ns)
{
	struct json_object *obj;
	char took[UNITS_ROOM];

	if (live)
		return out_fail(zc, ZC_FAILED, ETIMEDOUT,
				args_has(&zc->args, "all-namespaces") ?
				"see them with: zcctl list -A; stop them with: zcctl cancel -A --all" :
				"see them with: zcctl list; stop them with: zcctl cancel --all",
				"%" PRIu64 " transfers are still live after %s", live,
				units_duration(took, ns));
	obj = json_object_new_object();
	json_number(obj, "live", live);
	json_number(obj, "waited_ns", ns);
	out_line(zc, obj, "no live transfers, after %s", units_duration(took, ns));
	return ZC_DONE;
}

static int wait_for_none(struct zcctl *zc, int sigfd, uint64_t limit_ns)
{
	struct pollfd pfd = { .fd = sigfd, .events = POLLIN };
	uint64_t begin = now_ns();
	uint64_t live, waited;
	int err;

	for (;;) {
		err = count_live(zc, &live);
		if (err)
			return nl_fail(zc, err, "cannot list transfers");
		waited = now_ns() - begin;
		if (!live || waited >= limit_ns)
			return report(zc, live, waited);
		if (poll(&pfd, 1, LOOK_MS) > 0)
			return report(zc, live, now_ns() - begin);
	}
}

int cmd_drain(struct zcctl *zc)
{
	const char *timeout = args_get(&zc->args, "timeout");
	uint64_t limit_ns = UINT64_MAX;
	uint64_t seconds;
	int sigfd, err;

	if (timeout) {
		if (units_parse_count(timeout, &seconds) ||
		    seconds > UINT64_MAX / 1000000000)
			return zcctl_misuse(zc, "drain: \"%.40s\" is no number of seconds",
					    timeout);
		limit_ns = seconds * 1000000000;
	}
	err = nl_open(zc);
	if (err)
		return err;
	sigfd = signals_fd();
	if (sigfd < 0)
		return nl_fail(zc, sigfd, "cannot wait for signals");
	err = wait_for_none(zc, sigfd, limit_ns);
	close(sigfd);
	return err;
}
