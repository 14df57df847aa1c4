/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Progress bars on standard error.
 */
#ifndef ZCCTL_PROGRESS_H
#define ZCCTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct progress_bar - what one bar shows
 * @label: name of the destination; not shown for a single bar
 * @bytes: bytes sent so far; the caller sets it before each draw
 * @asked: bytes in all
 * @ns: nanoseconds since the start
 * @last_bytes: @bytes at the previous draw
 * @last_ns: @ns at the previous draw
 * @rate: bytes per second, smoothed
 */
struct progress_bar {
	const char	*label;
	uint64_t	bytes;
	uint64_t	asked;
	uint64_t	ns;
	/* used by progress.c only */
	uint64_t	last_bytes;
	uint64_t	last_ns;
	double		rate;
};

struct progress {
	bool			on;
	/* number of lines now on the screen */
	int			drawn;
	struct progress_bar	total;
};

/** progress_start() - show bars if @wanted and if there is a terminal */
void progress_start(struct progress *p, bool wanted);

/**
 * progress_show() - draw over the previous bars
 *
 * Several bars get a line each and one line for their sum; if the terminal has too
 * few lines, or there are too many bars, only the sum is shown.
 */
void progress_show(struct progress *p, struct progress_bar **bars, size_t nr);

/** progress_end() - erase the bars */
void progress_end(struct progress *p);

/** progress_line() - write a bar, at most @width columns, into @buf */
void progress_line(char *buf, size_t room, int width, uint64_t bytes,
		   uint64_t asked, double rate);

#endif /* ZCCTL_PROGRESS_H */
