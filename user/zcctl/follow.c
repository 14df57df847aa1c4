// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Waits for the COMPLETED events of transfers.  The kernel sends them to the netlink
 * socket that submitted the transfers.  In between, the transfers are polled, for the
 * progress bars and to detect a lost event.
 */
#include "follow.h"

#include <errno.h>
#include <linux/zcopy_netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_BAR_MS	200
#define LOOK_QUIET_MS	1000
/*
 * Longest wait for the event of a transfer that is no longer live.  A transfer leaves
 * the list of live transfers before its event is sent, and the thread of the kernel that
 * sends the event may wait for a processor on a busy machine.
 */
#define GRACE_MS	10000

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static int on_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct follow *f = arg;
	struct follow_one *one;

	if (event != ZCOPY_EVENT_COMPLETED)
		return 0;
	for (one = f->ones; one < f->ones + f->nr; one++) {
		if (one->id != t->result->id || one->ended)
			continue;
		one->result = *t->result;
		one->ended = true;
		one->bar.bytes = t->result->bytes;
		one->bar.asked = t->result->bytes_asked;
		f->nr_ended++;
		break;
	}
	return f->nr_ended == f->nr;
}

static int on_look(const struct zcopy_transfer *t, void *arg)
{
	struct follow_one *one = arg;

	one->bar.bytes = t->result->bytes;
	one->bar.asked = t->result->bytes_asked;
	one->bar.ns = t->result->duration_ns;
	return 0;
}

/* First signal: cancel and wait for the results.  Second signal: leave (true). */
static bool on_signal(struct follow *f)
{
	size_t i;

	if (!signals_taken(f->sigfd))
		return false;
	if (f->interrupted)
		return true;
	f->interrupted = true;
	for (i = 0; i < f->nr; i++)
		if (!f->ones[i].ended)
			zcopy_nl_cancel(f->zc->nl, f->ones[i].id);
	return false;
}

/* Wait for an event, a signal or @ms; negative if netlink failed */
static int wait_ms(struct follow *f, int ms, bool *leave)
{
	struct pollfd pfds[2] = {
		{ .fd = zcopy_nl_fd(f->zc->nl), .events = POLLIN },
		{ .fd = f->sigfd, .events = POLLIN },
	};
	int ret;

	ret = zcopy_nl_events(f->zc->nl, 0, on_event, f);
	if (ret < 0 && ret != -ENOBUFS && ret != -EINTR)
		return ret;
	if (f->nr_ended == f->nr || ret)
		return 0;
	if (poll(pfds, 2, ms) > 0 && pfds[1].revents)
		*leave = on_signal(f);
	return 0;
}

/* Poll the transfers; @gone: how many are not live, but have no event yet */
static int look(struct follow *f, size_t *gone)
{
	struct follow_one *one;
	int err;

	for (one = f->ones; one < f->ones + f->nr; one++) {
		if (one->ended || one->gone_at)
			continue;
		err = zcopy_nl_get(f->zc->nl, one->id, on_look, one);
		if (err == -ENOENT)
			one->gone_at = now_ms();
		else if (err && err != -ENOBUFS)
			return err;
	}
	*gone = 0;
	for (one = f->ones; one < f->ones + f->nr; one++)
		*gone += !one->ended && one->gone_at;
	return 0;
}

/* True if all transfers without an event have been gone for GRACE_MS */
static bool is_lost(const struct follow *f)
{
	const struct follow_one *one;

	for (one = f->ones; one < f->ones + f->nr; one++)
		if (!one->ended &&
		    (!one->gone_at || now_ms() < one->gone_at + GRACE_MS))
			return false;
	return true;
}

static void show(struct follow *f, struct progress *progress,
		 struct progress_bar **bars)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		bars[i] = &f->ones[i].bar;
	progress_show(progress, bars, f->nr);
}

enum follow_end follow(struct follow *f, bool bar)
{
	struct progress_bar **bars = calloc(f->nr, sizeof(*bars));
	struct progress progress;
	bool leave = false;
	size_t gone = 0;
	uint64_t look_at;
	int every;

	progress_start(&progress, bar && bars);
	every = progress.on ? LOOK_BAR_MS : LOOK_QUIET_MS;
	look_at = now_ms() + every;
	f->err = 0;
	while (f->nr_ended < f->nr && !leave) {
		f->err = wait_ms(f, gone ? LOOK_BAR_MS : every, &leave);
		if (f->err || f->nr_ended == f->nr || is_lost(f))
			break;
		if (now_ms() < look_at)
			continue;
		look_at = now_ms() + every;
		f->err = look(f, &gone);
		if (f->err)
			break;
		show(f, &progress, bars);
	}
	progress_end(&progress);
	free(bars);
	if (f->nr_ended == f->nr)
		return FOLLOW_ENDED;
	if (f->err)
		return FOLLOW_FAILED;
	return leave ? FOLLOW_LEFT : FOLLOW_LOST;
}
