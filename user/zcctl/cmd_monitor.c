// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb monitor: prints events of all transfers of the network namespace, a
 * line each, until it is interrupted.  It goes on when the module is unloaded and
 * loaded again.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/zcopy_netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

#define CLOCK_ROOM	32
/* Longest time between two attempts to find the module again */
#define RENEW_MS	500

const struct opt monitor_opts[] = {
	{ "count", 'n', "N", "leave after so many events", NULL, 0 },
	{ "quiet", 'q', NULL, "do not say when it is ready", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

struct monitor {
	struct zcctl	*zc;
	uint64_t	left;
	uint64_t	missed;		/* lost events already reported */
};

static uint64_t now(char clock[CLOCK_ROOM])
{
	struct timespec ts;
	char millis[16];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(clock, CLOCK_ROOM, "%H:%M:%S", &tm);
	snprintf(millis, sizeof(millis), ".%03u",
		 (unsigned int)(ts.tv_nsec / 1000000 % 1000));
	strcat(clock, millis);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int on_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct json_object *obj = json_object_new_object();
	char sent[UNITS_ROOM], asked[UNITS_ROOM];
	const char *word = zcopy_event_name(event);
	char peer[ADDR_ROOM], clock[CLOCK_ROOM];
	struct monitor *m = arg;

	json_text(obj, "event", word);
	json_number(obj, "time_ns", now(clock));
	json_object_object_add(obj, "transfer", json_transfer(t));
	out_line(m->zc, obj, "%s %-9s %" PRIu64 " %s, %s of %s, uid %u, to %s",
		 clock, word, (uint64_t)t->result->id,
		 event == ZCOPY_EVENT_COMPLETED ?
		 zcopy_status_name(t->result->status) : zcopy_state_name(t->state),
		 units_bytes(sent, t->result->bytes),
		 units_bytes(asked, t->result->bytes_asked), t->uid,
		 addr_format(peer, &t->peer));
	return !--m->left;
}

/* Print an event that belongs to no transfer */
static void tell(struct zcctl *zc, const char *event, const char *key,
		 uint64_t value, const char *words)
{
	struct json_object *obj = json_object_new_object();
	char clock[CLOCK_ROOM];

	json_text(obj, "event", event);
	json_number(obj, "time_ns", now(clock));
	if (key)
		json_number(obj, key, value);
	out_line(zc, obj, "%s %-9s %s", clock, event, words);
}

/* Report events lost since the last report; @sure: at least one was lost */
static void tell_lost(struct monitor *m, bool sure)
{
	uint64_t missed, more = 0;
	char words[80] = "events came faster than they were read";

	if (!zcopy_nl_missed(m->zc->nl, &missed) && missed > m->missed) {
		more = missed - m->missed;
		m->missed = missed;
	}
	if (!more && !sure)
		return;
	if (more)
		snprintf(words, sizeof(words),
			 "%" PRIu64 " events came faster than they were read", more);
	tell(m->zc, "lost", "events", more, words);
}

/* Wait until the module is loaded again.  True if a signal came. */
static bool wait_for_module(struct monitor *m, int sigfd, int *err)
{
	struct pollfd pfds[2] = {
		{ .fd = zcopy_nl_fd(m->zc->nl), .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};

	tell(m->zc, "gone", NULL, 0, "the module was unloaded; waiting for the next");
	for (;;) {
		*err = zcopy_nl_renew(m->zc->nl);
		if (*err != -ENOENT && *err != -ENODEV && *err != -ENOBUFS)
			break;
		/* Wakes up for a notice of any netlink family, so check again. */
		if (poll(pfds, 2, RENEW_MS) > 0 && pfds[1].revents &&
		    signals_taken(sigfd))
			return true;
	}
	if (!*err)
		tell(m->zc, "back", NULL, 0, "the module is loaded again");
	return false;
}

/* 0: nothing left to read, 1: read on, a negative errno: stop */
static int read_some(struct monitor *m, int sigfd)
{
	int ret = zcopy_nl_events(m->zc->nl, 0, on_event, m);

	switch (ret) {
	case -ENODEV:
		return wait_for_module(m, sigfd, &ret) ? -ECANCELED : ret ? ret : 1;
	case -ENOBUFS:
		tell_lost(m, true);
		return 1;
	case -EINTR:
		return 0;
	default:
		return ret;
	}
}

static int watch(struct monitor *m, int sigfd)
{
	struct pollfd pfds[2] = {
		{ .fd = zcopy_nl_fd(m->zc->nl), .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};
	int ret;

	while (m->left) {
		ret = read_some(m, sigfd);
		if (ret == -ENODATA || ret == -ECANCELED)
			return ZC_DONE;
		if (ret < 0)
			return nl_fail(m->zc, ret, "cannot read events");
		if (ret > 0 || !m->left)
			continue;
		/* A full socket drops more events until it has been read empty. */
		tell_lost(m, false);
		if (poll(pfds, 2, -1) > 0 && pfds[1].revents &&
		    signals_taken(sigfd))
			return ZC_DONE;
	}
	return ZC_DONE;
}

int cmd_monitor(struct zcctl *zc)
{
	struct monitor m = { .zc = zc, .left = UINT64_MAX };
	const char *count = args_get(&zc->args, "count");
	int sigfd, err;

	if (count && (units_parse_count(count, &m.left) || !m.left))
		return zcctl_misuse(zc, "monitor: \"%.40s\" is no number of events",
				    count);
	err = nl_open(zc);
	if (err)
		return err;
	err = zcopy_nl_join(zc->nl);
	if (err)
		return nl_fail(zc, err, "cannot listen to events");
	sigfd = signals_fd();
	if (sigfd < 0)
		return nl_fail(zc, sigfd, "cannot wait for signals");
	if (!args_has(&zc->args, "quiet"))
		fprintf(stderr, "listening to events\n");
	err = watch(&m, sigfd);
	close(sigfd);
	return err;
}
