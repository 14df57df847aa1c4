// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb stats: prints the counters as a table or as JSON; metrics.c prints them
 * in the text format of Prometheus.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "metrics.h"
#include "zcctl.h"

const struct opt stats_opts[] = {
	{ "all", 'a', NULL, "refusals that never happened as well", NULL, 0 },
	{ "prometheus", 0, NULL, "text format for Prometheus", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static int print_human(const char *name, uint64_t value, const char *help,
		       void *arg)
{
	bool *all = arg;
	char clean[200];

	/* there are many reasons to refuse; most never occur */
	if (!metrics_is_name(name) ||
	    (!*all && !value && strncmp(name, "reject_", 7) == 0))
		return 0;
	printf("%-28s %15" PRIu64 "  %s\n", name, value,
	       out_clean(clean, sizeof(clean), help));
	return 0;
}

int cmd_stats(struct zcctl *zc)
{
	bool prometheus = args_has(&zc->args, "prometheus");
	bool all = args_has(&zc->args, "all");
	struct json_object *obj;
	int err;

	if (prometheus && zc->json)
		return zcctl_misuse(zc, "stats: --prometheus and JSON exclude each other");
	err = nl_open(zc);
	if (err)
		return err;
	obj = json_object_new_object();
	if (zc->json)
		err = zcopy_nl_stats(zc->nl, json_counter, obj);
	else if (prometheus)
		err = metrics_print(zc->nl);
	else
		err = zcopy_nl_stats(zc->nl, print_human, &all);
	if (err) {
		json_object_put(obj);
		return nl_fail(zc, err, "cannot read the counters");
	}
	if (zc->json)
		out_json(zc, obj);
	else
		json_object_put(obj);
	return ZC_DONE;
}
