// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the live screen of top: draws with ncurses, handles keys, and asks before a
 * cancel and for a rate.  The selected transfer is remembered by its id, so that it
 * stays selected when the order changes.
 */
#include "top.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "units.h"

/* Lines above the rows: summary, effect of the last key, headings; below: keys */
#define ABOVE		(TOP_SUMMARY + 2)
#define BELOW		1

enum mode { LOOKING, ASKING_CANCEL, ASKING_RATE, HELPING };

struct screen {
	struct top	*t;
	enum mode	mode;
	bool		leave;
	bool		paused;
	bool		ended;		/* the recording has ended */
	uint64_t	selected;	/* id of a transfer */
	size_t		index;		/* its row */
	size_t		first;		/* the uppermost row */
	char		said[200];	/* what the last key did */
	char		typed[24];
};

static const char *const help_lines[] = {
	"up down pgup pgdn home end   select a transfer",
	"< >                          sort by the column to the left or right",
	"i s b r a p                  sort by id, state, bytes, rate, age, peer",
	"v                            turn the order round",
	"k                            cancel the selected transfer",
	"l                            hold the selected transfer to a rate",
	"space                        stop looking, go on looking",
	"q                            leave; the transfers go on",
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static size_t rows_on_screen(void)
{
	return LINES > ABOVE + BELOW ? LINES - ABOVE - BELOW : 0;
}

static void select_row(struct screen *s, long index)
{
	size_t nr = s->t->nr, shown = rows_on_screen();

	if (!nr) {
		s->selected = s->index = s->first = 0;
		return;
	}
	if (index < 0)
		index = 0;
	s->index = (size_t)index < nr ? (size_t)index : nr - 1;
	s->selected = s->t->rows[s->index].id;
	if (s->index < s->first)
		s->first = s->index;
	if (shown && s->index >= s->first + shown)
		s->first = s->index - shown + 1;
}

/* After a look or a sort: select the same transfer, or the one now in its row */
static void find_selected(struct screen *s)
{
	size_t i;

	if (s->first >= s->t->nr)
		s->first = 0;
	for (i = 0; i < s->t->nr; i++)
		if (s->t->rows[i].id == s->selected)
			break;
	select_row(s, i < s->t->nr ? i : s->index);
}

/* Draw a line, padded with blanks */
static void put_line(int y, attr_t attr, const char *text)
{
	if (y >= LINES)
		return;
	attrset(attr);
	move(y, 0);
	clrtoeol();
	if (attr)
		mvhline(y, 0, ' ' | attr, COLS);
	mvaddnstr(y, 0, text, COLS);
	attrset(A_NORMAL);
}

static void put_bottom(const struct screen *s)
{
	char text[TOP_LINE_ROOM];

	switch (s->mode) {
	case ASKING_CANCEL:
		snprintf(text, sizeof(text), "cancel transfer %" PRIu64 " to %s? y/n",
			 s->selected, s->t->nr ? s->t->rows[s->index].peer : "");
		break;
	case ASKING_RATE:
		snprintf(text, sizeof(text),
			 "rate of transfer %" PRIu64 ", bytes a second (K M G; 0: none): %s_",
			 s->selected, s->typed);
		break;
	default:
		snprintf(text, sizeof(text),
			 "q quit  < > sort  v turn  k cancel  l rate  space %s  h help",
			 s->paused ? "go on" : "stop");
		break;
	}
	put_line(LINES - 1, A_REVERSE, text);
}

static void draw_help(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(help_lines); i++)
		if (ABOVE + (int)i < LINES - BELOW)
			put_line(ABOVE + i, A_NORMAL, help_lines[i]);
}

static void draw(struct screen *s)
{
	char line[TOP_LINE_ROOM];
	size_t i, row;

	erase();
	for (i = 0; i < TOP_SUMMARY; i++) {
		top_summary(line, s->t, i);
		put_line(i, i ? A_NORMAL : A_BOLD, line);
	}
	snprintf(line, sizeof(line), "%s%s", s->paused ? "[stopped] " : "", s->said);
	put_line(TOP_SUMMARY, A_NORMAL, line);
	top_heading(line, COLS, s->t->key);
	put_line(TOP_SUMMARY + 1, A_REVERSE, line);
	if (s->mode == HELPING) {
		draw_help();
	} else {
		for (i = 0; i < rows_on_screen(); i++) {
			row = s->first + i;
			if (row >= s->t->nr)
				break;
			top_line(line, COLS, &s->t->rows[row]);
			put_line(ABOVE + i, row == s->index ? A_STANDOUT :
				 A_NORMAL, line);
		}
		if (!s->t->nr)
			put_line(ABOVE, A_NORMAL, "no live transfers");
	}
	put_bottom(s);
	refresh();
}

static void sort_by(struct screen *s, int key)
{
	if (key < 0 || key >= TOP_KEYS)
		return;
	s->t->key = key;
	snprintf(s->said, sizeof(s->said), "sorted by %s", top_key_name(key));
	top_sort(s->t);
	find_selected(s);
}

/* Sort by the next visible column to the left or right */
static void sort_beside(struct screen *s, int step)
{
	int key = s->t->key;

	do {
		key += step;
	} while (key >= 0 && key < TOP_KEYS && !top_key_shown(key, COLS));
	sort_by(s, key);
}

static void say_error(struct screen *s, const char *what, int err)
{
	const char *sentence = zcopy_nl_error(s->t->zc->nl);

	snprintf(s->said, sizeof(s->said), "cannot %s transfer %" PRIu64 ": %.100s",
		 what, s->selected, *sentence ? sentence : zcopy_strerror(err));
}

static void do_cancel(struct screen *s)
{
	int n = zcopy_nl_cancel(s->t->zc->nl, s->selected);

	if (n < 0)
		say_error(s, "cancel", n);
	else
		snprintf(s->said, sizeof(s->said), "cancelled transfer %" PRIu64,
			 s->selected);
}

static void do_rate(struct screen *s)
{
	char text[UNITS_ROOM];
	uint64_t rate;
	int err;

	if (units_parse_size(s->typed, &rate)) {
		snprintf(s->said, sizeof(s->said),
			 "\"%s\" is no number of bytes a second", s->typed);
		return;
	}
	err = zcopy_nl_set_rate(s->t->zc->nl, s->selected, rate);
	if (err)
		say_error(s, "set the rate of", err);
	else
		snprintf(s->said, sizeof(s->said),
			 "transfer %" PRIu64 " is held to %s", s->selected,
			 rate ? units_rate(text, rate, 1000000000) : "no rate");
}

/* Handle a key while the user types a rate */
static void type_rate(struct screen *s, int key)
{
	size_t n = strlen(s->typed);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		s->mode = LOOKING;
		do_rate(s);
	} else if (key == 27) {
		s->mode = LOOKING;
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (n)
			s->typed[n - 1] = '\0';
	} else if (key > ' ' && key < 127 && n + 1 < sizeof(s->typed)) {
		s->typed[n] = key;
		s->typed[n + 1] = '\0';
	}
}

static void ask(struct screen *s, enum mode mode)
{
	if (!s->selected) {
		snprintf(s->said, sizeof(s->said), "there is no transfer to choose");
		return;
	}
	s->typed[0] = '\0';
	s->mode = mode;
}

static void on_plain_key(struct screen *s, int key)
{
	long page = rows_on_screen();

	switch (key) {
	case 'q': s->leave = true; break;
	case 'h':
	case '?': s->mode = HELPING; break;
	case ' ': s->paused = !s->paused; break;
	case KEY_UP: select_row(s, (long)s->index - 1); break;
	case KEY_DOWN: select_row(s, (long)s->index + 1); break;
	case KEY_PPAGE: select_row(s, (long)s->index - page); break;
	case KEY_NPAGE: select_row(s, (long)s->index + page); break;
	case KEY_HOME: select_row(s, 0); break;
	case KEY_END: select_row(s, (long)s->t->nr - 1); break;
	case '<': sort_beside(s, -1); break;
	case '>': sort_beside(s, 1); break;
	case 'i': sort_by(s, TOP_ID); break;
	case 's': sort_by(s, TOP_STATE); break;
	case 'b': sort_by(s, TOP_SENT); break;
	case 'r': sort_by(s, TOP_RATE); break;
	case 'a': sort_by(s, TOP_AGE); break;
	case 'p': sort_by(s, TOP_PEER); break;
	case 'v':
		s->t->reverse = !s->t->reverse;
		sort_by(s, s->t->key);
		break;
	case 'k': ask(s, ASKING_CANCEL); break;
	case 'l': ask(s, ASKING_RATE); break;
	}
}

static void on_key(struct screen *s, int key)
{
	if (key == KEY_RESIZE) {
		select_row(s, s->index);
	} else if (s->mode == ASKING_RATE) {
		type_rate(s, key);
	} else if (s->mode == ASKING_CANCEL) {
		s->mode = LOOKING;
		if (key == 'y')
			do_cancel(s);
		else
			snprintf(s->said, sizeof(s->said), "nothing was cancelled");
	} else if (s->mode == HELPING) {
		s->mode = LOOKING;
	} else {
		on_plain_key(s, key);
	}
}

/* Do not refresh while a question about the selected transfer is open */
static int look(struct screen *s)
{
	int err;

	if (s->paused || s->ended || s->mode == ASKING_CANCEL ||
	    s->mode == ASKING_RATE)
		return 0;
	err = top_look_on(s->t);
	if (s->t->gone || s->t->back)
		snprintf(s->said, sizeof(s->said), "%s",
			 s->t->gone ? TOP_GONE : TOP_BACK);
	if (err == -ENODATA && nl_is_replay()) {
		s->ended = true;
		snprintf(s->said, sizeof(s->said), "the recording ends here");
		err = 0;
	}
	find_selected(s);
	return err;
}

static int run(struct screen *s, int sigfd, int every_ms)
{
	struct pollfd pfds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};
	uint64_t look_at = now_ms() + every_ms;
	int key, err = 0;
	int64_t left;

	while (!s->leave && !err) {
		draw(s);
		left = (int64_t)(look_at - now_ms());
		if (poll(pfds, 2, left > 0 ? left : 0) > 0 &&
		    (pfds[1].revents || pfds[0].revents & (POLLHUP | POLLERR)))
			break;
		while ((key = getch()) != ERR)
			on_key(s, key);
		if (now_ms() < look_at)
			continue;
		err = look(s);
		look_at = now_ms() + every_ms;
	}
	return err;
}

int top_screen(struct top *t, int every_ms)
{
	struct screen s = { .t = t };
	int sigfd = signals_fd();
	SCREEN *terminal;
	int err;

	setlocale(LC_CTYPE, "");
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return out_fail(t->zc, ZC_UNAVAILABLE, 0,
				"is TERM right? without a screen: zcctl top -j, or zcctl list",
				"cannot show the live screen: the terminal \"%s\" is not known",
				getenv("TERM") ? getenv("TERM") : "");
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	find_selected(&s);
	err = run(&s, sigfd, every_ms);
	endwin();
	delscreen(terminal);
	if (sigfd >= 0)
		close(sigfd);
	return err ? nl_fail(t->zc, err, "cannot look at the transfers") : ZC_DONE;
}
