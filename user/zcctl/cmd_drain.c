// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb drain: waits until no transfer is live, then tells what else uses the
 * module.  The module can be unloaded only when no transfer of any network namespace
 * is live.  The verb stops no transfer and prevents no new ones.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "holders.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

#define LOOK_MS		200
/* Longest wait for references to the module that are about to be dropped */
#define GRACE_NS	3000000000ULL

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

/* Count live transfers; if the set changes meanwhile, the count is not exact */
static int count_live(struct zcctl *zc, uint64_t *live)
{
	int err;

	*live = 0;
	err = zcopy_nl_dump(zc->nl, count_one, live);
	/* The set changed, so the dump may have left out a live transfer. */
	if (err == -EAGAIN && !*live)
		*live = 1;
	return err == -EAGAIN ? 0 : err;
}

/* One wait */
struct drain {
	struct zcctl	*zc;
	bool		all;		/* all namespaces: the module is to be unloaded */
	uint64_t	begin;
	uint64_t	limit_ns;
};

static int report_live(const struct drain *d, uint64_t live)
{
	char took[UNITS_ROOM];

	return out_fail(d->zc, ZC_FAILED, ETIMEDOUT, d->all ?
			"see them with: zcctl list -A; stop them with: zcctl cancel -A --all" :
			"see them with: zcctl list; stop them with: zcctl cancel --all",
			"%" PRIu64 " transfers are still live after %s", live,
			units_duration(took, now_ns() - d->begin));
}

static int report_held(const struct drain *d, const struct holders *h)
{
	char took[UNITS_ROOM], words[HOLDERS_ROOM];

	return out_fail(d->zc, ZC_FAILED, EBUSY,
			"the module can be unloaded when these are gone",
			"no transfer is live, but the module is in use after %s: %s",
			units_duration(took, now_ns() - d->begin),
			holders_words(words, h));
}

/* @h: other users of the module, NULL if @gone: the module was unloaded */
static int report_none(const struct drain *d, const struct holders *h, bool gone)
{
	struct json_object *obj = json_object_new_object();
	uint64_t ns = now_ns() - d->begin;
	char took[UNITS_ROOM], words[HOLDERS_ROOM];

	json_number(obj, "live", 0);
	json_number(obj, "waited_ns", ns);
	json_object_object_add(obj, "gone", json_object_new_boolean(gone));
	if (h)
		json_object_object_add(obj, "holders", holders_json(h));
	out_line(d->zc, obj, "no live transfers, after %s%s%s%s",
		 units_duration(took, ns),
		 gone ? ": the module was unloaded" : "",
		 h && holders_any(h) ? "\nthe module is in use by " : "",
		 h && holders_any(h) ? holders_words(words, h) : "");
	return ZC_DONE;
}

/* No transfer is live.  Returns an exit code, or -1: wait for other users to go */
static int look_at_holders(const struct drain *d, uint64_t idle_ns)
{
	uint64_t waited = now_ns() - d->begin;
	struct holders h;
	int ret = -1, err;

	err = holders_look(d->zc, &h);
	if (err == -ENODEV)
		ret = report_none(d, NULL, true);
	else if (err)
		ret = nl_fail(d->zc, err,
			      "no transfer is live, but cannot tell what else uses the module");
	else if (d->all && h.refs < 0 && !holders_any(&h) && !nl_is_replay())
		ret = out_fail(d->zc, ZC_FAILED, ENODATA, "is /sys mounted?",
			       "no transfer is live, but the module does not tell if it is in use");
	else if (!d->all || !holders_any(&h))
		ret = report_none(d, &h, false);
	else if (idle_ns >= GRACE_NS || waited >= d->limit_ns)
		ret = report_held(d, &h);
	holders_free(&h);
	return ret;
}

static int wait_for_none(const struct drain *d, int sigfd)
{
	struct pollfd pfd = { .fd = sigfd, .events = POLLIN };
	uint64_t idle_since = 0, live;
	int ret;

	for (;;) {
		ret = count_live(d->zc, &live);
		if (ret == -ENODEV)
			return report_none(d, NULL, true);
		if (ret)
			return nl_fail(d->zc, ret, "cannot list transfers");
		if (live)
			idle_since = 0;
		else if (!idle_since)
			idle_since = now_ns();
		ret = live ? -1 : look_at_holders(d, now_ns() - idle_since);
		if (ret >= 0)
			return ret;
		if (live && now_ns() - d->begin >= d->limit_ns)
			return report_live(d, live);
		if (poll(&pfd, 1, LOOK_MS) > 0)
			return live ? report_live(d, live) :
				      look_at_holders(d, GRACE_NS);
	}
}

int cmd_drain(struct zcctl *zc)
{
	const char *timeout = args_get(&zc->args, "timeout");
	struct drain d = {
		.zc = zc, .all = args_has(&zc->args, "all-namespaces"),
		.begin = now_ns(), .limit_ns = UINT64_MAX,
	};
	uint64_t seconds;
	int sigfd, err;

	if (timeout) {
		if (units_parse_count(timeout, &seconds) ||
		    seconds > UINT64_MAX / 1000000000)
			return zcctl_misuse(zc, "drain: \"%.40s\" is no number of seconds",
					    timeout);
		d.limit_ns = seconds * 1000000000;
	}
	err = nl_open(zc);
	if (err)
		return err;
	sigfd = signals_fd();
	if (sigfd < 0)
		return nl_fail(zc, sigfd, "cannot wait for signals");
	err = wait_for_none(&d, sigfd);
	close(sigfd);
	return err;
}
