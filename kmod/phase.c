// SPDX-License-Identifier: GPL-2.0
/*
 * Which events are legal in which phase of a transfer, and what each leads to.  Knows
 * nothing else of transfers, so that the table can be tested by itself.
 */
#include "phase.h"

static const struct zc_move zc_moves[ZC_PHASE_NR][ZC_EVENT_NR] = {
	[ZC_PHASE_LINE] = {
		[ZC_EVENT_BEHIND]  = { ZC_NEED_KICK, ZC_PHASE_LINE },
		[ZC_EVENT_FIRST]   = { ZC_NEED_STEP, ZC_PHASE_PUSH },
		[ZC_EVENT_OVER]	   = { ZC_NEED_STEP, ZC_PHASE_SETTLE },
	},
	[ZC_PHASE_PUSH] = {
		[ZC_EVENT_AGAIN]   = { ZC_NEED_TURN, ZC_PHASE_PUSH },
		[ZC_EVENT_FULL]	   = { ZC_NEED_KICK, ZC_PHASE_PUSH },
		[ZC_EVENT_PACED]   = { ZC_NEED_KICK, ZC_PHASE_PUSH },
		[ZC_EVENT_COLD]	   = { ZC_NEED_READ, ZC_PHASE_PUSH },
		[ZC_EVENT_WAITS]   = { ZC_NEED_KEEP, ZC_PHASE_PUSH },
		[ZC_EVENT_SENT]	   = { ZC_NEED_STEP, ZC_PHASE_ACK },
		[ZC_EVENT_OVER]	   = { ZC_NEED_STEP, ZC_PHASE_SETTLE },
	},
	/* The end action was done when the socket had all bytes. */
	[ZC_PHASE_ACK] = {
		[ZC_EVENT_UNACKED] = { ZC_NEED_KICK, ZC_PHASE_ACK },
		[ZC_EVENT_OVER]	   = { ZC_NEED_CLOSE, ZC_PHASE_CLOSE },
	},
	[ZC_PHASE_SETTLE] = {
		[ZC_EVENT_WAITS]   = { ZC_NEED_KEEP, ZC_PHASE_SETTLE },
		[ZC_EVENT_HELD]	   = { ZC_NEED_TIME, ZC_PHASE_SETTLE },
		[ZC_EVENT_SETTLED] = { ZC_NEED_CLOSE, ZC_PHASE_SETTLE },
		[ZC_EVENT_CLOSED]  = { ZC_NEED_NOTHING, ZC_PHASE_ENDED },
	},
	[ZC_PHASE_CLOSE] = {
		[ZC_EVENT_CLOSED]  = { ZC_NEED_NOTHING, ZC_PHASE_ENDED },
	},
};

/**
 * zc_phase_after - what an event leads to
 * @phase: the phase in which it was found
 * @event: what was found
 *
 * Context: Any.
 * Return: what the transfer needs next, and its phase from now on; ZC_NEED_BUG if the
 * event is not legal in the phase.
 */
struct zc_move zc_phase_after(enum zc_phase phase, enum zc_event event)
{
	return zc_moves[phase][event];
}
