/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ways.c - a list sent in each of the ways that the module has, from start to end
 */
#ifndef ZCOPY_TESTS_WAYS_H
#define ZCOPY_TESTS_WAYS_H

#include <stdbool.h>

#include "doors.h"
#include "peers.h"

#define WAY_SOCKETS	2		/* most of one way */
#define WAYS		6

struct way {
	const char *name;
	/* Returns 0, the errno of a refusal, or -EIO: it did not end with DONE. */
	int (*run)(const struct way *w, const struct request *list, const struct pair *p);
	enum door_kind door;
	unsigned int socks;
	bool here;			/* the caller runs it: no worker does */
};

extern const struct way ways[WAYS];

bool way_possible(const struct way *w);
/* Sends the elements of @list to as many sockets as the way has. */
int way_run(const struct way *w, const struct request *list, const struct pair *p);

#endif /* ZCOPY_TESTS_WAYS_H */
