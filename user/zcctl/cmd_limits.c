// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb limits: shows how much may be live at a time on this machine, and the
 * settings, and sets one of them.
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "references.h"
#include "units.h"
#include "zcctl.h"

static const struct out_field layout[] = {
	{ "name", "LIMIT", OUT_TEXT, 0 },
	{ "value", "VALUE", OUT_TEXT, 0 },
	{ "used", "USED", OUT_TEXT, 0 },
	{ "help", "WHAT", OUT_TEXT, 0 },
	{ NULL, NULL, OUT_TEXT, 0 }
};

static int collect(const struct zcopy_limit *limit, void *arg)
{
	struct json_object *obj = json_object_new_object();

	json_text(obj, "name", limit->name);
	if (references_is(limit->name) && references_word(limit->value))
		json_text(obj, "value", references_word(limit->value));
	else
		json_number(obj, "value", limit->value);
	/* Every object has the same keys. */
	if (limit->used == ZCOPY_NOT_TOLD)
		json_object_object_add(obj, "used", NULL);
	else
		json_number(obj, "used", limit->used);
	json_text(obj, "help", limit->help);
	json_object_array_add(arg, obj);
	return 0;
}

static int show(struct zcctl *zc)
{
	struct json_object *array = json_object_new_array();
	int err = zcopy_nl_limits_get(zc->nl, collect, array);

	if (err) {
		json_object_put(array);
		return nl_fail(zc, err, "cannot read the limits");
	}
	out_table(zc, array, layout, "this module has no limits");
	return ZC_DONE;
}

/* 0, or what the verb exits with */
static int parse(struct zcctl *zc, struct zcopy_limit *limit, char **words)
{
	limit->name = words[0];
	if (references_is(words[0])) {
		if (!references_parse(words[1], &limit->value))
			return 0;
		return zcctl_misuse(zc, "limits: \"%.40s\" is not all, own or never",
				    words[1]);
	}
	if (!*words[0] || units_parse_size(words[1], &limit->value))
		return zcctl_misuse(zc, "limits: \"%.40s\" is no number", words[1]);
	return 0;
}

int cmd_limits(struct zcctl *zc)
{
	char **words = zc->args.pos;
	struct zcopy_limit limit = { 0 };
	int err;

	if (zc->args.nr_pos == 1)
		return zcctl_misuse(zc, "limits: give a value for %.40s, or nothing to see all",
				    words[0]);
	if (zc->args.nr_pos == 2) {
		err = parse(zc, &limit, words);
		if (err)
			return err;
	}
	err = nl_open(zc);
	if (err)
		return err;
	if (limit.name) {
		err = zcopy_nl_limits_set(zc->nl, &limit, 1);
		if (err == -EINVAL)
			return out_fail(zc, ZC_FAILED, err,
					"see their names and values with: zcctl limits",
					"cannot set the limit %s to %s: %s", words[0],
					words[1], *zcopy_nl_error(zc->nl) ?
					zcopy_nl_error(zc->nl) :
					"no such limit, or no such value");
		if (err)
			return nl_fail(zc, err, "cannot set the limit %s",
				       limit.name);
	}
	return show(zc);
}
