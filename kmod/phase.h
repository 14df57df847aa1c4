/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phase.c - the phases of a transfer, and what it needs next in each
 */
#ifndef ZC_PHASE_H
#define ZC_PHASE_H

/* How far a transfer has come.  Only its runner moves it. */
enum zc_phase {
	ZC_PHASE_LINE,		/* other transfers to its socket come first */
	ZC_PHASE_PUSH,		/* at the head of that line: it moves bytes */
	ZC_PHASE_ACK,		/* the socket has all bytes, the peer has not */
	ZC_PHASE_SETTLE,	/* over; its end action on the socket is still due */
	ZC_PHASE_CLOSE,		/* over; only its files and socket must be dropped */
	ZC_PHASE_ENDED,		/* a completion reports it; nothing runs it again */
	ZC_PHASE_NR
};

/* What the runner found when it looked at a transfer */
enum zc_event {
	ZC_EVENT_BEHIND,	/* it is not the first of its line */
	ZC_EVENT_FIRST,		/* it is */
	ZC_EVENT_AGAIN,		/* it can move more bytes at once */
	ZC_EVENT_FULL,		/* the socket takes no more */
	ZC_EVENT_PACED,		/* its rate is used up */
	ZC_EVENT_COLD,		/* its next bytes must be read, which may wait */
	ZC_EVENT_WAITS,		/* it would have to wait, and nothing could wake, find
				 * or stop it
				 */
	ZC_EVENT_SENT,		/* the socket has all, and the peer is awaited */
	ZC_EVENT_UNACKED,	/* the peer has not acknowledged all */
	ZC_EVENT_OVER,		/* its status is set */
	ZC_EVENT_HELD,		/* an open record of TLS cannot be closed yet */
	ZC_EVENT_SETTLED,	/* no record is open, or no longer waited for */
	ZC_EVENT_CLOSED,	/* its files and socket are dropped */
	ZC_EVENT_NR
};

/* What a transfer needs next */
enum zc_need {
	ZC_NEED_BUG,		/* the event is not legal in the phase */
	ZC_NEED_STEP,		/* the next step, at once */
	ZC_NEED_TURN,		/* the next step, after others had their turn */
	ZC_NEED_KICK,		/* to wait for a kick, or until a time */
	ZC_NEED_TIME,		/* to wait until a time: no kick tells of the event */
	ZC_NEED_READ,		/* a step that may wait for the file */
	ZC_NEED_KEEP,		/* to be made known to others, then the next step */
	ZC_NEED_CLOSE,		/* to be closed, which may wait */
	ZC_NEED_NOTHING
};

/* struct zc_move - what an event leads to */
struct zc_move {
	enum zc_need need;
	enum zc_phase phase;
};

struct zc_move zc_phase_after(enum zc_phase phase, enum zc_event event);

#endif /* ZC_PHASE_H */
