// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints what is made from the command table: usage, the help of a verb, the table
 * as JSON.
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
