/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quota.c - the limits of the machine through netlink, and parked transfers
 */
#ifndef ZCOPY_TESTS_QUOTA_H
#define ZCOPY_TESTS_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define QUOTA_MOST	16

struct quota {
	unsigned int nr;
	struct {
		char name[32];
		uint64_t value, used;
		bool told;		/* what is used; 0 if not */
	} l[QUOTA_MOST];
};

/* As the caller's user sees them; bails out if there is no answer. */
void quota_get(struct quota *l);
uint64_t quota_value(const char *name);
uint64_t quota_used(const char *name);
/* One or two (other NULL: one), all or none: 0 or a negative errno */
int quota_set(const char *name, uint64_t value, const char *other, uint64_t v2);

/*
 * In a child: real and effective user, then, unless map is NULL, a user
 * namespace of its own with that uid_map, written by the caller, who is root,
 * then user @inside of it, unless that is -1.
 * Returns what @what returned, 98 or 99 if it did not come to that.
 */
int quota_as(uid_t real, uid_t effective, const char *map, uid_t inside,
	      int (*what)(void *arg), void *arg);

/* Bytes of memory that are free, those that the allocator keeps for CPUs too */
uint64_t quota_free(void);

/* Fills a connection until it takes no more. */
void quota_stuff(int sock);

#endif /* ZCOPY_TESTS_QUOTA_H */
