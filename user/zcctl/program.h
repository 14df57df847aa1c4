/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Finds out before a program runs whether the loader will load a library that
 * LD_PRELOAD names into it.
 */
#ifndef ZCCTL_PROGRAM_H
#define ZCCTL_PROGRAM_H

#include <limits.h>

/* X(name, word in the report): why the library is not loaded */
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
 * struct program - what is known about a program
 * @kind: PROGRAM_FITS: nothing that keeps the library out was found
 * @text: a sentence without a full stop, "" for PROGRAM_FITS
 * @hint: what the user can do, NULL for nothing
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

/** program_word() - the word for a kind in reports */
const char *program_word(enum program_kind kind);

#endif /* ZCCTL_PROGRAM_H */
