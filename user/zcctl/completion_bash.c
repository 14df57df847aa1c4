// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The completion for bash.  It needs nothing but bash itself: bash splits words at
 * "=", ":" and "@", and replaces only the last piece, so the script joins the pieces
 * first and cuts the answers at the end.
 */
#include <stdio.h>

#include "completion.h"

/*
 * "words" gets whole words: pieces without a blank between them are one.  "cur" is the
 * last of them, without an opening quote.
 */
static const char split[] =
	"_zcctl_split()\n"
	"{\n"
	"\tlocal line=${COMP_LINE:-${COMP_WORDS[*]}} i rest\n\n"
	"\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	"\t\trest=${line#\"${line%%[![:space:]]*}\"}\n"
	"\t\tif [ \"$i\" -eq 0 ] || [ \"$rest\" != \"$line\" ]; then\n"
	"\t\t\twords+=(\"${COMP_WORDS[i]}\")\n"
	"\t\telse\n"
	"\t\t\twords[${#words[@]}-1]+=${COMP_WORDS[i]}\n"
	"\t\tfi\n"
	"\t\tline=${rest#\"${COMP_WORDS[i]}\"}\n"
	"\tdone\n"
	"\tcur=${words[${#words[@]}-1]}\n"
	"\t[[ $cur != *[\\\"\\']\"$typed\" ]] || cur=${cur%?\"$typed\"}$typed\n"
	"}\n";

/*
 * "option" becomes the option of a word whose value is in the word, after "lead", or,
 * if "lead" is empty, in the next word.
 */
static const char option[] =
	"_zcctl_option()\n"
	"{\n"
	"\tlocal i\n\n"
	"\tlead='' option=''\n"
	"\tif [[ $1 == --* ]]; then\n"
	"\t\t_zcctl_value \"${1%%=*}\" || return\n"
	"\t\toption=${1%%=*}\n"
	"\t\t[[ $1 != *=* ]] || lead=$option=\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tfor ((i = 1; i < ${#1}; i++)); do\n"
	"\t\t_zcctl_value \"-${1:i:1}\" || continue\n"
	"\t\toption=-${1:i:1}\n"
	"\t\t((i + 1 == ${#1})) || lead=${1:0:i+1}\n"
	"\t\treturn\n"
	"\tdone\n"
	"}\n";

/* Answers for "cur", which is a "kind" of word. */
static const char offer[] =
	"_zcctl_offer()\n"
	"{\n"
	"\tlocal list=''\n\n"
	"\tcase $kind in\n"
	"\tchoice) list=$choices ;;\n"
	"\toption) list=$options ;;\n"
	"\tverb) list=$verbs ;;\n"
	"\tid) list=$(" COMPLETION_IDS ") ;;\n"
	"\tlimit) list=$(" COMPLETION_LIMITS ") ;;\n"
	"\tshell) list='bash zsh fish' ;;\n"
	"\thost) list=$(compgen -S : -A hostname); compopt -o nospace 2>/dev/null ;;\n"
	"\tcommand | directory | file) action=$kind ;;\n"
	"\ttext)\n"
	"\t\tcur=${cur#\\\\}\n"
	"\t\t[[ $cur == @* ]] || return\n"
	"\t\tlead+=@ cur=${cur#@} action='file' ;;\n"
	"\t*) return ;;\n"
	"\tesac\n"
	"\tif [ -n \"$action\" ]; then\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -A \"$action\" -- \"$cur\")\n"
	"\telse\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$cur\")\n"
	"\tfi\n"
	"}\n";

static const char complete[] =
	"_zcctl()\n"
	"{\n"
	"\tlocal IFS=$' \\t\\n'\n"
	"\tlocal words=() cur typed=${2-${COMP_WORDS[COMP_CWORD]}} word whole i\n"
	"\tlocal verb='' option='' lead='' ended='' place=0\n"
	"\tlocal verbs kinds=() kind='' action='' choices='' options='' runs=''\n\n"
	"\tCOMPREPLY=()\n"
	"\t_zcctl_split\n"
	"\t_zcctl_verb ''\n"
	"\twhole=$cur\n"
	"\tfor word in \"${words[@]:1:${#words[@]}-2}\"; do\n"
	"\t\tif [ -n \"$option\" ]; then\n"
	"\t\t\toption=''\n"
	"\t\telif [ -z \"$verb\" ]; then\n"
	"\t\t\t[[ $word == -* ]] || verb=$word\n"
	"\t\t\t[ -z \"$verb\" ] || _zcctl_verb \"$verb\"\n"
	"\t\telif [ -n \"$ended\" ] || [[ $word != -?* ]]; then\n"
	"\t\t\tplace=$((place + 1)) ended=$ended$runs\n"
	"\t\telif [ \"$word\" = -- ]; then\n"
	"\t\t\tended=1\n"
	"\t\telse\n"
	"\t\t\t_zcctl_option \"$word\"\n"
	"\t\t\t[ -z \"$lead\" ] || option=''\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tlead=''\n"
	"\tif [ -n \"$option\" ]; then\n"
	"\t\t_zcctl_value \"$option\"\n"
	"\telif [ -z \"$verb\" ]; then\n"
	"\t\tkind=verb\n"
	"\t\t[[ $cur != -* ]] || kind=option\n"
	"\telif [ -z \"$ended\" ] && [[ $cur == -* ]]; then\n"
	"\t\t_zcctl_option \"$cur\"\n"
	"\t\tcur=${cur#\"$lead\"}\n"
	"\t\t[ -n \"$lead\" ] || kind=option\n"
	"\telif [ ${#kinds[@]} -gt 0 ]; then\n"
	"\t\tkind=${kinds[place < ${#kinds[@]} ? place : ${#kinds[@]} - 1]}\n"
	"\tfi\n"
	"\t_zcctl_offer\n"
	"\twhole=${whole%\"$typed\"}\n"
	"\tfor i in \"${!COMPREPLY[@]}\"; do\n"
	"\t\tword=$lead${COMPREPLY[i]}\n"
	"\t\tword=${word#\"$whole\"}\n"
	"\t\tif [ -n \"$action\" ] && [ \"$word\" != \"${COMPREPLY[i]}\" ] &&\n"
	"\t\t\t[ -d \"${COMPREPLY[i]}\" ]; then\n"
	"\t\t\tword+=/\n"
	"\t\t\tcompopt -o nospace 2>/dev/null\n"
	"\t\tfi\n"
	"\t\tCOMPREPLY[i]=$word\n"
	"\tdone\n"
	"}\n"
	"complete -F _zcctl zcctl";

static void print_words(const struct opt *opt)
{
	while ((opt = completion_opt(opt))) {
		if (opt->letter)
			printf(" -%c", opt->letter);
		printf(" --%s", opt->name);
		opt++;
	}
}

static void print_verb(const struct cmd *cmd)
{
	printf("\t%s)\n\t\tkinds=(%s%s)%s\n\t\toptions='", cmd->name,
	       cmd->words ? cmd->words : "",
	       cmd->words && cmd->max_args >= 0 ? " none" : "",
	       cmd->flags & CMD_RUNS ? " runs=1" : "");
	print_words(cmd->opts);
	print_words(zcctl_common_opts);
	puts("' ;;");
}

static void print_value(const struct cmd *cmd, const struct opt *opt)
{
	putchar('\t');
	if (opt->letter)
		printf("%s:-%c | ", cmd->name, opt->letter);
	printf("%s:--%s) kind='%s'", cmd->name, opt->name, completion_kind(opt));
	if (opt->choices) {
		printf(" choices='");
		completion_choices(opt->choices);
		putchar('\'');
	}
	puts(" ;;");
}

void completion_bash(void)
{
	const struct cmd *cmd;
	const struct opt *opt;

	printf("# bash completion for zcctl, made from its command table\n"
	       "_zcctl_verb()\n{\n\tverbs='");
	for (cmd = zcctl_cmds; (cmd = completion_verb(cmd)); cmd++)
		printf(" %s", cmd->name);
	puts("'\n\tcase $1 in");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		print_verb(cmd);
	printf("\t'') options='");
	print_words(zcctl_common_opts);
	puts(" -V --version' ;;\n\tesac\n}\n\n_zcctl_value()\n{\n\tcase $verb:$1 in");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		for (opt = cmd->opts; (opt = completion_opt(opt)); opt++)
			if (opt->arg)
				print_value(cmd, opt);
	puts("\t*) return 1 ;;\n\tesac\n}\n");
	puts(split);
	puts(option);
	puts(offer);
	puts(complete);
}
