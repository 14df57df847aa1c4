// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/netstat alternates a line of names and a line of values.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "netstat.h"

uint64_t netstat(const char *prefix)
{
	static char names[8192], values[8192];
	FILE *f = fopen("/proc/net/netstat", "r");
	char *name, *value, *a, *b;
	uint64_t sum = 0;

	if (!f)
		die("/proc/net/netstat");
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		name = strtok_r(names, " \n", &a);
		value = strtok_r(values, " \n", &b);
		while (name && value) {
			if (!strncmp(name, prefix, strlen(prefix)))
				sum += strtoull(value, NULL, 10);
			name = strtok_r(NULL, " \n", &a);
			value = strtok_r(NULL, " \n", &b);
		}
	}
	fclose(f);
	return sum;
}
