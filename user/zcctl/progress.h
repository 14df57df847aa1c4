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
 * @label: whose it is; not shown where there is one bar only
 * @bytes: so many, set by the caller before each look
 * @asked: of so many
 * @ns: after so many nanoseconds
 * @last_bytes: of the look before
 * @last_ns: of the look before
 * @rate: bytes per second, smoothed
 */
struct progress_bar {
	const char	*label;
	uint64_t	bytes;
	uint64_t	asked;
	uint64_t	ns;
	/* the drawing's own */
	uint64_t	last_bytes;
	uint64_t	last_ns;
	double		rate;
};

struct progress {
	bool			on;
	/* lines on the screen */
	int			drawn;
	struct progress_bar	total;
};

/** progress_start() - @wanted and on a terminal? */
void progress_start(struct progress *p, bool wanted);

/**
 * progress_show() - draw, over what was drawn before
 *
 * Several bars get a line each, as far as the terminal has lines, and one for
 * all together.
 */
void progress_show(struct progress *p, struct progress_bar **bars, size_t nr);

/** progress_end() - wipe the bars */
void progress_end(struct progress *p);

/** progress_line() - write a bar, at most @width columns, into @buf */
void progress_line(char *buf, size_t room, int width, uint64_t bytes,
		   uint64_t asked, double rate);

#endif /* ZCCTL_PROGRESS_H */
