/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: the pairs submit and complete, turn_start and turn_done; reject; stuck.
 * They show numbers, bytes and reasons, but no pointers.  Programs print events by the
 * format files of tracefs (perf, trace-cmd).  They know no enumerator of ours, so each
 * that a format uses has a TRACE_DEFINE_ENUM(): the kernel puts its value there.
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

TRACE_DEFINE_ENUM(ZC_TURN_MORE);
TRACE_DEFINE_ENUM(ZC_TURN_SOCKET);
TRACE_DEFINE_ENUM(ZC_TURN_DISK);
TRACE_DEFINE_ENUM(ZC_TURN_RATE);
TRACE_DEFINE_ENUM(ZC_TURN_ACK);
TRACE_DEFINE_ENUM(ZC_TURN_END);

#define zc_trace_turns				\
	{ ZC_TURN_MORE, "share used up" },	\
	{ ZC_TURN_SOCKET, "socket full" },	\
	{ ZC_TURN_DISK, "file not there" },	\
	{ ZC_TURN_RATE, "rate used up" },	\
	{ ZC_TURN_ACK, "not acknowledged" },	\
	{ ZC_TURN_END, "ended" }

TRACE_DEFINE_ENUM(ZC_LANE_HOT);
TRACE_DEFINE_ENUM(ZC_LANE_CLOSE);
TRACE_DEFINE_ENUM(ZC_LANE_DISK);
TRACE_DEFINE_ENUM(ZC_LANE_FAR);

#define zc_trace_lanes				\
	{ ZC_LANE_HOT, "hot" },			\
	{ ZC_LANE_CLOSE, "close" },		\
	{ ZC_LANE_DISK, "disk" },		\
	{ ZC_LANE_FAR, "far" }

TRACE_DEFINE_ENUM(ZCOPY_STATUS_DONE);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_CHANGED);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_TRUNCATED);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_CANCELLED);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_AGAIN);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_SOCKET_ERROR);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_FILE_ERROR);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_NO_MEMORY);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_DEADLINE);
TRACE_DEFINE_ENUM(ZCOPY_STATUS_IDLE);

#define zc_trace_statuses			\
	{ ZCOPY_STATUS_DONE, "done" },		\
	{ ZCOPY_STATUS_CHANGED, "changed" },	\
	{ ZCOPY_STATUS_TRUNCATED, "truncated" },	\
	{ ZCOPY_STATUS_CANCELLED, "cancelled" },	\
	{ ZCOPY_STATUS_AGAIN, "again" },	\
	{ ZCOPY_STATUS_SOCKET_ERROR, "socket_error" },	\
	{ ZCOPY_STATUS_FILE_ERROR, "file_error" },	\
	{ ZCOPY_STATUS_NO_MEMORY, "no_memory" },	\
	{ ZCOPY_STATUS_DEADLINE, "deadline" },	\
	{ ZCOPY_STATUS_IDLE, "idle" }

#define zc_trace_flags				\
	{ ZCOPY_F_STABLE, "stable" },		\
	{ ZCOPY_F_DROP_BEHIND, "drop_behind" },	\
	{ ZCOPY_F_NOWAIT, "nowait" },		\
	{ ZCOPY_F_WARM, "warm" },		\
	{ ZCOPY_F_DETACHED, "detached" },	\
	{ ZCOPY_F_DONTWAIT, "dontwait" },	\
	{ ZCOPY_F_MORE, "more" },		\
	{ ZCOPY_F_POSITION, "position" },	\
	{ ZCOPY_F_AS_READ, "as_read" },		\
	{ ZCOPY_F_ANY_PID, "any_pid" }

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
	TP_printk("id=%llu asked=%llu elems=%u flags=%s %s", __entry->id,
		  __entry->asked, __entry->elems,
		  __print_flags(__entry->flags, "|", zc_trace_flags),
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
	TP_printk("id=%llu asked=%llu sent=%llu status=%s error=%u",
		  __entry->id, __entry->asked, __entry->sent,
		  __print_symbolic(__entry->status, zc_trace_statuses),
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
