/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How short SENDs begin, and when others get to know them: see kmod/xfer_light.c.  Only
 * the module of a debug kernel can be told.
 */
#ifndef ZCOPY_TESTS_LIGHT_H
#define ZCOPY_TESTS_LIGHT_H

#include <stdbool.h>

/* As the module counts them */
enum light {
	LIGHT_NEVER,		/* known from the beginning */
	LIGHT_FITS,		/* when they must wait: as in other kernels */
	LIGHT_A_PART,		/* after some bytes */
	LIGHT_NOTHING,		/* before the first byte */
	LIGHT_NR
};

/* False: the module cannot be told, or @how is no way.  LIGHT_FITS is always true. */
bool light_set(enum light how);
/* All ways, beginning with LIGHT_FITS; LIGHT_NR after the last. */
enum light light_next(enum light how);
const char *light_name(enum light how);

#endif
