/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Options and arguments of a verb, described by tables and parsed by one
 * function.
 */
#ifndef ZCCTL_ARGS_H
#define ZCCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* An option may be given more than once */
#define OPT_MANY	(1U << 0)
/* An option is not shown in usage, completion and man page */
#define OPT_HIDDEN	(1U << 1)

/**
 * struct opt - an option; a table ends with one without name
 * @name: long name, without dashes
 * @letter: short name, 0 for none
 * @arg: what its value is called, NULL if it takes none
 * @help: one line
 * @choices: the allowed values, separated by '|', NULL for any
 * @flags: OPT_*
 */
struct opt {
	const char	*name;
	char		letter;
	const char	*arg;
	const char	*help;
	const char	*choices;
	unsigned int	flags;
};

/* An option as it was given */
struct arg_use {
	const struct opt	*opt;
	const char		*value;
};

struct args {
	const struct opt	*tables[2];
	struct arg_use		*uses;
	size_t			nr_uses;
	char			**pos;
	size_t			nr_pos;
	bool			runs;
	char			error[160];
};

/**
 * args_parse() - sort words into options and arguments
 * @a: result; the caller sets tables, and runs if all words after the first
 *	argument are those of a command to run; the rest is filled in
 * @argc: number of words
 * @argv: words, borrowed
 *
 * Return: 0, or -1 with a sentence in @a->error.
 */
int args_parse(struct args *a, int argc, char **argv);

/**
 * args_width() - how many words an option takes, itself and its value
 * @a: with tables set
 * @word: what may be an option
 *
 * Return: 0 if it is none, else 1 or 2; 1 for one that is not known.
 */
int args_width(const struct args *a, const char *word);

/** args_free() - forget what args_parse() found */
void args_free(struct args *a);

/** args_has() - was the option given? */
bool args_has(const struct args *a, const char *name);

/** args_get() - value of an option, NULL if not given */
const char *args_get(const struct args *a, const char *name);

#endif /* ZCCTL_ARGS_H */
