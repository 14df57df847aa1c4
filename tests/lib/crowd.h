/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crowd.c - very many transfers of one open device: live ones, which wait in the
 * line of a socket whose head cannot send, or ended ones that nobody collected
 */
#ifndef ZCOPY_TESTS_CROWD_H
#define ZCOPY_TESTS_CROWD_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stdint.h>

#define CROWD_MOST	65536		/* transfers of one open device */

struct crowd {
	int dev;
	int s[2];
	unsigned int nr;
	uint64_t *ids;			/* in the order of submission */
};

/* As many as these tests need are allowed until the module is unloaded. */
void crowd_limits(void);
/* Opens a device with a socket; whatever waits there has a head that is stuck. */
void crowd_open(struct crowd *c, bool live);
/* Empty transfers, that many more; they bail out if one is refused. */
void crowd_add(struct crowd *c, unsigned int nr);
/* As many, numbers wanted or not; for those who only want to use them up */
unsigned int crowd_start(int dev, int sock, unsigned int nr, uint64_t *ids);
/* Closes the device, which ends them all; says how many milliseconds it took. */
uint64_t crowd_close(struct crowd *c);

#endif /* ZCOPY_TESTS_CROWD_H */
