/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations that the files of zcctl share: the command table, the context of a
 * run, exit codes.
 */
#ifndef ZCCTL_H
#define ZCCTL_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"
#include "out.h"
#include "zcopy.h"

enum zcctl_exit {
	ZC_DONE		= 0,
	ZC_FAILED	= 1,
	ZC_MISUSE	= 2,
	ZC_UNAVAILABLE	= 3,	/* no module, no permission, not in this kernel */
};

/* Not shown in usage, completion and man page */
#define CMD_HIDDEN	(1U << 0)
/* Takes CAP_NET_ADMIN */
#define CMD_ADMIN	(1U << 1)
/* Runs a command: the words after the first argument are that command's */
#define CMD_RUNS	(1U << 2)

/* An option of several verbs; nl_open() handles it */
#define OPT_ALL_NAMESPACES						\
	{ "all-namespaces", 'A', NULL,					\
	  "of every network namespace; takes root", NULL, 0 }

struct zcctl;

/**
 * struct cmd - a verb
 * @name: the verb's name
 * @args: its arguments as usage shows them, "" for none
 * @summary: one line
 * @min_args: fewest arguments
 * @max_args: most arguments, -1 for any number
 * @flags: CMD_*
 * @words: what each argument is, for completion: "file", "command", "host", "id",
 *         "limit", "shell", "verb", or another word for what cannot be completed;
 *         NULL if there is none.  If @max_args is -1, the last word is for all
 *         further arguments.
 * @opts: its options, NULL for none but the common ones
 * @run: runs the verb; returns an enum zcctl_exit
 */
struct cmd {
	const char		*name;
	const char		*args;
	const char		*summary;
	int			min_args;
	int			max_args;
	unsigned int		flags;
	const char		*words;
	const struct opt	*opts;
	int			(*run)(struct zcctl *zc);
};

/* One run of the program */
struct zcctl {
	const struct cmd	*cmd;
	struct args		args;
	bool			json;
	bool			pretty;
	struct zcopy_nl		*nl;
};

/* main.c */
extern const struct cmd zcctl_cmds[];
extern const struct opt zcctl_common_opts[];
const struct cmd *zcctl_find(const char *name);
int zcctl_misuse(const struct zcctl *zc, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* @word is no verb: fail with ZC_MISUSE, and suggest a verb that is like it. */
int zcctl_no_verb(const struct zcctl *zc, const char *word);

/* help.c */
void help_usage(void);
void help_verb(const struct cmd *cmd);
int cmd_help(struct zcctl *zc);

/* nl.c */
int nl_open(struct zcctl *zc);
bool nl_is_replay(void);
/* The kernel's sentence about a failure, or a general one that says as much. */
const char *nl_why(const struct zcctl *zc, int err);
/* The exit code for a refusal */
int nl_code(int err);
int nl_fail(const struct zcctl *zc, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int nl_fail_open(const struct zcctl *zc, int err, const char *what);

/* signals.c */
int signals_fd(void);
bool signals_taken(int fd);

/* cmd_<verb>.c */
extern const struct opt send_opts[], recv_opts[], cancel_opts[], stats_opts[],
	monitor_opts[], drain_opts[], top_opts[], bench_opts[], run_opts[],
	list_opts[], show_opts[], rate_opts[];
int cmd_send(struct zcctl *zc);
int cmd_recv(struct zcctl *zc);
int cmd_list(struct zcctl *zc);
int cmd_show(struct zcctl *zc);
int cmd_cancel(struct zcctl *zc);
int cmd_rate(struct zcctl *zc);
int cmd_limits(struct zcctl *zc);
int cmd_drain(struct zcctl *zc);
int cmd_top(struct zcctl *zc);
int cmd_monitor(struct zcctl *zc);
int cmd_stats(struct zcctl *zc);
int cmd_features(struct zcctl *zc);
int cmd_bench(struct zcctl *zc);
int cmd_completion(struct zcctl *zc);
int cmd_doctor(struct zcctl *zc);
int cmd_run(struct zcctl *zc);

#endif /* ZCCTL_H */
