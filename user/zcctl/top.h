/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations of the verb top: the rows, their order, their layout.
 */
#ifndef ZCCTL_TOP_H
#define ZCCTL_TOP_H

#include <json-c/json.h>

#include "addr.h"
#include "zcctl.h"

/* Columns, in the order of the screen; each can be a sort key */
enum top_key {
	TOP_ID,
	TOP_USER,
	TOP_STATE,
	TOP_SENT,
	TOP_OF,
	TOP_PERCENT,
	TOP_RATE,
	TOP_LIMIT,
	TOP_AGE,
	TOP_PEER,
	TOP_FILE,
	TOP_KEYS,
};

#define TOP_STATES	7
#define TOP_LINE_ROOM	1024

/* A live transfer at the last look */
struct top_row {
	uint64_t	id;
	uint64_t	bytes;
	uint64_t	asked;
	uint64_t	age_ns;
	uint64_t	rate;		/* since the previous look */
	uint64_t	limit;
	uint32_t	state;
	char		user[24];
	char		peer[ADDR_ROOM];
	char		file[256];
};

struct top {
	struct zcctl		*zc;
	enum top_key		key;
	bool			reverse;

	/* the last look */
	struct top_row		*rows;
	size_t			nr;
	size_t			room;
	size_t			by_state[TOP_STATES];
	uint64_t		rate;
	struct json_object	*counters;
	struct json_object	*transfers;	/* for -j only */
	bool			gone;		/* the module is unloaded: no data */
	bool			back;		/* the module was loaded again */

	/* the previous look, rows sorted by id */
	struct top_row		*old;
	size_t			nr_old;
	uint64_t		look_ns;
	uint64_t		moved;
};

/* top_data.c */

/** top_look() - read all data; 0, or a negative errno, and the rows are unchanged */
int top_look(struct top *t);

/**
 * top_look_on() - look again, even if the module was unloaded meanwhile
 * @t: after a first look; gone and back are set
 *
 * While the module is unloaded there are no rows and no counters.  When it is loaded
 * again, rates start anew.
 */
int top_look_on(struct top *t);

/* Messages for gone and back */
#define TOP_GONE	"the module was unloaded; waiting for the next"
#define TOP_BACK	"the module is loaded again"

/** top_sort() - sort the rows by key and reverse */
void top_sort(struct top *t);

/** top_free() - free all data */
void top_free(struct top *t);

/** top_counter() - a counter of the last look, 0 if there is none */
uint64_t top_counter(const struct top *t, const char *name);

/* top_layout.c */

/** top_heading() - headings of the columns, at most @width bytes */
void top_heading(char buf[TOP_LINE_ROOM], int width, enum top_key key);

/** top_line() - a row, aligned with the headings */
void top_line(char buf[TOP_LINE_ROOM], int width, const struct top_row *row);

/* Number of summary lines above the rows */
#define TOP_SUMMARY	3

/** top_summary() - summary line @line, counted from 0 */
void top_summary(char buf[TOP_LINE_ROOM], const struct top *t, int line);

/** top_key_shown() - does a screen of @width show this column? */
bool top_key_shown(enum top_key key, int width);

/** top_key_name() - heading of a column */
const char *top_key_name(enum top_key key);

/* top_screen.c */

/**
 * top_screen() - run the live screen until the user leaves
 * @t: after a first look
 * @every_ms: milliseconds between looks
 *
 * Return: exit code, reported; ZC_UNAVAILABLE if the terminal cannot do it.
 */
int top_screen(struct top *t, int every_ms);

#endif /* ZCCTL_TOP_H */
