// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb stats: prints the counters as a table, as JSON, or in the text format
 * of Prometheus.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "zcctl.h"

const struct opt stats_opts[] = {
	{ "all", 'a', NULL, "refusals that never happened as well", NULL, 0 },
	{ "prometheus", 0, NULL, "text format for Prometheus", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* The module's names have only these; another's could be taken for something else */
static bool is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static int print_human(const char *name, uint64_t value, const char *help,
		       void *arg)
{
	bool *all = arg;
	char clean[200];

	/* there are many reasons to refuse; most never occur */
	if (!is_name(name) ||
	    (!*all && !value && strncmp(name, "reject_", 7) == 0))
		return 0;
	printf("%-28s %15" PRIu64 "  %s\n", name, value,
	       out_clean(clean, sizeof(clean), help));
	return 0;
}

/* Current values are gauges, which rise and fall; all others only grow */
static const char *prometheus_type(const char *name)
{
	static const char *const gauges[] = {
		"transfers_active", "devices_open", "transfers_held"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++)
		if (strcmp(name, gauges[i]) == 0)
			return "gauge";
	return "counter";
}

static int print_prometheus(const char *name, uint64_t value, const char *help,
			    void *arg)
{
	char clean[200];
	const char *p;

	(void)arg;
	if (!is_name(name))
		return 0;
	printf("# HELP zcopy_%s ", name);
	for (p = out_clean(clean, sizeof(clean), help); *p; p++) {
		if (*p == '\\')
			putchar('\\');
		putchar(*p);
	}
	printf("\n# TYPE zcopy_%s %s\n", name, prometheus_type(name));
	printf("zcopy_%s %" PRIu64 "\n", name, value);
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
	else
		err = zcopy_nl_stats(zc->nl, prometheus ? print_prometheus :
				     print_human, &all);
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
