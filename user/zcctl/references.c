// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the words for of which files sockets get pages by reference.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/zcopy_netlink.h>

#include "json.h"
#include "references.h"

static const char *const settings[] = { "references", "references_userns" };

static const char *const words[] = {
	[ZCOPY_REFERENCES_ALL]		= "all",
	[ZCOPY_REFERENCES_OWN]		= "own",
	[ZCOPY_REFERENCES_NEVER]	= "never",
};

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

bool references_is(const char *limit)
{
	size_t i;

	for (i = 0; i < NR(settings); i++)
		if (strcmp(limit, settings[i]) == 0)
			return true;
	return false;
}

const char *references_word(uint64_t value)
{
	return value < NR(words) ? words[value] : NULL;
}

int references_parse(const char *word, uint64_t *value)
{
	for (*value = 0; *value < NR(words); ++*value)
		if (strcmp(word, words[*value]) == 0)
			return 0;
	return -EINVAL;
}

static int collect(const struct zcopy_limit *limit, void *obj)
{
	if (references_is(limit->name) && references_word(limit->value))
		json_text(obj, limit->name, references_word(limit->value));
	return 0;
}

int references_ask(struct zcopy_nl *nl, struct json_object *obj)
{
	size_t i;

	for (i = 0; i < NR(settings); i++)
		json_object_object_add(obj, settings[i], NULL);
	return zcopy_nl_limits_get(nl, collect, obj);
}
