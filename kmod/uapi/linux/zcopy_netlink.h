/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * zcopy - generic netlink interface
 *
 * Family "zcopy", version 1, multicast group "events".  The spec in the
 * kernel's netlink format is user/zcopy.yaml; the meanings of fields are those
 * of <linux/zcopy.h>.
 *
 *   command               in                               out
 *   ZCOPY_CMD_SUBMIT      DEV, ELEM..., SINK...,           TRANSFER { ID }...
 *                         FLAGS, UNTIL, END, COOKIE,
 *                         RATE, DEADLINE_NS, IDLE_NS,
 *                         READAHEAD
 *   ZCOPY_CMD_GET         ID, ALL_NAMESPACES               TRANSFER
 *   ZCOPY_CMD_GET (dump)  ALL_NAMESPACES                   TRANSFER, one each
 *   ZCOPY_CMD_CANCEL      ID or ALL, ALL_NAMESPACES        COUNT
 *   ZCOPY_CMD_STATS       nothing                          COUNTER...
 *   ZCOPY_CMD_QUERY       nothing                          QUERY
 *   ZCOPY_CMD_SET_RATE    ID, RATE, ALL_NAMESPACES         nothing
 *   ZCOPY_CMD_LIMITS_GET  nothing                          LIMIT...
 *   ZCOPY_CMD_LIMITS_SET  LIMIT { NAME, VALUE }...         nothing
 *   ZCOPY_CMD_EVENT       (multicast only)                 EVENT, TRANSFER
 *
 * SUBMIT resolves descriptors in the process that sends the message, and only if
 * that opened the netlink socket, by itself, and has neither run another program
 * nor changed its rights since: EACCES for a child that inherited the socket, for
 * a program that was handed it, and after setuid(2) and the like.  Open it anew
 * there.  DEV must be an open /dev/zcopy of that process: the rights on the device
 * node guard this door too.  The transfer belongs to DEV, as a transfer that
 * ZCOPY_IOC_SUBMIT started: DEV's verbs can cancel it and set its rate, and the last
 * close of DEV cancels it; so does the death of the sender if no other process has DEV
 * open.  A transfer with ZCOPY_F_DETACHED belongs to no device and goes on.  Closing
 * the netlink socket ends neither kind.  An event reports the end; DEV's completions
 * do not.
 *
 * The COMPLETED event of a transfer is also sent to the netlink socket that
 * submitted it, so that a submitter need not join the group: to that socket, not
 * to its port number, and to none when that is closed.  A socket without room for
 * it gets ENOBUFS, with NETLINK_NO_ENOBUFS too.  When the event comes, the files and
 * the socket are closed and the transfer counts against no limit (with RELEASED it
 * counts until its buffers are freed), so the next one can be submitted at once.
 *
 * The counter events_lost has these, and events for which there was no memory, and
 * once each those that a listener had no room for; the latter only if one of those
 * listeners has set NETLINK_BROADCAST_ERROR, as the kernel tells nothing otherwise.
 * How many messages a listener itself missed, its socket says (SO_MEMINFO, the
 * drops).  What would go to a socket that was closed is not lost.
 *
 * Users see and stop their own transfers.  CAP_NET_ADMIN in the network namespace's
 * user namespace extends this to all transfers of that network namespace;
 * CAP_NET_ADMIN in the initial user namespace, with ALL_NAMESPACES, to the transfers of
 * all network namespaces.  A transfer that was started outside of the viewer's user
 * namespace is not the viewer's own.  Both the opener of the netlink socket and the
 * sender of the message must be allowed.
 *
 * X_COOKIE, X_PID, X_COMM, X_TURN_NS, X_TURN_IN and X_WORKER are shown to the
 * transfer's user, and to CAP_NET_ADMIN in the submitter's user namespace.  Events have
 * them if the submitter's user namespace is the network namespace's or inside it.  File
 * names are shown to the transfer's user only, if that has all capabilities of the
 * submitter (or CAP_SYS_PTRACE over it), and never in events.  Joining "events" takes
 * CAP_NET_ADMIN.  Limits are the machine's, not a namespace's: setting them takes CAP_NET_ADMIN
 * in the initial user namespace.
 *
 * The kernel handles all messages of a datagram in one go.  A dump, STATS, and CANCEL
 * with ALL look at all transfers or counters, so they must be the last message of their
 * datagram: EINVAL otherwise.
 *
 * Every refusal carries a sentence in the extended answer.
 */
#ifndef _UAPI_LINUX_ZCOPY_NETLINK_H
#define _UAPI_LINUX_ZCOPY_NETLINK_H

#define ZCOPY_GENL_NAME		"zcopy"
#define ZCOPY_GENL_VERSION	1
#define ZCOPY_GENL_GROUP_EVENTS	"events"

/**
 * enum zcopy_cmd - commands
 * @ZCOPY_CMD_UNSPEC: not used
 * @ZCOPY_CMD_SUBMIT: start a transfer
 * @ZCOPY_CMD_GET: one transfer, or a dump of all that may be seen
 * @ZCOPY_CMD_CANCEL: stop one transfer, or all that may be stopped
 * @ZCOPY_CMD_STATS: counters of the network namespace
 * @ZCOPY_CMD_QUERY: features and limits
 * @ZCOPY_CMD_EVENT: something happened to a transfer (multicast)
 * @ZCOPY_CMD_SET_RATE: change the rate of a live transfer
 * @ZCOPY_CMD_LIMITS_GET: limits, and what is used of them: of a limit of all users if
 *	the sender has CAP_NET_ADMIN (outside user namespaces), of a limit of each user
 *	what the sender's own user has, if that user opened the socket
 * @ZCOPY_CMD_LIMITS_SET: set limits, all that are given or none
 */
enum zcopy_cmd {
	ZCOPY_CMD_UNSPEC,
	ZCOPY_CMD_SUBMIT,
	ZCOPY_CMD_GET,
	ZCOPY_CMD_CANCEL,
	ZCOPY_CMD_STATS,
	ZCOPY_CMD_QUERY,
	ZCOPY_CMD_EVENT,
	ZCOPY_CMD_SET_RATE,
	ZCOPY_CMD_LIMITS_GET,
	ZCOPY_CMD_LIMITS_SET,

	/* private: */
	__ZCOPY_CMD_MAX,
	ZCOPY_CMD_MAX = __ZCOPY_CMD_MAX - 1
};

/**
 * enum zcopy_attr - attributes of the messages
 * @ZCOPY_A_UNSPEC: not used
 * @ZCOPY_A_PAD: 64-bit alignment
 * @ZCOPY_A_DEV: s32, descriptor of an open /dev/zcopy
 * @ZCOPY_A_ELEM: nest of enum zcopy_attr_elem, repeated, in order
 * @ZCOPY_A_SINK: nest of enum zcopy_attr_sink, repeated
 * @ZCOPY_A_FLAGS: u32, ZCOPY_F_*
 * @ZCOPY_A_UNTIL: u32, enum zcopy_until
 * @ZCOPY_A_END: u32, enum zcopy_end
 * @ZCOPY_A_COOKIE: u64
 * @ZCOPY_A_ID: u64, a transfer
 * @ZCOPY_A_ALL: flag
 * @ZCOPY_A_COUNT: u32
 * @ZCOPY_A_TRANSFER: nest of enum zcopy_attr_transfer
 * @ZCOPY_A_COUNTER: nest of enum zcopy_attr_counter, repeated
 * @ZCOPY_A_QUERY: nest of enum zcopy_attr_query
 * @ZCOPY_A_EVENT: u32, enum zcopy_event
 * @ZCOPY_A_RATE: u64, bytes per second, 0 for no limit
 * @ZCOPY_A_DEADLINE_NS: u64, nanoseconds after submission
 * @ZCOPY_A_IDLE_NS: u64, nanoseconds without progress
 * @ZCOPY_A_READAHEAD: u64, bytes
 * @ZCOPY_A_LIMIT: nest of enum zcopy_attr_limit, repeated
 * @ZCOPY_A_ALL_NAMESPACES: flag, transfers of every network namespace
 */
enum zcopy_attr {
	ZCOPY_A_UNSPEC,
	ZCOPY_A_PAD,
	ZCOPY_A_DEV,
	ZCOPY_A_ELEM,
	ZCOPY_A_SINK,
	ZCOPY_A_FLAGS,
	ZCOPY_A_UNTIL,
	ZCOPY_A_END,
	ZCOPY_A_COOKIE,
	ZCOPY_A_ID,
	ZCOPY_A_ALL,
	ZCOPY_A_COUNT,
	ZCOPY_A_TRANSFER,
	ZCOPY_A_COUNTER,
	ZCOPY_A_QUERY,
	ZCOPY_A_EVENT,
	ZCOPY_A_RATE,
	ZCOPY_A_DEADLINE_NS,
	ZCOPY_A_IDLE_NS,
	ZCOPY_A_READAHEAD,
	ZCOPY_A_LIMIT,
	ZCOPY_A_ALL_NAMESPACES,

	/* private: */
	__ZCOPY_A_MAX,
	ZCOPY_A_MAX = __ZCOPY_A_MAX - 1
};

/**
 * enum zcopy_attr_elem - an element of the source list
 * @ZCOPY_A_ELEM_UNSPEC: not used
 * @ZCOPY_A_ELEM_PAD: 64-bit alignment
 * @ZCOPY_A_ELEM_FD: s32, descriptor of the sender: a file range
 * @ZCOPY_A_ELEM_OFF: u64, offset in bytes, 0 if missing
 * @ZCOPY_A_ELEM_LEN: u64, length in bytes, to the end if missing
 * @ZCOPY_A_ELEM_DATA: binary, instead of the three above: memory
 * @ZCOPY_A_ELEM_RECORD: u8, content type: the data are a control record of TLS
 */
enum zcopy_attr_elem {
	ZCOPY_A_ELEM_UNSPEC,
	ZCOPY_A_ELEM_PAD,
	ZCOPY_A_ELEM_FD,
	ZCOPY_A_ELEM_OFF,
	ZCOPY_A_ELEM_LEN,
	ZCOPY_A_ELEM_DATA,
	ZCOPY_A_ELEM_RECORD,

	/* private: */
	__ZCOPY_A_ELEM_MAX,
	ZCOPY_A_ELEM_MAX = __ZCOPY_A_ELEM_MAX - 1
};

/**
 * enum zcopy_attr_sink - a socket to send to
 * @ZCOPY_A_SINK_UNSPEC: not used
 * @ZCOPY_A_SINK_FD: s32, descriptor of the sender: a connected TCP socket
 * @ZCOPY_A_SINK_PAD: 64-bit alignment
 * @ZCOPY_A_SINK_RATE: u64, bytes per second for this socket, 0 for no limit
 */
enum zcopy_attr_sink {
	ZCOPY_A_SINK_UNSPEC,
	ZCOPY_A_SINK_FD,
	ZCOPY_A_SINK_PAD,
	ZCOPY_A_SINK_RATE,

	/* private: */
	__ZCOPY_A_SINK_MAX,
	ZCOPY_A_SINK_MAX = __ZCOPY_A_SINK_MAX - 1
};

/**
 * enum zcopy_attr_transfer - a transfer, as in struct zcopy_result
 * @ZCOPY_A_X_UNSPEC: not used
 * @ZCOPY_A_X_PAD: 64-bit alignment
 * @ZCOPY_A_X_ID: u64
 * @ZCOPY_A_X_COOKIE: u64
 * @ZCOPY_A_X_STATUS: u32, enum zcopy_status
 * @ZCOPY_A_X_ERROR: u32, errno
 * @ZCOPY_A_X_BYTES_ASKED: u64
 * @ZCOPY_A_X_BYTES: u64
 * @ZCOPY_A_X_BYTES_BY_REF: u64
 * @ZCOPY_A_X_BYTES_COPIED: u64
 * @ZCOPY_A_X_COPIED: binary, u64 in host order by enum zcopy_copy
 * @ZCOPY_A_X_CACHE_HIT_BYTES: u64
 * @ZCOPY_A_X_CACHE_MISS_BYTES: u64
 * @ZCOPY_A_X_SOCKET_WAITS: u32
 * @ZCOPY_A_X_DISK_WAITS: u32
 * @ZCOPY_A_X_RETRANS: u32
 * @ZCOPY_A_X_QUEUED_NS: u64
 * @ZCOPY_A_X_FIRST_BYTE_NS: u64
 * @ZCOPY_A_X_LAST_BYTE_NS: u64
 * @ZCOPY_A_X_DURATION_NS: u64, for a live one: its age
 * @ZCOPY_A_X_UID: u32, user that submitted it
 * @ZCOPY_A_X_PID: u32, process that submitted it; answers number it as the reader's
 *	pid namespace does (0: it is outside), events as its own
 * @ZCOPY_A_X_COMM: string, that process's name
 * @ZCOPY_A_X_STATE: u32, enum zcopy_state
 * @ZCOPY_A_X_FILE: string, path of the file being sent (to its user only)
 * @ZCOPY_A_X_LOCAL: binary, struct sockaddr_in or sockaddr_in6
 * @ZCOPY_A_X_PEER: binary, struct sockaddr_in or sockaddr_in6
 * @ZCOPY_A_X_SINK: u32, index of the socket in the list of the submission
 * @ZCOPY_A_X_RATE: u64, bytes per second that it is held to, 0 for no limit
 * @ZCOPY_A_X_UNTIL: u32, enum zcopy_until
 * @ZCOPY_A_X_NETNS: u32, number of its network namespace (inode of /proc/PID/ns/net)
 * @ZCOPY_A_X_TURN_NS: u64, how long a worker has been in its present turn; missing
 *                     if it is in none, as the next two
 * @ZCOPY_A_X_TURN_IN: string, what the worker is doing: "reading", "sending"...
 * @ZCOPY_A_X_WORKER: u32, thread id of the worker in the initial PID namespace
 * @ZCOPY_A_X_COPIED_SMALL: u64
 * @ZCOPY_A_X_COPIED_POLICY: u64
 */
enum zcopy_attr_transfer {
	ZCOPY_A_X_UNSPEC,
	ZCOPY_A_X_PAD,
	ZCOPY_A_X_ID,
	ZCOPY_A_X_COOKIE,
	ZCOPY_A_X_STATUS,
	ZCOPY_A_X_ERROR,
	ZCOPY_A_X_BYTES_ASKED,
	ZCOPY_A_X_BYTES,
	ZCOPY_A_X_BYTES_BY_REF,
	ZCOPY_A_X_BYTES_COPIED,
	ZCOPY_A_X_COPIED,
	ZCOPY_A_X_CACHE_HIT_BYTES,
	ZCOPY_A_X_CACHE_MISS_BYTES,
	ZCOPY_A_X_SOCKET_WAITS,
	ZCOPY_A_X_DISK_WAITS,
	ZCOPY_A_X_RETRANS,
	ZCOPY_A_X_QUEUED_NS,
	ZCOPY_A_X_FIRST_BYTE_NS,
	ZCOPY_A_X_LAST_BYTE_NS,
	ZCOPY_A_X_DURATION_NS,
	ZCOPY_A_X_UID,
	ZCOPY_A_X_PID,
	ZCOPY_A_X_COMM,
	ZCOPY_A_X_STATE,
	ZCOPY_A_X_FILE,
	ZCOPY_A_X_LOCAL,
	ZCOPY_A_X_PEER,
	ZCOPY_A_X_SINK,
	ZCOPY_A_X_RATE,
	ZCOPY_A_X_UNTIL,
	ZCOPY_A_X_NETNS,
	ZCOPY_A_X_TURN_NS,
	ZCOPY_A_X_TURN_IN,
	ZCOPY_A_X_WORKER,
	ZCOPY_A_X_COPIED_SMALL,
	ZCOPY_A_X_COPIED_POLICY,

	/* private: */
	__ZCOPY_A_X_MAX,
	ZCOPY_A_X_MAX = __ZCOPY_A_X_MAX - 1
};

/**
 * enum zcopy_attr_counter - a counter
 * @ZCOPY_A_C_UNSPEC: not used
 * @ZCOPY_A_C_PAD: 64-bit alignment
 * @ZCOPY_A_C_NAME: string, as in /proc/net/zcopy/stats
 * @ZCOPY_A_C_VALUE: u64
 * @ZCOPY_A_C_HELP: string, one line for people
 */
enum zcopy_attr_counter {
	ZCOPY_A_C_UNSPEC,
	ZCOPY_A_C_PAD,
	ZCOPY_A_C_NAME,
	ZCOPY_A_C_VALUE,
	ZCOPY_A_C_HELP,

	/* private: */
	__ZCOPY_A_C_MAX,
	ZCOPY_A_C_MAX = __ZCOPY_A_C_MAX - 1
};

/**
 * enum zcopy_attr_query - features and limits, as in struct zcopy_query
 * @ZCOPY_A_Q_UNSPEC: not used
 * @ZCOPY_A_Q_PAD: 64-bit alignment
 * @ZCOPY_A_Q_FEATURES: u64
 * @ZCOPY_A_Q_SEND_FLAGS: u64
 * @ZCOPY_A_Q_VERBS: u64
 * @ZCOPY_A_Q_MAX_ELEMS: u32
 * @ZCOPY_A_Q_MAX_SINKS: u32
 * @ZCOPY_A_Q_MAX_MEMORY: u32
 * @ZCOPY_A_Q_MAX_TRANSFERS: u32
 * @ZCOPY_A_Q_VERSION: string
 */
enum zcopy_attr_query {
	ZCOPY_A_Q_UNSPEC,
	ZCOPY_A_Q_PAD,
	ZCOPY_A_Q_FEATURES,
	ZCOPY_A_Q_SEND_FLAGS,
	ZCOPY_A_Q_VERBS,
	ZCOPY_A_Q_MAX_ELEMS,
	ZCOPY_A_Q_MAX_SINKS,
	ZCOPY_A_Q_MAX_MEMORY,
	ZCOPY_A_Q_MAX_TRANSFERS,
	ZCOPY_A_Q_VERSION,

	/* private: */
	__ZCOPY_A_Q_MAX,
	ZCOPY_A_Q_MAX = __ZCOPY_A_Q_MAX - 1
};

/**
 * enum zcopy_attr_limit - a limit
 * @ZCOPY_A_L_UNSPEC: not used
 * @ZCOPY_A_L_PAD: 64-bit alignment
 * @ZCOPY_A_L_NAME: string: max_transfers, max_user_transfers, max_elements,
 *                  max_user_elements, max_pinned_bytes, max_user_pinned_bytes,
 *                  max_window_bytes, max_user_window_bytes; copy_small_bytes,
 *                  references, references_userns
 * @ZCOPY_A_L_VALUE: u64, most that may be live at a time; or the setting
 * @ZCOPY_A_L_USED: u64, what is live now: in all, or of the caller's user; missing
 *                  if another user opened the netlink socket, and for a setting
 * @ZCOPY_A_L_HELP: string, one line for people
 *
 * Those with "user" hold for each user, the others for all users together.  More
 * than max_transfers, max_elements or max_pinned_bytes is EAGAIN, more than those
 * of the user is EDQUOT.  A limit is at least 1; what is live stays when it is
 * lowered.
 *
 * The user is the real one at submission, or the effective one if the real one is
 * root; in a user namespace, the owner of the outermost one, or that namespace
 * itself if root made it.  A sixteenth of each limit is kept for root.  A user
 * other than root who has something may not have more than would then be left for
 * all others: EDQUOT.
 *
 * A transfer counts until its completion was read, or its device is closed.  Its
 * elements and pinned bytes count until it ends.  Pinned bytes are those that it
 * may come to hold in memory, in whole pages: its memory elements, and of its
 * files as many as there are, but no more than its socket's send buffer had room
 * for at submission (SO_SNDBUF).
 *
 * Window bytes are those of files that the transfers to several sockets keep for
 * the slower ones.  Nothing is refused because of them: there, each looks up all
 * pages for itself.
 *
 * copy_small_bytes is no limit but a setting, of 65536 at most: where all elements that
 * go into the socket together are that short, and more follow (a batch, ZCOPY_F_MORE) or
 * they are too many for one buffer by reference (17), plain TCP copies them
 * (ZCOPY_COPY_SMALL).  0: never.
 *
 * references and references_userns are settings as well: enum zcopy_references.
 */
enum zcopy_attr_limit {
	ZCOPY_A_L_UNSPEC,
	ZCOPY_A_L_PAD,
	ZCOPY_A_L_NAME,
	ZCOPY_A_L_VALUE,
	ZCOPY_A_L_USED,
	ZCOPY_A_L_HELP,

	/* private: */
	__ZCOPY_A_L_MAX,
	ZCOPY_A_L_MAX = __ZCOPY_A_L_MAX - 1
};

/**
 * enum zcopy_references - of which files a socket may get pages of the page cache
 * @ZCOPY_REFERENCES_ALL: of all files that the submitter has open for reading
 * @ZCOPY_REFERENCES_OWN: of files that the submitter may also write.  So it is asked
 *	once for each element, at submission, with the submitter's credentials: rights on
 *	the file and on its mount; the file is neither immutable, append-only, sealed against
 *	writes nor under fs-verity; and its pages are its own, on a local file system: not on
 *	overlayfs, and not a server's
 * @ZCOPY_REFERENCES_NEVER: of none
 *
 * The value of the setting references, and of references_userns, which holds for callers
 * outside the initial user namespace; of the two, the stricter one holds for these.  All
 * other files are copied once, into pages of the socket's own (ZCOPY_COPY_POLICY).  A change
 * does not affect what was submitted before.
 */
enum zcopy_references {
	ZCOPY_REFERENCES_ALL	= 0,
	ZCOPY_REFERENCES_OWN	= 1,
	ZCOPY_REFERENCES_NEVER	= 2,
};

/**
 * enum zcopy_event - what an event tells
 * @ZCOPY_EVENT_SUBMITTED: a transfer was accepted
 * @ZCOPY_EVENT_PROGRESS: bytes were sent (at most one a second a transfer)
 * @ZCOPY_EVENT_STALLED: it waits for the socket since a second
 * @ZCOPY_EVENT_COMPLETED: it ended; the transfer's status says how
 */
enum zcopy_event {
	ZCOPY_EVENT_SUBMITTED	= 1,
	ZCOPY_EVENT_PROGRESS	= 2,
	ZCOPY_EVENT_STALLED	= 3,
	ZCOPY_EVENT_COMPLETED	= 4,
};

/**
 * enum zcopy_state - what a live transfer is doing
 * @ZCOPY_STATE_QUEUED: waits for earlier transfers to the same socket
 * @ZCOPY_STATE_RUNNING: moves bytes, or is about to
 * @ZCOPY_STATE_SOCKET: waits for room in the socket
 * @ZCOPY_STATE_DISK: waits for the file
 * @ZCOPY_STATE_ENDED: is over
 * @ZCOPY_STATE_RATE: waits because of its rate, or because its submitter's cgroup has
 *                    used up its CPU time (cpu.max)
 * @ZCOPY_STATE_ACK: the socket has all bytes; waits until they are acknowledged
 *                   or released
 */
enum zcopy_state {
	ZCOPY_STATE_QUEUED	= 0,
	ZCOPY_STATE_RUNNING	= 1,
	ZCOPY_STATE_SOCKET	= 2,
	ZCOPY_STATE_DISK	= 3,
	ZCOPY_STATE_ENDED	= 4,
	ZCOPY_STATE_RATE	= 5,
	ZCOPY_STATE_ACK		= 6,
};

#endif /* _UAPI_LINUX_ZCOPY_NETLINK_H */
