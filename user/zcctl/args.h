/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Options and arguments of a verb: tables describe them, one function parses them.
 */
#ifndef ZCCTL_ARGS_H
#define ZCCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The option may be given more than once */
#define OPT_MANY	(1U << 0)
/* The option is not shown in usage, completion and man page */
#define OPT_HIDDEN	(1U << 1)
/* What the value is, for completion: a file, a directory, a text or @FILE */
#define OPT_FILE	(1U << 2)
#define OPT_DIR		(1U << 3)
#define OPT_TEXT	(1U << 4)

/**
 * struct opt - an option; an entry without name ends a table
 * @name: long name, without dashes
 * @letter: short name, 0 for none
 * @arg: name of its value, NULL if it takes no value
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
 * @a: result; the caller sets tables, and also runs if all words after the first
 *	argument belong to a command to run; the rest is filled in
 * @argc: number of words
 * @argv: words, borrowed
 *
 * Return: 0, or -1 with an error text in @a->error.
 */
int args_parse(struct args *a, int argc, char **argv);

/**
 * args_width() - number of words that an option and its value take
 * @a: with tables set
 * @word: the word to look at
 *
 * Return: 0 if @word is no option, else 1 or 2; 1 for an unknown option.
 */
int args_width(const struct args *a, const char *word);

/** args_free() - free what args_parse() allocated */
void args_free(struct args *a);

/** args_has() - was the option given? */
bool args_has(const struct args *a, const char *name);

/** args_get() - value of an option, NULL if not given */
const char *args_get(const struct args *a, const char *name);

#endif /* ZCCTL_ARGS_H */
