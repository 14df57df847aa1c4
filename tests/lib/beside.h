/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long transfers of a user take that have all they need, a cached file and a
 * peer that reads, while those of another user may not go on.
 */
#ifndef ZCOPY_TESTS_BESIDE_H
#define ZCOPY_TESTS_BESIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum beside_kind {
	BESIDE_LONG,		/* 1 MiB */
	BESIDE_MIDDLE,		/* more than a submission sends itself */
	BESIDE_SMALL,		/* several of a few KiB at once */
	BESIDE_CLOSED,		/* the socket's last descriptor is the transfer's */
	BESIDE_LINGERS,		/* the same, and it lingers on close */
	BESIDE_TLS,		/* the same, of TLS */
	BESIDE_OVERLAY,		/* a file of overlayfs over tmpfs */
	BESIDE_RING,		/* a command of io_uring, 2 MiB */
	BESIDE_NR,
};

#define BESIDE_TIMES	20	/* each kind */

struct beside_time {
	bool none;		/* there is no such thing here */
	unsigned int done;	/* of BESIDE_TIMES */
	double median_ms, most_ms;
	double often_ms;	/* nine of ten take no longer */
};

struct beside {
	struct beside_time time[BESIDE_NR];
};

const char *beside_name(enum beside_kind kind);
/* Its files, as root */
void beside_prepare(void);
/*
 * Measures in a process of that user's; a kind of which more than one of ten take
 * longer than @enough_ms up to three times, as the machine below may have had no
 * time for the guest: its best.
 */
void beside_measure(struct beside *b, uid_t uid, double enough_ms);
void beside_end(void);

#endif /* ZCOPY_TESTS_BESIDE_H */
