/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module tells about all its transfers: the counters, and the list of live
 * transfers of this network namespace.
 */
#ifndef ZCOPY_TESTS_COUNTERS_H
#define ZCOPY_TESTS_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

uint64_t counter_of(const char *name);
/* Waits for the counters to be at rest; false: they were not within about 20 seconds */
bool counters_rest(void);

/* Transfers of this network namespace that have not ended. */
unsigned int live_count(void);
/* Bytes that the first live transfer has sent. */
uint64_t live_sent(void);
/* The same, once the count has not grown for a while: the socket is full. */
uint64_t live_stalled(void);
/* Waits for that with all live transfers. */
void live_all_stalled(void);
/* The ID of the live transfer that began last; 0: none lives. */
uint64_t live_newest(void);
/* Bytes that this live transfer has sent. */
uint64_t live_sent_by(uint64_t id);
/* Waits until the first live transfer has sent a part; bails out after @ms. */
void live_begins(unsigned int ms);
/* Waits until there are @nr live transfers; false: not within @ms. */
bool live_becomes(unsigned int nr, unsigned int ms);

#endif
