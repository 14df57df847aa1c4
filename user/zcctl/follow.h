/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Waits for the ends of transfers that were submitted through netlink.
 */
#ifndef ZCCTL_FOLLOW_H
#define ZCCTL_FOLLOW_H

#include "progress.h"
#include "zcctl.h"

enum follow_end {
	FOLLOW_ENDED,		/* all results are there */
	FOLLOW_LOST,		/* all ended, but some results are lost */
	FOLLOW_LEFT,		/* interrupted twice; some transfers may go on */
	FOLLOW_FAILED,		/* netlink failed, see the error */
};

/**
 * struct follow_one - one transfer
 * @id: its number, set by the caller
 * @bar: its progress; the caller sets the label
 * @ended: @result is valid
 * @result: how it ended
 * @gone_at: time in milliseconds when it was found to be no longer live, else 0
 */
struct follow_one {
	uint64_t		id;
	struct progress_bar	bar;
	bool			ended;
	struct zcopy_result	result;
	uint64_t		gone_at;
};

struct follow {
	struct zcctl		*zc;
	int			sigfd;
	struct follow_one	*ones;
	size_t			nr;
	size_t			nr_ended;
	int			err;
	bool			interrupted;
};

/**
 * follow() - wait for the ends, show progress, cancel at a signal
 * @f: zc, sigfd, ones and nr are set by the caller
 * @bar: show progress bars if there is a terminal
 */
enum follow_end follow(struct follow *f, bool bar);

#endif /* ZCCTL_FOLLOW_H */
