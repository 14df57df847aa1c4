// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the wait for a transfer's COMPLETED event.  The event is sent to the
 * netlink socket that submitted; looks at the transfer in between feed the
 * progress bar and find out when the event was lost.
 */
#include "follow.h"

#include <errno.h>
#include <linux/zcopy_netlink.h>
#include <poll.h>
#include <time.h>

#include "progress.h"

#define LOOK_BAR_MS	200
#define LOOK_QUIET_MS	1000
/* A transfer that is no longer listed has had its event sent, or will at once */
#define GRACE_MS	1000

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static int on_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct follow *f = arg;

	if (event != ZCOPY_EVENT_COMPLETED || t->result.id != f->id)
		return 0;
	f->result = t->result;
	f->ended = true;
	return 1;
}

static int on_look(const struct zcopy_transfer *t, void *arg)
{
	struct follow *f = arg;

	f->bytes = t->result.bytes;
	f->asked = t->result.bytes_asked;
	f->age_ns = t->result.duration_ns;
	return 0;
}

/* First signal: cancel and wait for the result.  Second: true, leave. */
static bool on_signal(struct follow *f)
{
	if (!signals_taken(f->sigfd))
		return false;
	if (f->interrupted)
		return true;
	f->interrupted = true;
	zcopy_nl_cancel(f->zc->nl, f->id);
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
	if (f->ended || ret)
		return 0;
	if (poll(pfds, 2, ms) > 0 && pfds[1].revents)
		*leave = on_signal(f);
	return 0;
}

enum follow_end follow(struct follow *f, bool bar)
{
	uint64_t look_at, gone_at = 0;
	struct progress progress;
	bool leave = false;
	int every;

	progress_start(&progress, bar);
	every = progress.on ? LOOK_BAR_MS : LOOK_QUIET_MS;
	look_at = now_ms() + every;
	f->err = 0;
	while (!f->ended && !leave) {
		f->err = wait_ms(f, gone_at ? GRACE_MS / 10 : every, &leave);
		if (f->err || f->ended)
			break;
		if (gone_at && now_ms() >= gone_at + GRACE_MS)
			break;
		if (gone_at || now_ms() < look_at)
			continue;
		look_at = now_ms() + every;
		f->err = zcopy_nl_get(f->zc->nl, f->id, on_look, f);
		if (f->err == -ENOENT)
			gone_at = now_ms();
		else if (f->err && f->err != -ENOBUFS)
			break;
		else
			progress_show(&progress, f->bytes, f->asked, f->age_ns);
		f->err = 0;
	}
	progress_end(&progress);
	if (f->ended)
		return FOLLOW_ENDED;
	if (f->err)
		return FOLLOW_FAILED;
	return leave ? FOLLOW_LEFT : FOLLOW_LOST;
}
