// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Translates the library's structs into JSON objects.  Prints nothing.
 */
#include "json.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "units.h"

#define NS_PER_SEC	1000000000.0
/* A worker's turn is shorter, unless something blocks it */
#define LONG_TURN_NS	100000000

void json_number(struct json_object *obj, const char *key, uint64_t value)
{
	json_object_object_add(obj, key, json_object_new_uint64(value));
}

size_t json_utf8_len(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len, i;

	if (*p < 0x80)
		return 1;
	if (*p >= 0xc2 && *p < 0xe0)
		len = 2;
	else if (*p >= 0xe0 && *p < 0xf0)
		len = 3;
	else if (*p >= 0xf0 && *p < 0xf5)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

char *json_utf8(const char *text)
{
	const char *p = text;
	char *clean = malloc(3 * strlen(text) + 1);
	size_t len, n = 0;

	if (!clean)
		return NULL;
	for (; *p; p += len ? len : 1) {
		len = json_utf8_len(p);
		memcpy(clean + n, len ? p : "\xef\xbf\xbd", len ? len : 3);
		n += len ? len : 3;
	}
	clean[n] = '\0';
	return clean;
}

void json_text(struct json_object *obj, const char *key, const char *text)
{
	char *clean = json_utf8(text);

	json_object_object_add(obj, key,
			       json_object_new_string(clean ? clean : ""));
	free(clean);
}

/* The highest number if it is larger; a double has none just below that */
static uint64_t whole(double value)
{
	return value < 18446744073709551615.0 ? (uint64_t)value : UINT64_MAX;
}

int json_counter(const char *name, uint64_t value, const char *help, void *obj)
{
	char *clean = json_utf8(name);

	(void)help;
	if (!clean)
		return -ENOMEM;
	json_number(obj, clean, value);
	free(clean);
	return 0;
}

static void add_reasons(struct json_object *obj, const struct zcopy_result *res)
{
	struct json_object *reasons = json_object_new_object();
	unsigned int i;

	for (i = 0; i < ZCOPY_COPY_NR; i++)
		if (zcopy_copy_reason_name(i))
			json_number(reasons, zcopy_copy_reason_name(i),
				    res->copied[i]);
	json_number(reasons, zcopy_copy_reason_name(ZCOPY_COPY_SMALL),
		    res->copied_small);
	json_number(reasons, zcopy_copy_reason_name(ZCOPY_COPY_POLICY),
		    res->copied_policy);
	json_object_object_add(obj, "copied_reasons", reasons);
}

void json_result(struct json_object *obj, const struct zcopy_result *res)
{
	double seconds = res->duration_ns / NS_PER_SEC;

	json_number(obj, "id", res->id);
	json_text(obj, "status", zcopy_status_name(res->status));
	json_number(obj, "error", res->error);
	json_number(obj, "bytes_asked", res->bytes_asked);
	json_number(obj, "bytes", res->bytes);
	json_number(obj, "bytes_by_ref", res->bytes_by_ref);
	json_number(obj, "bytes_copied", res->bytes_copied);
	add_reasons(obj, res);
	json_number(obj, "cache_hit_bytes", res->cache_hit_bytes);
	json_number(obj, "cache_miss_bytes", res->cache_miss_bytes);
	json_number(obj, "socket_waits", res->socket_waits);
	json_number(obj, "disk_waits", res->disk_waits);
	json_number(obj, "retrans", res->retrans);
	json_number(obj, "queued_ns", res->queued_ns);
	json_number(obj, "first_byte_ns", res->first_byte_ns);
	json_number(obj, "last_byte_ns", res->last_byte_ns);
	json_number(obj, "duration_ns", res->duration_ns);
	json_number(obj, "bytes_per_second",
		    seconds > 0 ? whole(res->bytes / seconds) : 0);
}

static void add_user(struct json_object *obj, uint32_t uid)
{
	struct passwd *pw = getpwuid(uid);
	char num[16];

	snprintf(num, sizeof(num), "%u", uid);
	json_number(obj, "uid", uid);
	json_text(obj, "user", pw ? pw->pw_name : num);
}

const char *json_stuck(char *buf, const struct zcopy_transfer *t)
{
	char took[UNITS_ROOM];

	buf[0] = '\0';
	if (t->turn_ns > LONG_TURN_NS)
		snprintf(buf, JSON_STUCK_ROOM,
			 "worker %u has been %.24s for %s; it ends when that does",
			 t->worker, *t->turn_in ? t->turn_in : "busy",
			 units_duration(took, t->turn_ns));
	return buf;
}

struct json_object *json_transfer(const struct zcopy_transfer *t)
{
	struct json_object *obj = json_object_new_object();
	const struct zcopy_result *res = t->result;
	char stuck[JSON_STUCK_ROOM];
	char text[ADDR_ROOM];

	json_result(obj, res);
	json_number(obj, "percent", res->bytes_asked ?
		    whole(100.0 * res->bytes / res->bytes_asked) : 0);
	json_number(obj, "cookie", res->cookie);
	json_text(obj, "state", zcopy_state_name(t->state));
	add_user(obj, t->uid);
	json_number(obj, "pid", t->pid);
	json_text(obj, "comm", t->comm);
	json_text(obj, "file", t->file ? t->file : "");
	json_text(obj, "local", addr_format(text, &t->local));
	json_text(obj, "peer", addr_format(text, &t->peer));
	json_number(obj, "sink", res->sink);
	json_number(obj, "rate_limit", t->rate);
	json_text(obj, "until", zcopy_until_name(t->until));
	json_number(obj, "netns", t->netns);
	json_number(obj, "worker", t->worker);
	json_number(obj, "turn_ns", t->turn_ns);
	json_text(obj, "turn_in", t->turn_in);
	json_text(obj, "stuck", json_stuck(stuck, t));
	return obj;
}

struct json_object *json_query(const struct zcopy_query *query)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *features = json_object_new_object();
	struct json_object *flags = json_object_new_object();
	struct json_object *limits = json_object_new_object();
	unsigned int bit;

	json_text(obj, "version", query->version);
	for (bit = 0; zcopy_feature_name(bit); bit++)
		json_object_object_add(features, zcopy_feature_name(bit),
			json_object_new_boolean(query->features >> bit & 1));
	json_object_object_add(obj, "features", features);
	for (bit = 0; zcopy_flag_name(bit); bit++)
		json_object_object_add(flags, zcopy_flag_name(bit),
			json_object_new_boolean(query->send_flags >> bit & 1));
	json_object_object_add(obj, "flags", flags);
	json_number(limits, "max_elems", query->max_elems);
	json_number(limits, "max_sinks", query->max_sinks);
	json_number(limits, "max_memory", query->max_memory);
	json_number(limits, "max_transfers", query->max_transfers);
	json_object_object_add(obj, "limits", limits);
	return obj;
}
