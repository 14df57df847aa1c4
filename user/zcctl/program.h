/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What can be seen of a program before it runs: does the loader bring a library
 * into it that LD_PRELOAD names?
 */
#ifndef ZCCTL_PROGRAM_H
#define ZCCTL_PROGRAM_H

#include <limits.h>

/* X(name, word of the report): what keeps the library out */
#define PROGRAM_KINDS				\
	X(FITS, "fits")				\
	X(STATIC, "static")			\
	X(FOREIGN, "other_architecture")	\
	X(MUSL, "other_libc")			\
	X(PRIVILEGED, "privileged")		\
	X(CLEARS, "environment")

enum program_kind {
#define X(name, word) PROGRAM_##name,
	PROGRAM_KINDS
#undef X
};

#define PROGRAM_TEXT	(PATH_MAX + 200)

/**
 * struct program - what was seen
 * @kind: PROGRAM_FITS: nothing that would keep the library out
 * @text: a sentence, without a full stop, "" for PROGRAM_FITS
 * @hint: what can be done, NULL: nothing
 */
struct program {
	enum program_kind	kind;
	char			text[PROGRAM_TEXT];
	const char		*hint;
};

/**
 * program_look() - look at the program that execvp(3) would start
 * @words: its name and arguments, up to NULL
 * @p: filled in; PROGRAM_FITS also if there is no such program
 */
void program_look(char *const *words, struct program *p);

/** program_word() - the kind as reports tell it */
const char *program_word(enum program_kind kind);

#endif /* ZCCTL_PROGRAM_H */
