/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crowd.c - very many transfers of one open device.  Live ones wait in the queue of
 * a socket whose first transfer cannot send; ended ones wait for their completions
 * to be collected.
 */
#ifndef ZCOPY_TESTS_CROWD_H
#define ZCOPY_TESTS_CROWD_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stdint.h>

#include "peers.h"

#define CROWD_MOST	65536		/* transfers of one open device */

struct crowd {
	int dev;
	struct pair s;
	unsigned int nr;
	uint64_t *ids;			/* in the order of submission */
};

/* Raises the limits to what these tests need, until the module is unloaded. */
void crowd_limits(void);
/* Opens a device with a socket; if @live, a stuck transfer is first in its queue. */
void crowd_open(struct crowd *c, bool live);
/* Adds @nr empty transfers; bails out if one is refused. */
void crowd_add(struct crowd *c, unsigned int nr);
/* Starts up to @nr empty transfers; @ids may be NULL.  Returns how many started. */
unsigned int crowd_start(int dev, int sock, unsigned int nr, uint64_t *ids);
/* Lines of /proc/zcopy/transfers without its head; reads as fast as it can. */
unsigned int crowd_listed(void);
/* CPU time of this process in microseconds, so that other processes do not count */
uint64_t crowd_cpu_us(void);
/* Closes the device, which ends all its transfers; returns the milliseconds of close(2). */
uint64_t crowd_close(struct crowd *c);

#endif /* ZCOPY_TESTS_CROWD_H */
