// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the progress bar: percentage, bar, bytes, rate and remaining time in
 * one line that is drawn over itself, as wide as the terminal.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "units.h"

#define LINE_ROOM	512
/* How much of the old rate stays at each look; looks are 200 ms apart */
#define RATE_KEEP	0.8

void progress_start(struct progress *p, bool wanted)
{
	memset(p, 0, sizeof(*p));
	p->on = wanted && isatty(STDERR_FILENO);
}

static int terminal_width(void)
{
	struct winsize ws = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) || ws.ws_col < 20)
		return 80;
	return ws.ws_col < LINE_ROOM ? ws.ws_col : LINE_ROOM - 1;
}

void progress_line(char *buf, size_t room, int width, uint64_t bytes,
		   uint64_t asked, double rate)
{
	char done[UNITS_ROOM], all[UNITS_ROOM], speed[UNITS_ROOM], eta[UNITS_ROOM];
	int percent, bar, fill, n;
	char tail[160];

	percent = asked ? (int)(100.0 * bytes / asked) : 100;
	if (rate >= 1 && asked >= bytes)
		units_clock(eta, (uint64_t)((asked - bytes) / rate + 0.5));
	else
		strcpy(eta, "--:--");
	n = snprintf(tail, sizeof(tail), "  %s of %s  %s  ETA %s",
		     units_bytes(done, bytes), units_bytes(all, asked),
		     units_rate(speed, (uint64_t)rate, 1000000000), eta);

	/* "100% [" and "]" and the last column, which would wrap */
	bar = width - n - 6 - 1 - 1;
	if (bar < 5) {
		n = snprintf(buf, room, "%3d%%%s", percent, tail);
		if (n >= width && (size_t)width <= room)
			buf[width - 1] = '\0';
		return;
	}
	fill = asked ? (int)(bar * ((double)bytes / asked)) : bar;
	if (fill > bar)
		fill = bar;
	n = snprintf(buf, room, "%3d%% [", percent);
	if ((size_t)(n + bar + 1) >= room)
		return;
	memset(buf + n, '=', fill);
	memset(buf + n + fill, ' ', bar - fill);
	if (fill && fill < bar)
		buf[n + fill - 1] = '>';
	snprintf(buf + n + bar, room - n - bar, "]%s", tail);
}

void progress_show(struct progress *p, uint64_t bytes, uint64_t asked,
		   uint64_t ns)
{
	char line[LINE_ROOM + 64];
	double rate;

	if (!p->on)
		return;
	if (ns > p->last_ns) {
		rate = (bytes - p->last_bytes) * 1e9 / (ns - p->last_ns);
		p->rate = p->last_ns ?
			  RATE_KEEP * p->rate + (1 - RATE_KEEP) * rate : rate;
		p->last_bytes = bytes;
		p->last_ns = ns;
	}
	progress_line(line, sizeof(line), terminal_width(), bytes, asked, p->rate);
	fprintf(stderr, "\r%s\033[K", line);
	p->drawn = true;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
