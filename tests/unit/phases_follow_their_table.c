// SPDX-License-Identifier: GPL-2.0
/*
 * Every pair of phase and event of a transfer is either legal, with the outcome that
 * kmod/README.md lists, or not legal.  From each phase a transfer can reach its end.
 * sources: kmod/phase.c
 */
#include <stdbool.h>

#include "ktap.h"

#include "../../kmod/phase.h"

#define NAME(x)	[x] = #x

static const char *const phases[ZC_PHASE_NR] = {
	NAME(ZC_PHASE_LINE), NAME(ZC_PHASE_PUSH), NAME(ZC_PHASE_ACK),
	NAME(ZC_PHASE_SETTLE), NAME(ZC_PHASE_CLOSE), NAME(ZC_PHASE_ENDED),
};

static const char *const events[ZC_EVENT_NR] = {
	NAME(ZC_EVENT_BEHIND), NAME(ZC_EVENT_FIRST), NAME(ZC_EVENT_AGAIN),
	NAME(ZC_EVENT_FULL), NAME(ZC_EVENT_PACED), NAME(ZC_EVENT_COLD),
	NAME(ZC_EVENT_WAITS), NAME(ZC_EVENT_SENT), NAME(ZC_EVENT_UNACKED),
	NAME(ZC_EVENT_OVER), NAME(ZC_EVENT_HELD), NAME(ZC_EVENT_SETTLED),
	NAME(ZC_EVENT_CLOSED),
};

static const char *const needs[] = {
	NAME(ZC_NEED_BUG), NAME(ZC_NEED_STEP), NAME(ZC_NEED_TURN), NAME(ZC_NEED_KICK),
	NAME(ZC_NEED_TIME), NAME(ZC_NEED_READ), NAME(ZC_NEED_KEEP),
	NAME(ZC_NEED_CLOSE), NAME(ZC_NEED_NOTHING),
};

/* What must hold, written down from what a transfer waits for, not from the table */
static const struct row {
	enum zc_phase phase;
	enum zc_event event;
	enum zc_need need;
	enum zc_phase then;
} legal[] = {
	{ ZC_PHASE_LINE, ZC_EVENT_BEHIND, ZC_NEED_KICK, ZC_PHASE_LINE },
	{ ZC_PHASE_LINE, ZC_EVENT_FIRST, ZC_NEED_STEP, ZC_PHASE_PUSH },
	{ ZC_PHASE_LINE, ZC_EVENT_OVER, ZC_NEED_STEP, ZC_PHASE_SETTLE },
	{ ZC_PHASE_PUSH, ZC_EVENT_AGAIN, ZC_NEED_TURN, ZC_PHASE_PUSH },
	{ ZC_PHASE_PUSH, ZC_EVENT_FULL, ZC_NEED_KICK, ZC_PHASE_PUSH },
	{ ZC_PHASE_PUSH, ZC_EVENT_PACED, ZC_NEED_KICK, ZC_PHASE_PUSH },
	{ ZC_PHASE_PUSH, ZC_EVENT_COLD, ZC_NEED_READ, ZC_PHASE_PUSH },
	{ ZC_PHASE_PUSH, ZC_EVENT_WAITS, ZC_NEED_KEEP, ZC_PHASE_PUSH },
	{ ZC_PHASE_PUSH, ZC_EVENT_SENT, ZC_NEED_STEP, ZC_PHASE_ACK },
	{ ZC_PHASE_PUSH, ZC_EVENT_OVER, ZC_NEED_STEP, ZC_PHASE_SETTLE },
	{ ZC_PHASE_ACK, ZC_EVENT_UNACKED, ZC_NEED_KICK, ZC_PHASE_ACK },
	{ ZC_PHASE_ACK, ZC_EVENT_OVER, ZC_NEED_CLOSE, ZC_PHASE_CLOSE },
	{ ZC_PHASE_SETTLE, ZC_EVENT_WAITS, ZC_NEED_KEEP, ZC_PHASE_SETTLE },
	{ ZC_PHASE_SETTLE, ZC_EVENT_HELD, ZC_NEED_TIME, ZC_PHASE_SETTLE },
	{ ZC_PHASE_SETTLE, ZC_EVENT_SETTLED, ZC_NEED_CLOSE, ZC_PHASE_SETTLE },
	{ ZC_PHASE_SETTLE, ZC_EVENT_CLOSED, ZC_NEED_NOTHING, ZC_PHASE_ENDED },
	{ ZC_PHASE_CLOSE, ZC_EVENT_CLOSED, ZC_NEED_NOTHING, ZC_PHASE_ENDED },
};

#define ROWS	(sizeof(legal) / sizeof(legal[0]))

static const struct row *row_of(enum zc_phase p, enum zc_event e)
{
	for (unsigned int i = 0; i < ROWS; i++) {
		if (legal[i].phase == p && legal[i].event == e)
			return &legal[i];
	}
	return NULL;
}

static void check(enum zc_phase p, enum zc_event e)
{
	struct zc_move move = zc_phase_after(p, e);
	const struct row *row = row_of(p, e);

	if (row)
		ktap_ok(move.need == row->need && move.phase == row->then,
			"%s, %s: %s, %s", phases[p], events[e], needs[move.need],
			phases[move.phase]);
	else
		ktap_ok(move.need == ZC_NEED_BUG, "%s, %s: not legal", phases[p],
			events[e]);
}

/* No move goes back, and each phase but the last is left by some event. */
static void check_ends(enum zc_phase p)
{
	bool left = false, back = false;

	for (int e = 0; e < ZC_EVENT_NR; e++) {
		struct zc_move move = zc_phase_after(p, e);

		if (move.need == ZC_NEED_BUG)
			continue;
		left |= move.phase > p;
		back |= move.phase < p;
	}
	ktap_ok(!back && left == (p != ZC_PHASE_ENDED), "%s: %s", phases[p],
		p == ZC_PHASE_ENDED ? "is the last" : "can be left, and only forwards");
}

int main(void)
{
	for (int p = 0; p < ZC_PHASE_NR; p++) {
		for (int e = 0; e < ZC_EVENT_NR; e++)
			check(p, e);
		check_ends(p);
	}
	return ktap_done();
}
