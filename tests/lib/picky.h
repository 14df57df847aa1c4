/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets that take a part of a short send and then no more, though their buffer has
 * room: little may be unsent (TCP_NOTSENT_LOWAT), and the peer does not read.
 */
#ifndef ZCOPY_TESTS_PICKY_H
#define ZCOPY_TESTS_PICKY_H

#include <stdint.h>

#include "peers.h"

struct pair pair_picky(void);
/* Queues zeroes for as long as the socket takes them, up to @most; returns how many. */
uint64_t zeroes_queue(int sock, uint64_t most);
/*
 * The same up to @spare bytes less than another such socket took.  So it should take about
 * @spare more; but how much is sent at a time decides, so try again if it took more.
 */
uint64_t picky_fill(const struct pair *p, uint64_t spare);

#endif
