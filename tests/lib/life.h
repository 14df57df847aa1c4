/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Former names of the library, only for programs outside this tree that are compiled
 * with its headers.  Nothing in the tree includes this file.
 */
#ifndef ZCOPY_TESTS_LIFE_H
#define ZCOPY_TESTS_LIFE_H

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define ktap_bail		die
#define ktap_note		note
#define life_cancel		dev_cancel
#define life_counter		counter_of
#define life_file		file_to_read
#define life_ms			now_ms
#define life_nap		sleep_ms
#define life_open()		dev_open(0)
#define life_pattern(b, o, n)	pattern_fill(b, 0, o, n)
#define life_req		raw		/* the struct and the function */
#define raw(...)		raw_fill(__VA_ARGS__)
#define life_reset		sock_reset
#define life_send		raw_send
#define life_submit		raw_submit
#define life_wait		dev_wait

struct life_reader {
	struct reader reader;
	long got;
};

static inline void life_reader_start(struct life_reader *r, int sock, size_t want)
{
	reader_expect(&r->reader, sock, want);
}

static inline long life_reader_join(struct life_reader *r)
{
	return r->got = reader_got(&r->reader);
}

static inline void life_pair(int s[2], bool small)
{
	struct pair p = pair_open(small);

	s[0] = p.near;
	s[1] = p.far;
}

#endif /* ZCOPY_TESTS_LIFE_H */
