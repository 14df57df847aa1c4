// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb top: a live screen on a terminal, else snapshots printed one after
 * the other, as lines for people or as JSON.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "top.h"
#include "units.h"

/* Width of lines that do not go to a terminal */
#define PAPER_WIDTH	132
#define LEAST_DELAY_NS	100000000ULL
#define MOST_DELAY_NS	3600000000000ULL

const struct opt top_opts[] = {
	{ "delay", 'd', "SECONDS", "time between looks; 1 if not given", NULL, 0 },
	{ "count", 'n', "N", "without a screen: leave after so many looks; 1 if not given",
	  NULL, 0 },
	{ "sort", 's', "KEY", "sort by this column; rate if not given",
	  "id|user|state|sent|of|percent|rate|limit|age|peer|file", 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static enum top_key find_key(const char *name)
{
	static const char *const names[TOP_KEYS] = {
		"id", "user", "state", "sent", "of", "percent", "rate", "limit",
		"age", "peer", "file"
	};
	int i;

	for (i = 0; name && i < TOP_KEYS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return TOP_RATE;
}

static void print_json(struct top *t)
{
	struct json_object *obj = json_object_new_object();
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t->gone || t->back)
		json_text(obj, "event", t->gone ? "gone" : "back");
	json_number(obj, "time_ns", ts.tv_sec * 1000000000ULL + ts.tv_nsec);
	json_number(obj, "live", t->nr);
	json_number(obj, "bytes_per_second", t->rate);
	json_object_object_add(obj, "counters", t->counters ?
			       json_object_get(t->counters) :
			       json_object_new_object());
	json_object_object_add(obj, "transfers", json_object_get(t->transfers));
	out_json(t->zc, obj);
}

static void print_words(struct top *t)
{
	char line[TOP_LINE_ROOM];
	size_t i;

	if (t->gone || t->back)
		puts(t->gone ? TOP_GONE : TOP_BACK);
	for (i = 0; !t->gone && i < TOP_SUMMARY; i++) {
		top_summary(line, t, i);
		puts(line);
	}
	if (t->nr) {
		top_heading(line, PAPER_WIDTH, t->key);
		puts(line);
	} else if (!t->gone) {
		puts("no live transfers");
	}
	for (i = 0; i < t->nr; i++) {
		top_line(line, PAPER_WIDTH, &t->rows[i]);
		puts(line);
	}
	fflush(stdout);
}

static int print_looks(struct top *t, uint64_t count, int every_ms)
{
	struct pollfd pfd = { .fd = signals_fd(), .events = POLLIN };
	int ret = ZC_DONE;
	int err;

	for (;;) {
		if (t->zc->json)
			print_json(t);
		else
			print_words(t);
		if (!--count || poll(&pfd, 1, every_ms) > 0)
			break;
		err = top_look_on(t);
		if (err) {
			ret = nl_fail(t->zc, err, "cannot look at the transfers");
			break;
		}
		if (!t->zc->json)
			putchar('\n');
	}
	if (pfd.fd >= 0)
		close(pfd.fd);
	return ret;
}

int cmd_top(struct zcctl *zc)
{
	const char *delay = args_get(&zc->args, "delay");
	const char *number = args_get(&zc->args, "count");
	struct top t = { .zc = zc };
	uint64_t count = 1, ns = 1000000000;
	bool screen;
	int ret;

	if (delay && (units_parse_seconds(delay, &ns) || ns < LEAST_DELAY_NS ||
		      ns > MOST_DELAY_NS))
		return zcctl_misuse(zc, "top: --delay: \"%.40s\" is no time from 0.1 s to 1 h",
				    delay);
	if (number && (units_parse_count(number, &count) || !count))
		return zcctl_misuse(zc, "top: \"%.40s\" is no number of looks",
				    number);
	t.key = find_key(args_get(&zc->args, "sort"));
	screen = !zc->json && !number && isatty(STDOUT_FILENO) &&
		 isatty(STDIN_FILENO);
	ret = nl_open(zc);
	if (ret)
		return ret;
	ret = top_look(&t);
	if (ret) {
		ret = nl_fail(zc, ret, "cannot look at the transfers");
	} else if (screen) {
		ret = top_screen(&t, ns / 1000000);
	} else {
		if (!zc->json && !number)
			fputs("zcctl: no terminal: one look instead of a live screen\n",
			      stderr);
		ret = print_looks(&t, count, ns / 1000000);
	}
	top_free(&t);
	return ret;
}
