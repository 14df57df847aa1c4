// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb cancel.  If a transfer cannot be stopped, the verb tries the next.
 * After a transfer was stopped by its number, the verb looks once more whether a
 * worker is busy with it: the transfer ends only when that worker is done.
 */
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "units.h"
#include "zcctl.h"

const struct opt cancel_opts[] = {
	{ "all", 'a', NULL, "all that you may stop", NULL, 0 },
	OPT_ALL_NAMESPACES,
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static void add_error(struct json_object *errors, uint64_t id, int err)
{
	struct json_object *obj = json_object_new_object();

	json_number(obj, "id", id);
	json_text(obj, "error", zcopy_strerror(err));
	json_number(obj, "errno", -err);
	json_text(obj, "hint", "see the live ones with: zcctl list");
	json_object_array_add(errors, obj);
}

static int cancel_all(struct zcctl *zc)
{
	int count = zcopy_nl_cancel(zc->nl, 0);
	struct json_object *obj;

	if (count < 0)
		return nl_fail(zc, count, "cannot cancel all transfers");
	obj = json_object_new_object();
	json_number(obj, "cancelled", count);
	json_object_object_add(obj, "errors", json_object_new_array());
	json_object_object_add(obj, "stuck", json_object_new_array());
	out_line(zc, obj, "%d cancelled", count);
	return ZC_DONE;
}

static int note_stuck(const struct zcopy_transfer *t, void *stuck)
{
	struct json_object *obj;
	char words[JSON_STUCK_ROOM];

	if (!*json_stuck(words, t))
		return 0;
	obj = json_object_new_object();
	json_number(obj, "id", t->result->id);
	json_text(obj, "stuck", words);
	json_object_array_add(stuck, obj);
	return 0;
}

static const char *text_of(struct json_object *obj, const char *key)
{
	struct json_object *val = NULL;

	json_object_object_get_ex(obj, key, &val);
	return json_object_get_string(val);
}

/* Print a line for each transfer whose end will take longer */
static void tell_stuck(struct json_object *stuck)
{
	size_t nr = json_object_array_length(stuck), i;
	char id[24], words[JSON_STUCK_ROOM];

	for (i = 0; i < nr; i++) {
		struct json_object *obj = json_object_array_get_idx(stuck, i);

		printf("transfer %s: %s\n",
		       out_clean(id, sizeof(id), text_of(obj, "id")),
		       out_clean(words, sizeof(words), text_of(obj, "stuck")));
	}
}

static int cancel_some(struct zcctl *zc)
{
	struct json_object *errors = json_object_new_array();
	struct json_object *stuck = json_object_new_array();
	struct json_object *obj = json_object_new_object();
	int cancelled = 0;
	int ret = ZC_DONE;
	uint64_t id;
	size_t i;
	int n;

	for (i = 0; i < zc->args.nr_pos; i++) {
		units_parse_count(zc->args.pos[i], &id);
		n = zcopy_nl_cancel(zc->nl, id);
		if (n >= 0) {
			cancelled += n;
			/* Fails if the transfer has ended; nothing to note then. */
			zcopy_nl_get(zc->nl, id, note_stuck, stuck);
			continue;
		}
		add_error(errors, id, n);
		if (zc->json)
			ret = ZC_FAILED;
		else
			ret = nl_fail(zc, n, "cannot cancel transfer %" PRIu64, id);
	}
	json_number(obj, "cancelled", cancelled);
	json_object_object_add(obj, "errors", errors);
	if (!zc->json)
		tell_stuck(stuck);
	json_object_object_add(obj, "stuck", stuck);
	out_line(zc, obj, "%d cancelled", cancelled);
	return ret;
}

int cmd_cancel(struct zcctl *zc)
{
	bool all = args_has(&zc->args, "all");
	uint64_t id;
	size_t i;
	int err;

	if (all == (zc->args.nr_pos > 0))
		return zcctl_misuse(zc, "cancel: give either numbers of transfers or --all");
	for (i = 0; i < zc->args.nr_pos; i++)
		if (units_parse_count(zc->args.pos[i], &id) || !id)
			return zcctl_misuse(zc, "cancel: \"%.40s\" is no transfer's number",
					    zc->args.pos[i]);
	err = nl_open(zc);
	if (err)
		return err;
	return all ? cancel_all(zc) : cancel_some(zc);
}
