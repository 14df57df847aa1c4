// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The completion for zsh: descriptions of options and arguments for _arguments, which
 * knows all ways to write them.
 */
#include <stdio.h>
#include <string.h>

#include "completion.h"

/* One function for each kind of word that can be completed; "verb" is made elsewhere. */
static const char functions[] =
	"_zcctl_file() { _files }\n"
	"_zcctl_directory() { _path_files -/ }\n"
	"_zcctl_text() { compset -P @ && _files }\n"
	"_zcctl_command() { _command_names -e }\n"
	"_zcctl_host() { _hosts -S : }\n"
	"_zcctl_shell() { compadd bash zsh fish }\n"
	"_zcctl_id() {\n"
	"\tlocal -a ids expl\n"
	"\tids=(${(f)\"$(" COMPLETION_IDS ")\"})\n"
	"\t_wanted transfers expl transfer compadd -a ids\n"
	"}\n"
	"_zcctl_limit() {\n"
	"\tlocal -a limits expl\n"
	"\tlimits=(${(f)\"$(" COMPLETION_LIMITS ")\"})\n"
	"\t_wanted limits expl limit compadd -a limits\n"
	"}\n";

/* The first word, then the rest, whose verb has its own options and arguments */
static const char start[] =
	"\tlocal curcontext=$curcontext state line\n"
	"\tlocal -A opt_args\n\n"
	"\t_arguments -C -s $common '(- *)'{-V,--version}'[version of zcctl]' \\\n"
	"\t\t'1:verb:_zcctl_verb' '*::argument:->verb' && return\n"
	"\t[[ $state == verb ]] || return 1\n"
	"\tcurcontext=${curcontext%:*}-$words[1]:\n"
	"\tcase $words[1] in";

static bool is_known(const char *kind, size_t len)
{
	static const char *const known[] = {
		"file", "directory", "text", "command", "host", "shell", "id", "limit",
		"verb"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i]) == len && strncmp(known[i], kind, len) == 0)
			return true;
	return false;
}

/* Print a text inside '', with a backslash before each character of @special. */
static void print_text(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
}

/* What completes a kind of word; a blank shows only what is expected. */
static void print_action(const char *kind, size_t len)
{
	if (is_known(kind, len))
		printf(":_zcctl_%.*s", (int)len, kind);
	else
		fputs(": ", stdout);
}

static void print_names(const struct opt *opt)
{
	const char *after = opt->arg ? "+" : "", *equals = opt->arg ? "=" : "";

	if (!opt->letter)
		printf("'%s--%s%s", opt->flags & OPT_MANY ? "*" : "", opt->name, equals);
	else if (opt->flags & OPT_MANY)
		printf("'*'{-%c%s,--%s%s}'", opt->letter, after, opt->name, equals);
	else
		printf("'(-%c --%s)'{-%c%s,--%s%s}'", opt->letter, opt->name,
		       opt->letter, after, opt->name, equals);
}

static void print_opts(const struct opt *opt)
{
	for (; (opt = completion_opt(opt)); opt++) {
		fputs(" \\\n\t\t\t", stdout);
		print_names(opt);
		putchar('[');
		print_text(opt->help, "[]\\");
		putchar(']');
		if (opt->arg) {
			putchar(':');
			print_text(opt->arg, ":\\");
		}
		if (opt->choices) {
			fputs(":(", stdout);
			completion_choices(opt->choices);
			putchar(')');
		} else if (opt->arg) {
			print_action(completion_kind(opt), strlen(completion_kind(opt)));
		}
		putchar('\'');
	}
}

static void print_args(const struct cmd *cmd)
{
	const char *word = cmd->words;
	int place;
	size_t len;

	for (place = 1; word && *word; place++) {
		len = strcspn(word, " ");
		fputs(" \\\n\t\t\t'", stdout);
		if (word[len] || cmd->max_args >= 0)
			printf("%d", place);
		else
			putchar('*');
		printf(":%.*s", (int)len, word);
		print_action(word, len);
		putchar('\'');
		word += len + (word[len] == ' ');
	}
}

static void print_verb(const struct cmd *cmd)
{
	printf("\t%s)\n\t\t_arguments -s -S%s $common", cmd->name,
	       cmd->flags & CMD_RUNS ? " -A '-*'" : "");
	print_opts(cmd->opts);
	if (cmd->flags & CMD_RUNS)
		fputs(" \\\n\t\t\t'(-)1:command:_zcctl_command'"
		      " \\\n\t\t\t'*::argument:_normal'", stdout);
	else
		print_args(cmd);
	puts(" ;;");
}

void completion_zsh(void)
{
	const struct cmd *cmd;

	puts("#compdef zcctl\n# zsh completion for zcctl, made from its command table\n");
	puts("_zcctl_verb() {\n\tlocal -a verbs=(");
	for (cmd = zcctl_cmds; (cmd = completion_verb(cmd)); cmd++) {
		printf("\t\t'%s:", cmd->name);
		print_text(cmd->summary, "\\");
		puts("'");
	}
	puts("\t)\n\t_describe -t verbs verb verbs\n}");
	puts(functions);
	fputs("_zcctl() {\n\tlocal -a common=(", stdout);
	print_opts(zcctl_common_opts);
	puts("\n\t)");
	puts(start);
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		print_verb(cmd);
	puts("\t*) return 1 ;;\n\tesac\n}\n\n"
	     "if [[ $funcstack[1] == _zcctl ]]; then\n"
	     "\t_zcctl \"$@\"\n"
	     "else\n"
	     "\tcompdef _zcctl zcctl\n"
	     "fi");
}
