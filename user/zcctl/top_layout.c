// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Formats the lines of top: chooses the columns for a width and writes the rows.
 * Pure functions.
 */
#include "top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "units.h"


/* @from: least width that shows the column; a negative @room aligns to the left */
static const struct column {
	const char	*name;
	int		room;
	int		from;
} columns[TOP_KEYS] = {
	[TOP_ID]	= { "ID", 7, 0 },
	[TOP_USER]	= { "USER", -8, 90 },
	[TOP_STATE]	= { "STATE", -7, 0 },
	[TOP_SENT]	= { "SENT", 9, 0 },
	[TOP_OF]	= { "OF", 9, 0 },
	[TOP_PERCENT]	= { "%", 4, 0 },
	[TOP_RATE]	= { "RATE", 11, 0 },
	[TOP_LIMIT]	= { "LIMIT", 11, 120 },
	[TOP_AGE]	= { "AGE", 8, 0 },
	[TOP_PEER]	= { "PEER", -17, 0 },
	[TOP_FILE]	= { "FILE", -1, 100 },
};

bool top_key_shown(enum top_key key, int width)
{
	return width >= columns[key].from;
}

const char *top_key_name(enum top_key key)
{
	return columns[key].name;
}

static bool is_last(int key, int width)
{
	for (key++; key < TOP_KEYS; key++)
		if (top_key_shown(key, width))
			return false;
	return true;
}

/* Append a cell; the last column has no fixed width */
static size_t put(char *buf, size_t n, int key, int width, const char *cell)
{
	const struct column *c = &columns[key];
	int room = c->room;

	/* give IPv6 peers more room on a wide screen */
	if (key == TOP_PEER && width >= 120)
		room = -30;
	if (is_last(key, width))
		n += snprintf(buf + n, TOP_LINE_ROOM - n, "%s", cell);
	else if (room < 0)
		n += snprintf(buf + n, TOP_LINE_ROOM - n, "%-*.*s ", -room, -room,
			      cell);
	else
		n += snprintf(buf + n, TOP_LINE_ROOM - n, "%*s ", room, cell);
	return n < TOP_LINE_ROOM ? n : TOP_LINE_ROOM - 1;
}

/* Cut to @width bytes, but not inside a UTF-8 character */
static void cut(char *buf, int width)
{
	size_t n = width;

	if (strlen(buf) <= n)
		return;
	while (n && ((unsigned char)buf[n] & 0xc0) == 0x80)
		n--;
	buf[n] = '\0';
}

void top_heading(char buf[TOP_LINE_ROOM], int width, enum top_key key)
{
	char cell[24];
	size_t n = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < TOP_KEYS; i++) {
		if (!top_key_shown(i, width))
			continue;
		snprintf(cell, sizeof(cell), "%s%s", i == (int)key ? "*" : "",
			 columns[i].name);
		n = put(buf, n, i, width, cell);
	}
	cut(buf, width);
}

static void format(char *cell, size_t room, int key, const struct top_row *row)
{
	char num[UNITS_ROOM] = "-";

	switch (key) {
	case TOP_ID:
		snprintf(cell, room, "%" PRIu64, row->id);
		return;
	case TOP_USER:
		snprintf(cell, room, "%s", row->user);
		return;
	case TOP_STATE:
		snprintf(cell, room, "%s", zcopy_state_name(row->state));
		return;
	case TOP_PEER:
		snprintf(cell, room, "%s", row->peer);
		return;
	case TOP_FILE:
		snprintf(cell, room, "%s", row->file);
		return;
	case TOP_SENT:
		units_bytes(num, row->bytes);
		break;
	case TOP_OF:
		units_bytes(num, row->asked);
		break;
	case TOP_PERCENT:
		snprintf(num, sizeof(num), "%.0f%%", row->asked ?
			 100.0 * row->bytes / row->asked : 0);
		break;
	case TOP_RATE:
		units_rate(num, row->rate, 1000000000);
		break;
	case TOP_LIMIT:
		if (row->limit)
			units_rate(num, row->limit, 1000000000);
		break;
	case TOP_AGE:
		units_duration(num, row->age_ns);
		break;
	}
	snprintf(cell, room, "%s", num);
}

void top_line(char buf[TOP_LINE_ROOM], int width, const struct top_row *row)
{
	char cell[300];
	size_t n = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < TOP_KEYS; i++) {
		if (!top_key_shown(i, width))
			continue;
		format(cell, sizeof(cell), i, row);
		n = put(buf, n, i, width, cell);
	}
	cut(buf, width);
}

void top_summary(char buf[TOP_LINE_ROOM], const struct top *t, int line)
{
	char rate[UNITS_ROOM], ref[UNITS_ROOM], copied[UNITS_ROOM];
	size_t n = 0;
	int i;

	buf[0] = '\0';
	switch (line) {
	case 0:
		snprintf(buf, TOP_LINE_ROOM, "zcopy: %zu live, %s", t->nr,
			 units_rate(rate, t->rate, 1000000000));
		break;
	case 1:
		for (i = 0; i < TOP_STATES; i++)
			if (t->by_state[i])
				n += snprintf(buf + n, TOP_LINE_ROOM - n,
					      "%s%s %zu", n ? "  " : "",
					      zcopy_state_name(i), t->by_state[i]);
		break;
	case 2:
		snprintf(buf, TOP_LINE_ROOM,
			 "ended: done %" PRIu64 ", failed %" PRIu64 ", cancelled %" PRIu64 "; by reference %s, copied %s",
			 top_counter(t, "transfers_completed"),
			 top_counter(t, "transfers_failed"),
			 top_counter(t, "transfers_cancelled"),
			 units_bytes(ref, top_counter(t, "bytes_by_ref")),
			 units_bytes(copied, top_counter(t, "bytes_copied")));
		break;
	}
}
