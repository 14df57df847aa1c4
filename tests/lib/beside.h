/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures how long the transfers of one user take while transfers of another user
 * cannot go on.  The measured transfers have all they need: a cached file and a
 * peer that reads.
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
	BESIDE_CLOSED,		/* only the transfer still holds the socket */
	BESIDE_LINGERS,		/* the same, and the socket lingers on close */
	BESIDE_TLS,		/* the same, with TLS */
	BESIDE_OVERLAY,		/* a file of overlayfs over tmpfs */
	BESIDE_RING,		/* a command of io_uring, 2 MiB */
	BESIDE_NR,
};

#define BESIDE_TIMES	20	/* measurements of each kind */

struct beside_time {
	bool none;		/* this guest has no such kind */
	unsigned int times;	/* BESIDE_TIMES; half of them if all of these were in time */
	unsigned int done;	/* of them */
	double median_ms, most_ms;
	double often_ms;	/* nine of ten take no longer */
};

struct beside {
	struct beside_time time[BESIDE_NR];
};

const char *beside_name(enum beside_kind kind);
/* Makes the files to send; needs root. */
void beside_prepare(void);
/* True if the times of a kind are what the test asks for; also called as user @uid. */
typedef bool (*beside_enough_fn)(enum beside_kind kind, const struct beside_time *t,
				 void *arg);
/*
 * Measures in a process of user @uid.  If the times of a kind are not @enough, measures
 * that kind again, in up to six rounds, because the host may have had no time for the
 * guest; the first round that is enough counts, or the best if none is.
 */
void beside_measure_until(struct beside *b, uid_t uid, beside_enough_fn enough,
			  void *arg);
/* The same; it is enough if nine of ten transfers take no longer than @enough_ms. */
void beside_measure(struct beside *b, uid_t uid, double enough_ms);
void beside_end(void);

#endif /* ZCOPY_TESTS_BESIDE_H */
