// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb cancel.  If a transfer cannot be stopped, the verb tries the next.
 * After transfers were stopped, the verb looks once more whether workers are busy with
 * them: a transfer ends only when its worker is done.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "hints.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

/* Most stuck transfers that are named after --all */
#define MOST_NAMED	10
/* Most dumps to try; if the set changes during each, the last one counts */
#define DUMP_TRIES	10

/*
 * Waits before each look after --all.  A worker that was busy when it was told to stop
 * counts as stuck by the last look.
 */
static const int waits_ms[] = { 0, 10, 40, 200 };

const struct opt cancel_opts[] = {
	{ "all", 'a', NULL, "all that you may stop", NULL, 0 },
	OPT_ALL_NAMESPACES,
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static void add_error(const struct zcctl *zc, struct json_object *errors, uint64_t id,
		      int err)
{
	struct json_object *obj = json_object_new_object();

	json_number(obj, "id", id);
	json_text(obj, "error", nl_why(zc, err));
	json_number(obj, "errno", -err);
	json_text(obj, "hint", hint_request(err));
	json_object_array_add(errors, obj);
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

/* Print a line for each transfer whose end will take longer, but @most lines */
static void tell_stuck(struct json_object *stuck, size_t most)
{
	size_t nr = json_object_array_length(stuck), i;
	char id[24], words[JSON_STUCK_ROOM];

	for (i = 0; i < nr && i < most; i++) {
		struct json_object *obj = json_object_array_get_idx(stuck, i);

		printf("transfer %s: %s\n",
		       out_clean(id, sizeof(id), text_of(obj, "id")),
		       out_clean(words, sizeof(words), text_of(obj, "stuck")));
	}
	if (i + 1 == nr)
		puts("1 more transfer ends when its worker is done, too");
	else if (i < nr)
		printf("%zu more transfers end when their workers are done, too\n",
		       nr - i);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A look at the transfers that were told to stop and have not ended */
struct look {
	uint64_t		told;	/* when they were told */
	uint64_t		age;	/* younger transfers were not told */
	uint64_t		left;
	struct json_object	*stuck;
};

static int note_left(const struct zcopy_transfer *t, void *arg)
{
	struct look *look = arg;

	if (t->result->duration_ns < look->age)
		return 0;
	look->left++;
	return note_stuck(t, look->stuck);
}

static int look_at_left(struct zcctl *zc, struct look *look)
{
	look->age = now_ns() - look->told;
	look->left = 0;
	json_object_put(look->stuck);
	look->stuck = json_object_new_array();
	return zcopy_nl_dump(zc->nl, note_left, look);
}

/* Look until all transfers have ended, or have had the time to; 0 or a negative errno */
static int wait_for_left(struct zcctl *zc, struct look *look)
{
	int err, tries;
	size_t i = 0;

	do {
		poll(NULL, 0, waits_ms[i]);
		err = look_at_left(zc, look);
	} while ((err == -EAGAIN || (!err && look->left)) && ++i < ARRAY_SIZE(waits_ms));
	for (tries = 1; err == -EAGAIN && tries < DUMP_TRIES; tries++)
		err = look_at_left(zc, look);
	/* A module is unloaded only when no transfer is left. */
	return err == -EAGAIN || err == -ENODEV ? 0 : err;
}

static int cancel_all(struct zcctl *zc)
{
	int count = zcopy_nl_cancel(zc->nl, 0);
	struct look look = { .told = now_ns() };
	struct json_object *obj;
	int err;

	if (count < 0)
		return nl_fail(zc, count, "cannot cancel all transfers");
	look.stuck = json_object_new_array();
	err = count ? wait_for_left(zc, &look) : 0;
	if (err) {
		json_object_put(look.stuck);
		return nl_fail(zc, err,
			       "%d cancelled, but cannot tell which have not ended", count);
	}
	obj = json_object_new_object();
	json_number(obj, "cancelled", count);
	json_object_object_add(obj, "errors", json_object_new_array());
	if (!zc->json)
		tell_stuck(look.stuck, MOST_NAMED);
	json_object_object_add(obj, "stuck", look.stuck);
	out_line(zc, obj, "%d cancelled", count);
	return ZC_DONE;
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
		add_error(zc, errors, id, n);
		if (zc->json)
			ret = nl_code(n);
		else
			ret = nl_fail(zc, n, "cannot cancel transfer %" PRIu64, id);
	}
	json_number(obj, "cancelled", cancelled);
	json_object_object_add(obj, "errors", errors);
	if (!zc->json)
		tell_stuck(stuck, SIZE_MAX);
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
