// SPDX-License-Identifier: GPL-2.0
/*
 * Tells the module how short SENDs begin; see light.h.
 */
#include <stdio.h>

#include "light.h"

#define PARAMETER "/sys/module/zcopy/parameters/light"

static const char *const names[LIGHT_NR] = {
	[LIGHT_NEVER] = "known from the beginning",
	[LIGHT_FITS] = "known when they must wait",
	[LIGHT_A_PART] = "known after some bytes",
	[LIGHT_NOTHING] = "known before the first byte",
};

bool light_set(enum light how)
{
	FILE *f = how < LIGHT_NR ? fopen(PARAMETER, "we") : NULL;

	if (!f)
		return how == LIGHT_FITS;
	fprintf(f, "%d\n", how);
	return !fclose(f);
}

enum light light_next(enum light how)
{
	static const enum light after[LIGHT_NR] = {
		[LIGHT_FITS] = LIGHT_A_PART, [LIGHT_A_PART] = LIGHT_NOTHING,
		[LIGHT_NOTHING] = LIGHT_NEVER, [LIGHT_NEVER] = LIGHT_NR,
	};

	return after[how];
}

const char *light_name(enum light how)
{
	return names[how];
}
