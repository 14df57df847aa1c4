// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb rate: sets or removes the rate limit of a live transfer.
 */
#include <inttypes.h>

#include "json.h"
#include "units.h"
#include "zcctl.h"

const struct opt rate_opts[] = {
	OPT_ALL_NAMESPACES,
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

int cmd_rate(struct zcctl *zc)
{
	char **words = zc->args.pos;
	char text[UNITS_ROOM];
	struct json_object *obj;
	uint64_t id, rate;
	int err;

	if (units_parse_count(words[0], &id) || !id)
		return zcctl_misuse(zc, "rate: \"%.40s\" is no transfer's number",
				    words[0]);
	if (units_parse_size(words[1], &rate))
		return zcctl_misuse(zc, "rate: \"%.40s\" is no number of bytes a second",
				    words[1]);
	err = nl_open(zc);
	if (err)
		return err;
	err = zcopy_nl_set_rate(zc->nl, id, rate);
	if (err)
		return nl_fail(zc, err, "cannot set the rate of transfer %" PRIu64,
			       id);
	obj = json_object_new_object();
	json_number(obj, "id", id);
	json_number(obj, "rate_limit", rate);
	if (rate)
		out_line(zc, obj, "transfer %" PRIu64 " is held to %s", id,
			 units_rate(text, rate, 1000000000));
	else
		out_line(zc, obj, "transfer %" PRIu64 " is held to no rate", id);
	return ZC_DONE;
}
