/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Finds out what keeps the module from being unloaded, and which processes do so.
 */
#ifndef ZCCTL_HOLDERS_H
#define ZCCTL_HOLDERS_H

#include <json-c/json.h>
#include <stdint.h>

#include "zcctl.h"

#define HOLDERS_ROOM	700

struct holders {
	int64_t			refs;		/* reference count; -1: not known */
	uint64_t		live;		/* transfers of this namespace */
	uint64_t		devices;	/* open devices */
	uint64_t		held;		/* ended; the network has pages */
	struct json_object	*processes;	/* { pid, comm } that have it open */
};

/**
 * holders_look() - find out what keeps the module from being unloaded
 * @zc: with netlink open
 * @h: filled in, to be given to holders_free()
 *
 * Lists only processes that the caller may look into.
 *
 * Return: 0 or a negative errno.
 */
int holders_look(struct zcctl *zc, struct holders *h);

/** holders_any() - is the module in use? */
bool holders_any(const struct holders *h);

/** holders_words() - describe the users of the module in one line */
const char *holders_words(char buf[HOLDERS_ROOM], const struct holders *h);

/** holders_json() - the users of the module as an object */
struct json_object *holders_json(const struct holders *h);

/** holders_free() - free what holders_look() allocated */
void holders_free(struct holders *h);

#endif /* ZCCTL_HOLDERS_H */
