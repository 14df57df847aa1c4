// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Finds the network namespaces that have processes: reads all of /proc once and keeps
 * the namespaces' numbers sorted.  Prints nothing.
 */
#include "netns.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "json.h"

struct numbers {
	uint64_t	*at;
	size_t		nr;
	size_t		room;
};

static void add(struct numbers *n, uint64_t number)
{
	uint64_t *at = n->at;

	if (n->nr && at[n->nr - 1] == number)
		return;
	if (n->nr == n->room) {
		at = realloc(at, (2 * n->room + 64) * sizeof(*at));
		if (!at)
			return;
		n->at = at;
		n->room = 2 * n->room + 64;
	}
	at[n->nr++] = number;
}

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

/* Collect the processes' namespaces; a namespace's number is its inode's. */
static void look(struct numbers *n)
{
	DIR *dir = opendir("/proc");
	struct dirent *ent;
	struct stat st;
	char path[300];

	while (dir && (ent = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", ent->d_name);
		if (ent->d_name[0] >= '0' && ent->d_name[0] <= '9' &&
		    stat(path, &st) == 0)
			add(n, st.st_ino);
	}
	if (dir)
		closedir(dir);
	if (n->nr)
		qsort(n->at, n->nr, sizeof(*n->at), compare);
}

static void mark(struct json_object *obj, const struct numbers *n)
{
	struct json_object *val = NULL;
	bool process = false;
	uint64_t number = 0;
	char text[48];

	if (json_object_object_get_ex(obj, "netns", &val))
		number = json_object_get_uint64(val);
	if (n->nr)
		process = bsearch(&number, n->at, n->nr, sizeof(*n->at), compare);
	snprintf(text, sizeof(text), "%llu%s", (unsigned long long)number,
		 process ? "" : " (no process)");
	json_text(obj, "namespace", text);
	json_object_object_add(obj, "netns_process",
			       json_object_new_boolean(process));
}

void netns_mark(struct json_object *array)
{
	size_t rows = json_object_array_length(array), row;
	struct numbers n = { 0 };

	look(&n);
	for (row = 0; row < rows; row++)
		mark(json_object_array_get_idx(array, row), &n);
	free(n.at);
}
