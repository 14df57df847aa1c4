// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb features.
 */
#include <stdio.h>

#include "json.h"
#include "references.h"
#include "units.h"
#include "zcctl.h"

/* A setting of @obj, or "-" if the module does not have it */
static const char *setting(struct json_object *obj, const char *name)
{
	struct json_object *word = json_object_object_get(obj, name);

	return word ? json_object_get_string(word) : "-";
}

static void print_query(const struct zcopy_query *query, struct json_object *obj)
{
	char buf[UNITS_ROOM], version[40];
	unsigned int bit;

	printf("module version  %s\n\n",
	       out_clean(version, sizeof(version), query->version));
	for (bit = 0; zcopy_feature_name(bit); bit++)
		printf("%-3s  %-13s %s\n", query->features >> bit & 1 ? "yes" : "no",
		       zcopy_feature_name(bit), zcopy_feature_text(bit));
	printf("\nflags           ");
	for (bit = 0; zcopy_flag_name(bit); bit++)
		if (query->send_flags >> bit & 1)
			printf("%s ", zcopy_flag_name(bit));
	printf("\nmost elements   %u in a transfer\n", query->max_elems);
	printf("most sockets    %u in a transfer\n", query->max_sinks);
	printf("most memory     %s in a transfer\n",
	       units_bytes(buf, query->max_memory));
	printf("most transfers  %u of an open device\n", query->max_transfers);
	printf("references      %s; in other user namespaces: %s\n",
	       setting(obj, "references"), setting(obj, "references_userns"));
}

int cmd_features(struct zcctl *zc)
{
	struct zcopy_query query;
	struct json_object *obj;
	int err;

	err = nl_open(zc);
	if (err)
		return err;
	err = zcopy_nl_query(zc->nl, &query);
	if (err)
		return nl_fail(zc, err, "cannot ask for the features");
	obj = json_query(&query);
	err = references_ask(zc->nl, obj);
	if (err) {
		json_object_put(obj);
		return nl_fail(zc, err, "cannot ask for the settings");
	}
	if (zc->json) {
		out_json(zc, obj);
		return ZC_DONE;
	}
	print_query(&query, obj);
	json_object_put(obj);
	return ZC_DONE;
}
