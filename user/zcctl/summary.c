// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints the summary of a send: a single destination in full, several with a line
 * each and their sums.
 */
#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hints.h"
#include "json.h"
#include "units.h"

/* Status of a transfer without a result */
#define UNTOLD		UINT32_MAX

static const struct out_field layout[] = {
	{ "bytes_by_ref", "  by reference", OUT_BYTES, 0 },
	{ "bytes_copied", "  copied", OUT_BYTES, OUT_IF_SET },
	{ "copied_reasons", "  copied because", OUT_PARTS, OUT_IF_SET },
	{ "cache_hit_bytes", "  cache hit", OUT_BYTES, OUT_IF_SET },
	{ "cache_miss_bytes", "  cache miss", OUT_BYTES, OUT_IF_SET },
	{ "socket_waits", "  socket waits", OUT_TEXT, OUT_IF_SET },
	{ "disk_waits", "  disk waits", OUT_TEXT, OUT_IF_SET },
	{ "retrans", "  retransmits", OUT_TEXT, OUT_IF_SET },
	{ NULL, NULL, OUT_TEXT, 0 }
};

static bool is_good(uint32_t status)
{
	return status == ZCOPY_STATUS_DONE || status == ZCOPY_STATUS_CHANGED;
}

static struct zcopy_result result_of(const struct follow_one *one)
{
	struct zcopy_result res = one->result;

	if (!one->ended) {
		memset(&res, 0, sizeof(res));
		res.id = one->id;
		res.status = UNTOLD;
		res.bytes = one->bar.bytes;
		res.bytes_asked = one->bar.asked;
		res.duration_ns = one->bar.ns;
	}
	return res;
}

static void keep_longest(__u64 *to, uint64_t ns)
{
	if (ns > *to)
		*to = ns;
}

/* The common status: the first failure, else CHANGED if any, else DONE */
static void add_status(struct zcopy_result *sum, const struct zcopy_result *res)
{
	if (is_good(sum->status) && (!is_good(res->status) ||
				     sum->status == ZCOPY_STATUS_DONE)) {
		sum->status = res->status;
		sum->error = res->error;
	}
}

static void add(struct zcopy_result *sum, const struct zcopy_result *res)
{
	int i;

	add_status(sum, res);
	sum->bytes_asked += res->bytes_asked;
	sum->bytes += res->bytes;
	sum->bytes_by_ref += res->bytes_by_ref;
	sum->bytes_copied += res->bytes_copied;
	for (i = 0; i < ZCOPY_COPY_NR; i++)
		sum->copied[i] += res->copied[i];
	sum->copied_small += res->copied_small;
	sum->copied_policy += res->copied_policy;
	sum->cache_hit_bytes += res->cache_hit_bytes;
	sum->cache_miss_bytes += res->cache_miss_bytes;
	sum->socket_waits += res->socket_waits;
	sum->disk_waits += res->disk_waits;
	sum->retrans += res->retrans;
	keep_longest(&sum->queued_ns, res->queued_ns);
	keep_longest(&sum->first_byte_ns, res->first_byte_ns);
	keep_longest(&sum->last_byte_ns, res->last_byte_ns);
	keep_longest(&sum->duration_ns, res->duration_ns);
}

static void print_headline(const struct zcopy_result *res, const char *to)
{
	char sent[UNITS_ROOM], asked[UNITS_ROOM], took[UNITS_ROOM], rate[UNITS_ROOM];

	printf("%s: %s", zcopy_status_name(res->status),
	       units_bytes(sent, res->bytes));
	if (res->bytes != res->bytes_asked)
		printf(" of %s", units_bytes(asked, res->bytes_asked));
	printf(" to %s in %s, %s\n", to, units_duration(took, res->duration_ns),
	       units_rate(rate, res->bytes, res->duration_ns));
}

/* Print a failure as text; the caller has reported missing results */
static void complain(const struct zcctl *zc, const char *file,
		     const struct zcopy_result *res, const char *peer)
{
	const char *why;

	if (zc->json || is_good(res->status) || res->status == UNTOLD)
		return;
	why = hint_cause(res);
	out_fail(zc, ZC_FAILED, res->error, hint_result(res),
		 "sending %s to %s ended after %" PRIu64 " bytes: %s%s%s", file,
		 peer, (uint64_t)res->bytes, zcopy_status_text(res->status),
		 *why ? ": " : "", why);
}

static struct json_object *as_object(const struct zcopy_result *res,
				     const char *peer)
{
	struct json_object *obj = json_object_new_object();

	json_result(obj, res);
	json_text(obj, "peer", peer);
	return obj;
}

int summary_print(const struct zcctl *zc, const char *file,
		  const struct follow_one *ones, size_t nr)
{
	bool quiet = args_has(&zc->args, "quiet") && !zc->json;
	bool words = !quiet && !zc->json;
	struct json_object *sinks = json_object_new_array();
	struct json_object *obj = json_object_new_object();
	struct zcopy_result sum = { .id = ones[0].id };
	struct zcopy_result res;
	char all[40];
	size_t i;

	for (i = 0; i < nr; i++) {
		res = result_of(&ones[i]);
		add(&sum, &res);
		if (words)
			print_headline(&res, ones[i].bar.label);
		json_object_array_add(sinks, as_object(&res, ones[i].bar.label));
	}
	json_result(obj, &sum);
	json_text(obj, "file", file);
	if (nr == 1) {
		json_text(obj, "peer", ones[0].bar.label);
		json_object_put(sinks);
	} else {
		json_object_object_add(obj, "sinks", sinks);
		snprintf(all, sizeof(all), "%zu destinations", nr);
		if (words)
			print_headline(&sum, all);
	}
	if (quiet)
		json_object_put(obj);
	else
		out_record(zc, obj, layout);
	for (i = 0; i < nr; i++) {
		res = result_of(&ones[i]);
		complain(zc, file, &res, ones[i].bar.label);
	}
	return is_good(sum.status) ? ZC_DONE : ZC_FAILED;
}
