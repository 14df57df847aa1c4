// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The completion for fish: a line for each verb and option, with the condition under
 * which fish offers it.
 */
#include <stdio.h>

#include "completion.h"

/*
 * __zcctl_look prints the verb, how many arguments are before the cursor ("value" after
 * an option that waits for its value) and whether options are over.
 */
static const char look[] =
	"function __zcctl_look\n"
	"\tset -l verb none\n"
	"\tset -l place 0\n"
	"\tset -l ended 0\n"
	"\tset -l value 0\n"
	"\tset -l words (commandline -opc)\n"
	"\tfor word in $words[2..-1]\n"
	"\t\tif test $value = 1\n"
	"\t\t\tset value 0\n"
	"\t\telse if test $verb = none\n"
	"\t\t\tstring match -q -- '-*' $word; or set verb $word\n"
	"\t\telse if test $ended = 1; or not string match -q -- '-?*' $word\n"
	"\t\t\tset place (math $place + 1)\n"
	"\t\t\t__zcctl_runs $verb; and set ended 1\n"
	"\t\telse if test \"$word\" = --\n"
	"\t\t\tset ended 1\n"
	"\t\telse if string match -qr -- (__zcctl_valued $verb) $word\n"
	"\t\t\tset value 1\n"
	"\t\tend\n"
	"\tend\n"
	"\ttest $value = 1; and set place value\n"
	"\techo $verb $place $ended\n"
	"end\n";

/* Conditions: options of a verb may follow; an argument of this kind may follow. */
static const char conditions[] =
	"function __zcctl_in\n"
	"\t__zcctl_look | read -l verb place ended\n"
	"\ttest \"$verb\" = $argv[1] -a \"$ended\" = 0\n"
	"end\n\n"
	"function __zcctl_wants\n"
	"\t__zcctl_look | read -l verb place ended\n"
	"\ttest \"$place\" = value; and return 1\n"
	"\tset -l kinds (__zcctl_kinds $verb)\n"
	"\tset -q kinds[1]; or return 1\n"
	"\tset -l at (math \"min($place + 1, \"(count $kinds)\")\")\n"
	"\ttest $kinds[$at] = $argv[1]\n"
	"end\n\n"
	"function __zcctl_text\n"
	"\tset -l word (string replace -r '^(--[a-z-]+=)?[\"\\']?' '' -- (commandline -ct))\n"
	"\tstring match -q '@*' -- $word; or return\n"
	"\tfor file in (complete -C \"'' \"(string sub -s 2 -- $word))\n"
	"\t\techo @$file\n"
	"\tend\n"
	"end\n";

static const char arguments[] =
	"complete -c zcctl -n '__zcctl_wants file' -F\n"
	"complete -c zcctl -n '__zcctl_wants host' -a '(__fish_print_hostnames):'\n"
	"complete -c zcctl -n '__zcctl_wants command' -a '(complete -C (commandline -ct))'\n"
	"complete -c zcctl -n '__zcctl_wants shell' -a 'bash zsh fish'\n"
	"complete -c zcctl -n '__zcctl_wants id' -a '(__zcctl_ids)'\n"
	"complete -c zcctl -n '__zcctl_wants limit' -a '(__zcctl_limits)'\n";

static void print_text(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

/* A pattern of the words whose option has its value in the next word */
static void print_valued(const struct cmd *cmd)
{
	const struct opt *opt;
	char letters[64];
	size_t n = 0;

	printf("\tcase %s\n\t\techo '^(-", cmd->name);
	for (opt = cmd->opts; (opt = completion_opt(opt)); opt++) {
		if (!opt->arg)
			continue;
		if (opt->letter && n < sizeof(letters) - 1)
			letters[n++] = opt->letter;
		printf("|--%s", opt->name);
	}
	letters[n] = '\0';
	if (n)
		printf("|-[^%s-]*[%s]", letters, letters);
	puts(")$'");
}

static void print_opt(const char *condition, const char *verb, const struct opt *opt)
{
	const char *kind = completion_kind(opt);

	printf("complete -c zcctl -n '%s%s' -l %s", condition, verb, opt->name);
	if (opt->letter)
		printf(" -s %c", opt->letter);
	if (opt->choices) {
		fputs(" -x -a '", stdout);
		completion_choices(opt->choices);
		putchar('\'');
	} else if (kind[0] == 'f') {
		fputs(" -r -F", stdout);
	} else if (kind[0] == 'd') {
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
	} else if (kind[0] == 't') {
		fputs(" -x -a '(__zcctl_text)'", stdout);
	} else if (opt->arg) {
		fputs(" -x", stdout);
	}
	fputs(" -d ", stdout);
	print_text(opt->help);
	putchar('\n');
}

static void print_verb(const struct cmd *cmd)
{
	const struct opt *opt;

	for (opt = cmd->opts; (opt = completion_opt(opt)); opt++)
		print_opt("__zcctl_in ", cmd->name, opt);
	for (opt = zcctl_common_opts; (opt = completion_opt(opt)); opt++)
		print_opt("__zcctl_in ", cmd->name, opt);
}

/* A function that prints something for each verb */
static void print_functions(void)
{
	const struct cmd *cmd;

	puts("function __zcctl_valued\n\tswitch $argv[1]");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		print_valued(cmd);
	puts("\tcase '*'\n\t\techo '^-$'\n\tend\nend\n\n"
	     "function __zcctl_kinds\n\tswitch $argv[1]");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		if (cmd->words)
			printf("\tcase %s\n\t\tprintf '%%s\\n' %s%s\n", cmd->name,
			       cmd->words, cmd->max_args >= 0 ? " none" : "");
	puts("\tend\nend\n\nfunction __zcctl_runs\n\tcontains -- $argv[1] ''\\");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		if (cmd->flags & CMD_RUNS)
			printf(" %s", cmd->name);
	puts("\nend\n\nfunction __zcctl_ids\n\t" COMPLETION_IDS "\nend\n\n"
	     "function __zcctl_limits\n\t" COMPLETION_LIMITS "\nend\n");
}

void completion_fish(void)
{
	const struct cmd *cmd;
	const struct opt *opt;

	puts("# fish completion for zcctl, made from its command table");
	print_functions();
	puts(look);
	puts(conditions);
	puts("complete -c zcctl -f");
	for (cmd = zcctl_cmds; (cmd = completion_verb(cmd)); cmd++) {
		printf("complete -c zcctl -n '__zcctl_in none; or __zcctl_wants verb'"
		       " -a %s -d ", cmd->name);
		print_text(cmd->summary);
		putchar('\n');
	}
	for (opt = zcctl_common_opts; (opt = completion_opt(opt)); opt++)
		print_opt("__zcctl_in ", "none", opt);
	puts("complete -c zcctl -n '__zcctl_in none' -l version -s V -d 'version of zcctl'");
	fputs(arguments, stdout);
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		print_verb(cmd);
}
