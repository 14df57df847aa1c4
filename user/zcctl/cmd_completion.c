// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zcctl completion: prints the completion for a shell.  Has what the shells share.
 */
#include <stdio.h>
#include <string.h>

#include "completion.h"

const char *completion_kind(const struct opt *opt)
{
	if (opt->choices)
		return "choice";
	if (opt->flags & OPT_FILE)
		return "file";
	if (opt->flags & OPT_DIR)
		return "directory";
	return opt->flags & OPT_TEXT ? "text" : "other";
}

const struct opt *completion_opt(const struct opt *opt)
{
	while (opt && opt->name && (opt->flags & OPT_HIDDEN))
		opt++;
	return opt && opt->name ? opt : NULL;
}

const struct cmd *completion_verb(const struct cmd *cmd)
{
	while (cmd->name && (cmd->flags & CMD_HIDDEN))
		cmd++;
	return cmd->name ? cmd : NULL;
}

void completion_choices(const char *choices)
{
	for (; *choices; choices++)
		putchar(*choices == '|' ? ' ' : *choices);
}

int cmd_completion(struct zcctl *zc)
{
	const char *shell = zc->args.nr_pos ? zc->args.pos[0] : "bash";

	if (strcmp(shell, "bash") == 0)
		completion_bash();
	else if (strcmp(shell, "zsh") == 0)
		completion_zsh();
	else if (strcmp(shell, "fish") == 0)
		completion_fish();
	else
		return zcctl_misuse(zc, "there is no completion for \"%.40s\", only bash, zsh, fish",
				    shell);
	return ZC_DONE;
}
