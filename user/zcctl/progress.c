// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Draws the progress bars: each is a line as wide as the terminal with percentage,
 * bar, bytes, rate and remaining time, drawn over its previous state.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "units.h"

#define LINE_ROOM	512
/* Most bars for single destinations, and the width of their labels */
#define BARS_MAX	16
#define LABEL_WIDTH	22
/* Weight of the old rate at each draw; draws are 200 ms apart */
#define RATE_KEEP	0.8

void progress_start(struct progress *p, bool wanted)
{
	memset(p, 0, sizeof(*p));
	p->on = wanted && isatty(STDERR_FILENO);
}

static void terminal_size(int *width, int *height)
{
	struct winsize ws = { 0 };

	ioctl(STDERR_FILENO, TIOCGWINSZ, &ws);
	*width = ws.ws_col < 20 ? 80 : ws.ws_col < LINE_ROOM ? ws.ws_col :
		 LINE_ROOM - 1;
	*height = ws.ws_row < 3 ? 24 : ws.ws_row;
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

	/* less "100% [", "]" and the last column, which would wrap */
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

static void measure(struct progress_bar *bar)
{
	double rate;

	if (bar->ns <= bar->last_ns || bar->bytes < bar->last_bytes)
		return;
	rate = (bar->bytes - bar->last_bytes) * 1e9 / (bar->ns - bar->last_ns);
	bar->rate = bar->last_ns ?
		    RATE_KEEP * bar->rate + (1 - RATE_KEEP) * rate : rate;
	bar->last_bytes = bar->bytes;
	bar->last_ns = bar->ns;
}

/* Draw a line; all but the first begin with a newline */
static void draw(struct progress *p, const struct progress_bar *bar,
		 const char *label, int width)
{
	char line[LINE_ROOM + 64];
	char name[LABEL_WIDTH + 2] = "";

	if (label && width > 2 * LABEL_WIDTH) {
		/* the end of an address tells more than its beginning */
		if (strlen(label) > LABEL_WIDTH)
			label += strlen(label) - LABEL_WIDTH;
		snprintf(name, sizeof(name), "%-*.*s ", LABEL_WIDTH, LABEL_WIDTH,
			 label);
		width -= LABEL_WIDTH + 1;
	}
	progress_line(line, sizeof(line), width, bar->bytes, bar->asked, bar->rate);
	fprintf(stderr, "%s\r%s%s\033[K", p->drawn ? "\n" : "", name, line);
	p->drawn++;
}

static void go_to_top(struct progress *p)
{
	if (p->drawn > 1)
		fprintf(stderr, "\033[%dA", p->drawn - 1);
}

/* Sum of all bars; its time is that of the oldest */
static void add_up(struct progress_bar *total, struct progress_bar **bars,
		   size_t nr)
{
	size_t i;

	total->bytes = 0;
	total->asked = 0;
	for (i = 0; i < nr; i++) {
		total->bytes += bars[i]->bytes;
		total->asked += bars[i]->asked;
		if (bars[i]->ns > total->ns)
			total->ns = bars[i]->ns;
	}
}

void progress_show(struct progress *p, struct progress_bar **bars, size_t nr)
{
	int width, height;
	size_t i;

	if (!p->on || !nr)
		return;
	terminal_size(&width, &height);
	for (i = 0; i < nr; i++)
		measure(bars[i]);
	go_to_top(p);
	p->drawn = 0;
	if (nr == 1) {
		draw(p, bars[0], NULL, width);
		return;
	}
	add_up(&p->total, bars, nr);
	measure(&p->total);
	if (nr <= BARS_MAX && nr + 2 <= (size_t)height)
		for (i = 0; i < nr; i++)
			draw(p, bars[i], bars[i]->label, width);
	draw(p, &p->total, "all", width);
}

void progress_end(struct progress *p)
{
	if (!p->drawn)
		return;
	go_to_top(p);
	fputs(p->drawn > 1 ? "\r\033[J" : "\r\033[K", stderr);
	p->drawn = 0;
}
