// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints the counters in the text format of Prometheus.  The samples of a metric must
 * follow each other, and those with a reason do not in the module's list; so all are
 * collected first.
 */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zcctl.h"

/* Counters that differ by a reason, which is the rest of their names */
static const struct family {
	const char *prefix, *metric, *help;
} families[] = {
	{ "copied_", "copied_bytes_total", "bytes that were copied, by reason" },
	{ "reject_", "refusals_total", "requests that were refused, by reason" },
};

/* Current values, which rise and fall; all others only grow */
static const char *const gauges[] = {
	"transfers_active", "devices_open", "transfers_held"
};

struct sample {
	const struct family *family;	/* or NULL */
	char name[64], help[200];
	uint64_t value;
};

struct samples {
	struct sample *all;
	size_t nr;
};

bool metrics_is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static const struct family *family_of(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (!strncmp(name, families[i].prefix, strlen(families[i].prefix)))
			return &families[i];
	return NULL;
}

static bool is_gauge(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++)
		if (!strcmp(name, gauges[i]))
			return true;
	return false;
}

static int collect(const char *name, uint64_t value, const char *help, void *arg)
{
	struct samples *s = arg;
	struct sample *all;

	if (!metrics_is_name(name) || strlen(name) >= sizeof(all->name))
		return 0;
	all = reallocarray(s->all, s->nr + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	s->all = all;
	all += s->nr++;
	all->family = family_of(name);
	all->value = value;
	strcpy(all->name, name);
	out_clean(all->help, sizeof(all->help), help);
	return 0;
}

static void print_head(const char *metric, const char *suffix, const char *type,
		       const char *help)
{
	printf("# HELP zcopy_%s%s ", metric, suffix);
	for (; *help; help++) {
		if (*help == '\\')
			putchar('\\');
		putchar(*help);
	}
	printf("\n# TYPE zcopy_%s%s %s\n", metric, suffix, type);
}

static void print_single(const struct sample *s)
{
	bool gauge = is_gauge(s->name);
	const char *suffix = gauge ? "" : "_total";

	print_head(s->name, suffix, gauge ? "gauge" : "counter", s->help);
	printf("zcopy_%s%s %" PRIu64 "\n", s->name, suffix, s->value);
}

static void print_family(const struct family *f, const struct samples *s)
{
	bool first = true;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (s->all[i].family != f)
			continue;
		if (first)
			print_head(f->metric, "", "counter", f->help);
		first = false;
		printf("zcopy_%s{reason=\"%s\"} %" PRIu64 "\n", f->metric,
		       s->all[i].name + strlen(f->prefix), s->all[i].value);
	}
}

int metrics_print(struct zcopy_nl *nl)
{
	struct samples s = { NULL, 0 };
	int err = zcopy_nl_stats(nl, collect, &s);
	size_t i;

	for (i = 0; !err && i < s.nr; i++)
		if (!s.all[i].family)
			print_single(&s.all[i]);
	for (i = 0; !err && i < ARRAY_SIZE(families); i++)
		print_family(&families[i], &s);
	free(s.all);
	return err;
}
