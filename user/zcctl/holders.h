/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What keeps the module from being unloaded, and who.
 */
#ifndef ZCCTL_HOLDERS_H
#define ZCCTL_HOLDERS_H

#include <json-c/json.h>
#include <stdint.h>

#include "zcctl.h"

#define HOLDERS_ROOM	700

struct holders {
	int64_t			refs;		/* of the module; -1: not known */
	uint64_t		live;		/* transfers of this namespace */
	uint64_t		devices;	/* open ones */
	uint64_t		held;		/* ended transfers, by the network */
	struct json_object	*processes;	/* { pid, comm } that have it open */
};

/**
 * holders_look() - find out
 * @zc: with netlink open
 * @h: filled in, to be given to holders_free()
 *
 * Processes are those that the caller may look into.
 *
 * Return: 0 or a negative errno.
 */
int holders_look(struct zcctl *zc, struct holders *h);

/** holders_any() - is there something? */
bool holders_any(const struct holders *h);

/** holders_words() - what, and who, in one line */
const char *holders_words(char buf[HOLDERS_ROOM], const struct holders *h);

/** holders_json() - the same as an object */
struct json_object *holders_json(const struct holders *h);

/** holders_free() - forget it */
void holders_free(struct holders *h);

#endif /* ZCCTL_HOLDERS_H */
