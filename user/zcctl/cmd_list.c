// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verbs that look at live transfers: list and show.
 */
#include <errno.h>
#include <inttypes.h>

#include "json.h"
#include "netns.h"
#include "units.h"
#include "zcctl.h"

/* Most dumps to try; if the set changes during each, the last one is shown */
#define DUMP_TRIES	10

const struct opt list_opts[] = {
	OPT_ALL_NAMESPACES,
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

const struct opt show_opts[] = {
	OPT_ALL_NAMESPACES,
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* The first column is only shown in a list of all namespaces */
static const struct out_field list_layout[] = {
	{ "namespace", "NETNS", OUT_TEXT, 0 },
	{ "id", "ID", OUT_TEXT, 0 },
	{ "user", "USER", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_TEXT, 0 },
	{ "bytes", "SENT", OUT_BYTES, 0 },
	{ "bytes_asked", "OF", OUT_BYTES, 0 },
	{ "percent", "%", OUT_PERCENT, 0 },
	{ "bytes_per_second", "RATE", OUT_RATE, 0 },
	{ "duration_ns", "AGE", OUT_NS, 0 },
	{ "peer", "PEER", OUT_TEXT, 0 },
	{ "file", "FILE", OUT_TEXT, 0 },
	{ NULL, NULL, OUT_TEXT, 0 }
};

static const struct out_field show_layout[] = {
	{ "id", "transfer", OUT_TEXT, 0 },
	{ "status", "status", OUT_TEXT, 0 },
	{ "state", "state", OUT_TEXT, 0 },
	{ "stuck", "stuck", OUT_TEXT, OUT_IF_SET },
	{ "file", "file", OUT_TEXT, OUT_IF_SET },
	{ "local", "from", OUT_TEXT, OUT_IF_SET },
	{ "peer", "to", OUT_TEXT, OUT_IF_SET },
	{ "user", "user", OUT_TEXT, 0 },
	{ "pid", "process", OUT_TEXT, OUT_IF_SET },
	{ "comm", "program", OUT_TEXT, OUT_IF_SET },
	{ "cookie", "cookie", OUT_TEXT, OUT_IF_SET },
	{ "bytes_asked", "asked", OUT_BYTES, 0 },
	{ "bytes", "sent", OUT_BYTES, 0 },
	{ "percent", "", OUT_PERCENT, 0 },
	{ "bytes_by_ref", "by reference", OUT_BYTES, 0 },
	{ "bytes_copied", "copied", OUT_BYTES, 0 },
	{ "copied_reasons", "copied because", OUT_PARTS, OUT_IF_SET },
	{ "bytes_per_second", "rate", OUT_RATE, 0 },
	{ "rate_limit", "held to", OUT_RATE, OUT_IF_SET },
	{ "until", "done when", OUT_TEXT, 0 },
	{ "sink", "destination", OUT_TEXT, OUT_IF_SET },
	{ "namespace", "network namespace", OUT_TEXT, OUT_IF_SET },
	{ "duration_ns", "age", OUT_NS, 0 },
	{ "queued_ns", "queued for", OUT_NS, 0 },
	{ "first_byte_ns", "first byte after", OUT_NS, OUT_IF_SET },
	{ "last_byte_ns", "last byte after", OUT_NS, OUT_IF_SET },
	{ "cache_hit_bytes", "cache hit", OUT_BYTES, 0 },
	{ "cache_miss_bytes", "cache miss", OUT_BYTES, 0 },
	{ "socket_waits", "waits for the socket", OUT_TEXT, 0 },
	{ "disk_waits", "waits for the disk", OUT_TEXT, 0 },
	{ "retrans", "segments sent again", OUT_TEXT, 0 },
	{ NULL, NULL, OUT_TEXT, 0 }
};

static int collect(const struct zcopy_transfer *t, void *arg)
{
	json_object_array_add(arg, json_transfer(t));
	return 0;
}

int cmd_list(struct zcctl *zc)
{
	bool all = args_has(&zc->args, "all-namespaces");
	struct json_object *array;
	int tries = 0;
	int err;

	err = nl_open(zc);
	if (err)
		return err;
	for (;;) {
		array = json_object_new_array();
		err = zcopy_nl_dump(zc->nl, collect, array);
		if (err != -EAGAIN || ++tries == DUMP_TRIES)
			break;
		json_object_put(array);
	}
	if (err && err != -EAGAIN) {
		json_object_put(array);
		return nl_fail(zc, err, "cannot list transfers");
	}
	if (all)
		netns_mark(array);
	out_table(zc, array, list_layout + !all, "no live transfers");
	return ZC_DONE;
}

static int keep(const struct zcopy_transfer *t, void *arg)
{
	*(struct json_object **)arg = json_transfer(t);
	return 0;
}

int cmd_show(struct zcctl *zc)
{
	struct json_object *obj = NULL, *array;
	uint64_t id;
	int err;

	if (units_parse_count(zc->args.pos[0], &id) || !id)
		return zcctl_misuse(zc, "show: \"%.40s\" is no transfer's number",
				    zc->args.pos[0]);
	err = nl_open(zc);
	if (err)
		return err;
	err = zcopy_nl_get(zc->nl, id, keep, &obj);
	if (!err && !obj)
		err = -EPROTO;
	if (err)
		return nl_fail(zc, err, "cannot show transfer %" PRIu64, id);
	if (args_has(&zc->args, "all-namespaces")) {
		array = json_object_new_array();
		json_object_array_add(array, json_object_get(obj));
		netns_mark(array);
		json_object_put(array);
	}
	out_record(zc, obj, show_layout);
	return ZC_DONE;
}
