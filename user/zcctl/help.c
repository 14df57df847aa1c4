// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints what is made from the command table: usage, the help of a verb, the table
 * as JSON, and the bash completion.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "zcctl.h"

static const char exit_codes[] =
	"Exit: 0 done, 1 failed, 2 misuse, 3 not available here.";

void help_usage(void)
{
	const struct cmd *cmd;
	char left[64];

	puts("Usage: zcctl VERB [OPTION...] [ARGUMENT...]\n");
	for (cmd = zcctl_cmds; cmd->name; cmd++) {
		if (cmd->flags & CMD_HIDDEN)
			continue;
		snprintf(left, sizeof(left), "%s %s", cmd->name, cmd->args);
		printf("  %-22s %s\n", left, cmd->summary);
	}
	puts("\nEvery verb: -j JSON, -p indented JSON, --help.  Sizes take K, M, G, T.");
	puts(exit_codes);
}

static void print_opts(const struct opt *opt)
{
	char left[160];

	for (; opt && opt->name; opt++) {
		if (opt->flags & OPT_HIDDEN)
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s",
			 opt->letter ? '-' : ' ', opt->letter ? opt->letter : ' ',
			 opt->letter ? "," : " ", opt->name, opt->arg ? " " : "",
			 opt->arg ? opt->choices ? opt->choices : opt->arg : "");
		if (strlen(left) > 26)
			printf("  %s\n  %-26s %s\n", left, "", opt->help);
		else
			printf("  %-26s %s\n", left, opt->help);
	}
}

void help_verb(const struct cmd *cmd)
{
	printf("Usage: zcctl %s [OPTION...]%s%s\n", cmd->name,
	       *cmd->args ? " " : "", cmd->args);
	printf("%c%s.%s\n\n", cmd->summary[0] & ~0x20, cmd->summary + 1,
	       cmd->flags & CMD_ADMIN ? "  Takes CAP_NET_ADMIN." : "");
	print_opts(cmd->opts);
	print_opts(zcctl_common_opts);
	printf("\n%s\n", exit_codes);
}

static struct json_object *json_opts(const struct opt *opt)
{
	struct json_object *array = json_object_new_array();
	struct json_object *obj;
	char letter[2] = "";

	for (; opt && opt->name; opt++) {
		if (opt->flags & OPT_HIDDEN)
			continue;
		obj = json_object_new_object();
		letter[0] = opt->letter;
		json_text(obj, "name", opt->name);
		json_text(obj, "letter", letter);
		json_text(obj, "arg", opt->arg ? opt->arg : "");
		json_text(obj, "choices", opt->choices ? opt->choices : "");
		json_object_object_add(obj, "many",
			json_object_new_boolean(opt->flags & OPT_MANY));
		json_text(obj, "help", opt->help);
		json_object_array_add(array, obj);
	}
	return array;
}

/* @only: the only verb to tell of, or NULL */
static struct json_object *json_table(const struct cmd *only)
{
	struct json_object *top = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct json_object *obj;
	const struct cmd *cmd;

	for (cmd = zcctl_cmds; cmd->name; cmd++) {
		if (only ? cmd != only : cmd->flags & CMD_HIDDEN)
			continue;
		obj = json_object_new_object();
		json_text(obj, "name", cmd->name);
		json_text(obj, "args", cmd->args);
		json_text(obj, "summary", cmd->summary);
		json_object_object_add(obj, "needs_admin",
			json_object_new_boolean(cmd->flags & CMD_ADMIN));
		json_object_object_add(obj, "options", json_opts(cmd->opts));
		json_object_array_add(array, obj);
	}
	json_text(top, "version", ZCOPY_VERSION);
	json_object_object_add(top, "common_options", json_opts(zcctl_common_opts));
	json_object_object_add(top, "commands", array);
	return top;
}

int cmd_help(struct zcctl *zc)
{
	const struct cmd *cmd = NULL;

	if (zc->args.nr_pos) {
		cmd = zcctl_find(zc->args.pos[0]);
		if (!cmd)
			return zcctl_no_verb(zc, zc->args.pos[0]);
	}
	if (zc->json)
		out_json(zc, json_table(cmd));
	else if (cmd)
		help_verb(cmd);
	else
		help_usage();
	return ZC_DONE;
}

static void print_opt_words(const struct opt *opt)
{
	for (; opt && opt->name; opt++) {
		if (opt->flags & OPT_HIDDEN)
			continue;
		if (opt->letter)
			printf(" -%c", opt->letter);
		printf(" --%s", opt->name);
	}
}

static void print_choices(const struct cmd *cmd)
{
	const struct opt *opt;
	const char *p;

	for (opt = cmd->opts; opt && opt->name; opt++) {
		if (!opt->choices)
			continue;
		printf("\t%s:--%s) words=\"", cmd->name, opt->name);
		for (p = opt->choices; *p; p++)
			putchar(*p == '|' ? ' ' : *p);
		puts("\" ;;");
	}
}

static void print_verbs(void)
{
	const struct cmd *cmd;

	for (cmd = zcctl_cmds; cmd->name; cmd++)
		if (!(cmd->flags & CMD_HIDDEN))
			printf(" %s", cmd->name);
}

int cmd_completion(struct zcctl *zc)
{
	const struct cmd *cmd;

	(void)zc;
	puts("# bash completion for zcctl, made from its command table\n"
	     "_zcctl()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal verb=${COMP_WORDS[1]} words='' kind=''\n");
	printf("\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords=\"");
	print_verbs();
	puts("\"\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\t\treturn\n\tfi");
	puts("\tcase $verb:$prev in");
	for (cmd = zcctl_cmds; cmd->name; cmd++)
		print_choices(cmd);
	puts("\tesac\n\tif [ -n \"$words\" ]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\t\treturn\n\tfi\n\tcase $verb in");
	for (cmd = zcctl_cmds; cmd->name; cmd++) {
		if (cmd->flags & CMD_HIDDEN)
			continue;
		printf("\t%s) kind='%s' words=\"", cmd->name,
		       cmd->words ? cmd->words : "");
		print_opt_words(cmd->opts);
		print_opt_words(zcctl_common_opts);
		puts("\" ;;");
	}
	printf("\tesac\n\tcase $kind:$cur in\n"
	       "\t*:-*) ;;\n"
	       "\tfile:*)\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn ;;\n"
	       "\tid:*) words=$(zcctl list -j 2>/dev/null |\n"
	       "\t\tgrep -o '\"id\":[0-9]*' | cut -d: -f2) ;;\n"
	       "\tlimit:*) words=$(zcctl limits -j 2>/dev/null |\n"
	       "\t\tgrep -o '\"name\":\"[a-z_]*' | cut -d'\"' -f4) ;;\n"
	       "\tverb:*) words=\"");
	print_verbs();
	puts("\" ;;\n\tesac\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -o filenames -F _zcctl zcctl");
	return ZC_DONE;
}
