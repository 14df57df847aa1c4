/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: the pairs submit and complete, turn_start and turn_done; reject; stuck.
 * They show numbers, bytes and reasons, but no pointers.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zcopy

#if !defined(ZC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ZC_TRACE_H

#include <linux/tracepoint.h>

#include "compat/compat.h"
#include "pump.h"
#include "reject.h"
#include "xfer.h"

#define zc_trace_turns				\
	{ ZC_TURN_MORE, "share used up" },	\
	{ ZC_TURN_SOCKET, "socket full" },	\
	{ ZC_TURN_DISK, "file not there" },	\
	{ ZC_TURN_RATE, "rate used up" },	\
	{ ZC_TURN_ACK, "not acknowledged" },	\
	{ ZC_TURN_END, "ended" }

#define zc_trace_lanes				\
	{ ZC_LANE_HOT, "hot" },			\
	{ ZC_LANE_CLOSE, "close" },		\
	{ ZC_LANE_DISK, "disk" },		\
	{ ZC_LANE_FAR, "far" }

/* For a SEND that never waited it comes behind the turns, right before zcopy_complete. */
TRACE_EVENT(zcopy_submit,
	TP_PROTO(const struct zc_xfer *x),
	TP_ARGS(x),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, asked)
		__field(u32, elems)
		__field(u32, flags)
		__field(bool, sync)
	),
	TP_fast_assign(
		__entry->id = x->id;
		__entry->asked = x->src.asked;
		__entry->elems = x->src.nr;
		__entry->flags = x->terms.flags;
		__entry->sync = x->sync;
	),
	TP_printk("id=%llu asked=%llu elems=%u flags=%#x %s", __entry->id,
		  __entry->asked, __entry->elems, __entry->flags,
		  __entry->sync ? "sync" : "async")
);

TRACE_EVENT(zcopy_complete,
	TP_PROTO(const struct zc_xfer *x),
	TP_ARGS(x),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, asked)
		__field(u64, sent)
		__field(u32, status)
		__field(u32, error)
	),
	TP_fast_assign(
		__entry->id = x->id;
		__entry->asked = x->src.asked;
		__entry->sent = x->acct.sent;
		__entry->status = x->status;
		__entry->error = x->error;
	),
	TP_printk("id=%llu asked=%llu sent=%llu status=%u error=%u",
		  __entry->id, __entry->asked, __entry->sent, __entry->status,
		  __entry->error)
);

TRACE_EVENT(zcopy_turn_start,
	TP_PROTO(const struct zc_xfer *x),
	TP_ARGS(x),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sent)
	),
	TP_fast_assign(
		__entry->id = x->id;
		__entry->sent = x->acct.sent;
	),
	TP_printk("id=%llu sent=%llu", __entry->id, __entry->sent)
);

TRACE_EVENT(zcopy_turn_done,
	TP_PROTO(const struct zc_xfer *x, int turn),
	TP_ARGS(x, turn),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sent)
		__field(int, turn)
	),
	TP_fast_assign(
		__entry->id = x->id;
		__entry->sent = x->acct.sent;
		__entry->turn = turn;
	),
	TP_printk("id=%llu sent=%llu %s", __entry->id, __entry->sent,
		  __print_symbolic(__entry->turn, zc_trace_turns))
);

TRACE_EVENT(zcopy_stuck,
	TP_PROTO(const char *crew, pid_t pid, unsigned int lane),
	TP_ARGS(crew, pid, lane),
	TP_STRUCT__entry(
		__array(char, crew, 12)
		__field(pid_t, pid)
		__field(unsigned int, lane)
	),
	TP_fast_assign(
		strscpy(__entry->crew, crew, sizeof(__entry->crew));
		__entry->pid = pid;
		__entry->lane = lane;
	),
	TP_printk("user=%s worker=%d lane=%s", __entry->crew, __entry->pid,
		  __print_symbolic(__entry->lane, zc_trace_lanes))
);

TRACE_EVENT(zcopy_reject,
	TP_PROTO(int why),
	TP_ARGS(why),
	TP_STRUCT__entry(
		__field(int, why)
		__string(name, zc_reject_name(why))
	),
	TP_fast_assign(
		__entry->why = why;
		zc_assign_str(name, zc_reject_name(why));
	),
	TP_printk("reason=%d %s", __entry->why, __get_str(name))
);

#endif /* ZC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
