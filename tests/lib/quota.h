/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quota.c - the machine's limits through netlink, and helpers to run code as other
 * users and to fill sockets
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
		bool told;		/* the kernel reported "used"; it is 0 if not */
	} l[QUOTA_MOST];
};

/* The limits as the caller's user sees them; bails out if there is no answer. */
void quota_get(struct quota *l);
uint64_t quota_value(const char *name);
uint64_t quota_used(const char *name);
/* The use, once it is @used, or after 30 seconds */
uint64_t quota_rest(const char *name, uint64_t used);
/* Sets two limits, or one if @other is NULL: 0 or a negative errno */
int quota_set(const char *name, uint64_t value, const char *other, uint64_t v2);

/*
 * Calls @what in a child with these real and effective users.  Unless @map is NULL,
 * the child is in its own user namespace with that uid_map, which the caller (root)
 * writes; then it becomes user @inside there, unless that is -1.
 * Returns what @what returned, or 98 or 99 if @what could not be called.
 */
int quota_as(uid_t real, uid_t effective, const char *map, uid_t inside,
	      int (*what)(void *arg), void *arg);

/* Bytes of free memory, including those that the allocator keeps for each CPU */
uint64_t quota_free(void);
/*
 * The same, once that is @least or after 30 s: a CPU that the host does not run gives
 * memory back late.
 */
uint64_t quota_free_rest(uint64_t least);

/* Fills a connection until it takes no more, not after a probe of TCP either. */
void quota_stuff(int sock);

#endif /* ZCOPY_TESTS_QUOTA_H */
