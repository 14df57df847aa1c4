// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Parses the command line: --name, --name=VALUE, --name VALUE, -x, -xVALUE,
 * -x VALUE, -xyz, and --, after which all words are arguments.  Prints nothing.
 */
#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

static const struct opt *find(const struct args *a, const char *name, size_t len,
			      char letter)
{
	const struct opt *opt;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(a->tables); i++) {
		for (opt = a->tables[i]; opt && opt->name; opt++) {
			if (name && strlen(opt->name) == len &&
			    strncmp(opt->name, name, len) == 0)
				return opt;
			if (!name && opt->letter == letter)
				return opt;
		}
	}
	return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strcspn(value, "|");
	const char *p = choices;

	while (p && len && !value[len]) {
		if (strncmp(p, value, len) == 0 && (p[len] == '|' || !p[len]))
			return true;
		p = strchr(p, '|');
		if (p)
			p++;
	}
	return false;
}

static int add(struct args *a, const struct opt *opt, const char *value)
{
	if (value && !(opt->flags & OPT_MANY) && args_has(a, opt->name)) {
		snprintf(a->error, sizeof(a->error), "option --%s is given twice",
			 opt->name);
		return -1;
	}
	if (value && opt->choices && !is_choice(opt->choices, value)) {
		snprintf(a->error, sizeof(a->error),
			 "option --%s cannot be \"%.40s\", only %s", opt->name,
			 value, opt->choices);
		return -1;
	}
	a->uses[a->nr_uses].opt = opt;
	a->uses[a->nr_uses].value = value;
	a->nr_uses++;
	return 0;
}

static void no_option(struct args *a, const char *word, size_t len)
{
	struct suggest s = suggest_begin(word, len);
	const struct opt *opt;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(a->tables); i++)
		for (opt = a->tables[i]; opt && opt->name; opt++)
			suggest_try(&s, opt->name);
	snprintf(a->error, sizeof(a->error), "there is no option --%.*s%s%s%s",
		 (int)(len < 60 ? len : 60), word, s.best ? "; did you mean --" : "",
		 s.best ? s.best : "", s.best ? "?" : "");
}

/* --name, --name=VALUE; @next is the next word.  Returns words used, or -1. */
static int parse_long(struct args *a, const char *word, const char *next)
{
	const char *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	const struct opt *opt = find(a, word, len, 0);
	int used = 1;

	if (!opt) {
		no_option(a, word, len);
		return -1;
	}
	if (value && !opt->arg) {
		snprintf(a->error, sizeof(a->error), "option --%s takes no value",
			 opt->name);
		return -1;
	}
	if (value) {
		value++;
	} else if (opt->arg) {
		value = next;
		used = 2;
	}
	if (opt->arg && !value) {
		snprintf(a->error, sizeof(a->error), "option --%s needs a value: %s",
			 opt->name, opt->arg);
		return -1;
	}
	return add(a, opt, value) ? -1 : used;
}

/* -x, -xVALUE, -xyz; returns words used, or -1 */
static int parse_short(struct args *a, const char *word, const char *next)
{
	const struct opt *opt;

	for (; *word; word++) {
		opt = find(a, NULL, 0, *word);
		if (!opt) {
			snprintf(a->error, sizeof(a->error),
				 "there is no option -%c", *word);
			return -1;
		}
		if (!opt->arg) {
			if (add(a, opt, NULL))
				return -1;
			continue;
		}
		if (word[1])
			return add(a, opt, word + 1) ? -1 : 1;
		if (!next) {
			snprintf(a->error, sizeof(a->error),
				 "option -%c needs a value: %s", *word, opt->arg);
			return -1;
		}
		return add(a, opt, next) ? -1 : 2;
	}
	return 1;
}

int args_width(const struct args *a, const char *word)
{
	const struct opt *opt;

	if (word[0] != '-' || !word[1])
		return 0;
	if (word[1] == '-') {
		opt = find(a, word + 2, strlen(word + 2), 0);
		return opt && opt->arg ? 2 : 1;
	}
	while (*++word) {
		opt = find(a, NULL, 0, *word);
		if (opt && opt->arg)
			return word[1] ? 1 : 2;
	}
	return 1;
}

/* Take all remaining words as arguments, even those that look like options */
static int take_rest(struct args *a, int argc, char **argv)
{
	memcpy(a->pos + a->nr_pos, argv, argc * sizeof(*argv));
	a->nr_pos += argc;
	return 0;
}

int args_parse(struct args *a, int argc, char **argv)
{
	size_t room = 1;
	int i, used;

	/* a word holds at most as many options as it has letters */
	for (i = 0; i < argc; i++)
		room += strlen(argv[i]);
	a->uses = calloc(room, sizeof(*a->uses));
	a->pos = calloc(argc + 1, sizeof(*a->pos));
	a->nr_uses = 0;
	a->nr_pos = 0;
	a->error[0] = '\0';
	if (!a->uses || !a->pos) {
		snprintf(a->error, sizeof(a->error), "no memory");
		return -1;
	}

	for (i = 0; i < argc; i += used) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		used = 1;
		if (a->runs && a->nr_pos)
			return take_rest(a, argc - i, argv + i);
		if (strcmp(argv[i], "--") == 0)
			return take_rest(a, argc - i - 1, argv + i + 1);
		if (strncmp(argv[i], "--", 2) == 0)
			used = parse_long(a, argv[i] + 2, next);
		else if (argv[i][0] == '-' && argv[i][1])
			used = parse_short(a, argv[i] + 1, next);
		else
			a->pos[a->nr_pos++] = argv[i];
		if (used < 0)
			return -1;
	}
	return 0;
}

void args_free(struct args *a)
{
	free(a->uses);
	free(a->pos);
	a->uses = NULL;
	a->pos = NULL;
}

const char *args_get(const struct args *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->nr_uses; i++)
		if (strcmp(a->uses[i].opt->name, name) == 0)
			return a->uses[i].value;
	return NULL;
}

bool args_has(const struct args *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->nr_uses; i++)
		if (strcmp(a->uses[i].opt->name, name) == 0)
			return true;
	return false;
}
