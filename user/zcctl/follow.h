/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Waiting for the end of a transfer that was submitted through netlink.
 */
#ifndef ZCCTL_FOLLOW_H
#define ZCCTL_FOLLOW_H

#include "zcctl.h"

enum follow_end {
	FOLLOW_ENDED,		/* the result is there */
	FOLLOW_LOST,		/* it ended, but nobody will say how */
	FOLLOW_LEFT,		/* interrupted twice, it may go on */
	FOLLOW_FAILED,		/* netlink failed, see the error */
};

struct follow {
	struct zcctl		*zc;
	int			sigfd;
	uint64_t		id;
	struct zcopy_result	result;
	int			err;
	bool			interrupted;
	bool			ended;
	/* the last look */
	uint64_t		bytes;
	uint64_t		asked;
	uint64_t		age_ns;
};

/**
 * follow() - wait for the end, showing progress, cancelling at a signal
 * @f: zc, sigfd and id are set by the caller
 * @bar: show a progress bar if there is a terminal
 */
enum follow_end follow(struct follow *f, bool bar);

#endif /* ZCCTL_FOLLOW_H */
