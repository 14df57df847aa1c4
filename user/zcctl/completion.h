/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Completion scripts, made from the command table: one function a shell, and what
 * they share.
 */
#ifndef ZCCTL_COMPLETION_H
#define ZCCTL_COMPLETION_H

#include "zcctl.h"

/* Commands that print the ids of transfers and the names of limits, one a line */
#define COMPLETION_IDS							\
	"zcctl list -j 2>/dev/null | grep -o '\"id\":[0-9]*' | cut -d: -f2"
#define COMPLETION_LIMITS						\
	"zcctl limits -j 2>/dev/null |"					\
	" grep -o '\"name\":\"[a-z_]*' | cut -d'\"' -f4"

/**
 * completion_kind() - what the value of an option is
 *
 * Return: "choice", "file", "directory", "text" (TEXT or @FILE) or "other".
 */
const char *completion_kind(const struct opt *opt);

/* The next option that is shown, from @opt on; NULL after the last one */
const struct opt *completion_opt(const struct opt *opt);

/* The next verb that is shown, from @cmd on; NULL after the last one */
const struct cmd *completion_verb(const struct cmd *cmd);

/* Print choices with blanks between them. */
void completion_choices(const char *choices);

/* completion_<shell>.c */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

#endif /* ZCCTL_COMPLETION_H */
