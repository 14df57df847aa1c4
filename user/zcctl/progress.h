/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A progress bar on standard error.
 */
#ifndef ZCCTL_PROGRESS_H
#define ZCCTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool		on;
	bool		drawn;
	uint64_t	last_bytes;
	uint64_t	last_ns;
	double		rate;
};

/** progress_start() - @wanted and on a terminal? */
void progress_start(struct progress *p, bool wanted);

/** progress_show() - @bytes of @asked after @ns nanoseconds */
void progress_show(struct progress *p, uint64_t bytes, uint64_t asked,
		   uint64_t ns);

/** progress_end() - wipe the bar */
void progress_end(struct progress *p);

/** progress_line() - write the bar, at most @width columns, into @buf */
void progress_line(char *buf, size_t room, int width, uint64_t bytes,
		   uint64_t asked, double rate);

#endif /* ZCCTL_PROGRESS_H */
