// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the names of the interface's numbers.  The names are stable: zcctl uses
 * them as JSON values and option arguments.
 */
#include "internal.h"

struct zci_name {
	const char	*name;
	const char	*text;
};

static const struct zci_name statuses[] = {
	[ZCOPY_STATUS_DONE]	= { "done", "all bytes were sent" },
	[ZCOPY_STATUS_CHANGED]	= { "changed",
		"all bytes were sent, but a file was changed meanwhile" },
	[ZCOPY_STATUS_TRUNCATED] = { "truncated",
		"a file ended before its range did" },
	[ZCOPY_STATUS_CANCELLED] = { "cancelled", "it was cancelled" },
	[ZCOPY_STATUS_AGAIN]	= { "again",
		"it would have had to wait for the socket or the disk" },
	[ZCOPY_STATUS_SOCKET_ERROR] = { "socket_error", "the socket failed" },
	[ZCOPY_STATUS_FILE_ERROR] = { "file_error", "reading the file failed" },
	[ZCOPY_STATUS_NO_MEMORY] = { "no_memory", "memory ran out" },
	[ZCOPY_STATUS_DEADLINE]	= { "deadline", "the deadline passed" },
	[ZCOPY_STATUS_IDLE]	= { "idle", "nothing moved for the idle time" },
	[ZCOPY_STATUS_RUNNING]	= { "running", "it is still going on" },
};

static const struct zci_name reasons[] = {
	[ZCOPY_COPY_NO_SG]	= { "no_sg",
		"the route's interface has no scatter/gather, or no checksums" },
	[ZCOPY_COPY_TLS]	= { "tls",
		"TLS encrypts in software, or copies for its interface" },
	[ZCOPY_COPY_DIRECT]	= { "direct",
		"the file is open with O_DIRECT or lives on DAX" },
	[ZCOPY_COPY_NO_CACHE]	= { "no_cache",
		"the file system keeps no page cache for the file" },
	[ZCOPY_COPY_STABLE]	= { "stable", "a stable copy was asked for" },
	[ZCOPY_COPY_NO_SPLICE]	= { "no_splice",
		"this kernel, or a socket map, cannot send pages by reference" },
	[ZCOPY_COPY_MEMORY]	= { "memory", "memory is copied at submission" },
	[ZCOPY_COPY_RELEASED]	= { "released",
		"waiting for the release of pages that the receiver keeps" },
	[ZCOPY_COPY_SMALL]	= { "small", "many pieces so short that references would cost more" },
	[ZCOPY_COPY_POLICY]	= { "policy",
		"the administrator allows no references to pages of this file" },
};

static const struct zci_name features[] = {
	{ "by_ref",	"pages go by reference" },
	{ "lists",	"more than one element in a transfer" },
	{ "fanout",	"more than one socket in a transfer" },
	{ "acked",	"completion when the peer has acknowledged" },
	{ "released",	"completion when the stack holds no page any more" },
	{ "rate",	"rate limits" },
	{ "deadline",	"deadlines" },
	{ "idle",	"idle timeouts" },
	{ "readahead",	"read-ahead size of a transfer" },
	{ "end",	"cork or shutdown after the last byte" },
	{ "uring",	"io_uring commands on the device" },
	{ "uring_cancel", "ending those at once with their ring" },
	{ "memcg",	"memory charged to the submitter's cgroup" },
	{ "record",	"control records of the kernel's TLS" },
};

static const struct zci_name flags[] = {
	{ "stable",	NULL },
	{ "drop_behind", NULL },
	{ "nowait",	NULL },
	{ "warm",	NULL },
	{ "detached",	NULL },
	{ "dontwait",	NULL },
	{ "more",	NULL },
	{ "position",	NULL },
	{ "as_read",	NULL },
	{ "any_pid",	NULL },
};

static const struct zci_name untils[] = {
	[ZCOPY_UNTIL_QUEUED]	= { "queued", NULL },
	[ZCOPY_UNTIL_ACKED]	= { "acked", NULL },
	[ZCOPY_UNTIL_RELEASED]	= { "released", NULL },
};

static const struct zci_name states[] = {
	[ZCOPY_STATE_QUEUED]	= { "queued", NULL },
	[ZCOPY_STATE_RUNNING]	= { "running", NULL },
	[ZCOPY_STATE_SOCKET]	= { "socket", NULL },
	[ZCOPY_STATE_DISK]	= { "disk", NULL },
	[ZCOPY_STATE_ENDED]	= { "ended", NULL },
	[ZCOPY_STATE_RATE]	= { "rate", NULL },
	[ZCOPY_STATE_ACK]	= { "ack", NULL },
};

static const struct zci_name events[] = {
	[ZCOPY_EVENT_SUBMITTED]	= { "submitted", NULL },
	[ZCOPY_EVENT_PROGRESS]	= { "progress", NULL },
	[ZCOPY_EVENT_STALLED]	= { "stalled", NULL },
	[ZCOPY_EVENT_COMPLETED]	= { "completed", NULL },
};

#define LOOK_UP(table, nr, field, none) \
	((nr) < ZCI_ARRAY_SIZE(table) && (table)[nr].name ? \
	 (table)[nr].field : (none))

const char *zcopy_status_name(uint32_t status)
{
	return LOOK_UP(statuses, status, name, "unknown");
}

const char *zcopy_status_text(uint32_t status)
{
	return LOOK_UP(statuses, status, text,
		       "it ended in a way that this program does not know");
}

const char *zcopy_copy_reason_name(unsigned int reason)
{
	return LOOK_UP(reasons, reason, name, NULL);
}

const char *zcopy_copy_reason_text(unsigned int reason)
{
	return LOOK_UP(reasons, reason, text, NULL);
}

const char *zcopy_feature_name(unsigned int bit)
{
	return LOOK_UP(features, bit, name, NULL);
}

const char *zcopy_feature_text(unsigned int bit)
{
	return LOOK_UP(features, bit, text, NULL);
}

const char *zcopy_flag_name(unsigned int bit)
{
	return LOOK_UP(flags, bit, name, NULL);
}

const char *zcopy_state_name(uint32_t state)
{
	return LOOK_UP(states, state, name, "unknown");
}

const char *zcopy_event_name(uint32_t event)
{
	return LOOK_UP(events, event, name, "unknown");
}

const char *zcopy_until_name(uint32_t until)
{
	return LOOK_UP(untils, until, name, "unknown");
}
