/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the verb top share: the rows, their order, their layout.
 */
#ifndef ZCCTL_TOP_H
#define ZCCTL_TOP_H

#include <json-c/json.h>

#include "addr.h"
#include "zcctl.h"

/* Columns that can be sorted by, in the order of the screen */
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
	uint64_t	rate;		/* since the look before */
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
	bool			gone;		/* the module is; there is nothing */
	bool			back;		/* it is loaded again since that */

	/* the look before: rows by number */
	struct top_row		*old;
	size_t			nr_old;
	uint64_t		look_ns;
	uint64_t		moved;
};

/* top_data.c */

/** top_look() - look at all; 0 or a negative errno, rows are as they were then */
int top_look(struct top *t);

/**
 * top_look_on() - the same once more, also where the module is unloaded meanwhile
 * @t: after a first look; gone and back are set
 *
 * While the module is gone there are neither rows nor counters, and what it had does
 * not count in the rates of the next one.
 */
int top_look_on(struct top *t);

/* What is said of either */
#define TOP_GONE	"the module was unloaded; waiting for the next"
#define TOP_BACK	"the module is loaded again"

/** top_sort() - put the rows into the order that key and reverse say */
void top_sort(struct top *t);

/** top_free() - forget all */
void top_free(struct top *t);

/** top_counter() - a counter of the last look, 0 if there is none */
uint64_t top_counter(const struct top *t, const char *name);

/* top_layout.c */

/** top_heading() - headings of the columns, @width columns at most */
void top_heading(char buf[TOP_LINE_ROOM], int width, enum top_key key);

/** top_line() - a row, as its heading */
void top_line(char buf[TOP_LINE_ROOM], int width, const struct top_row *row);

/* Lines above the rows that say what there is in all */
#define TOP_SUMMARY	3

/** top_summary() - one of them, from 0 on */
void top_summary(char buf[TOP_LINE_ROOM], const struct top *t, int line);

/** top_key_shown() - does a screen of that width have this column? */
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
