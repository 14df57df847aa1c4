// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Parsing options: every way to write them, and every misuse.
 * sources: user/zcctl/args.c user/zcctl/suggest.c
 */
#include "ktap.h"

#include "../../user/zcctl/args.h"

static const struct opt common[] = {
	{ "json", 'j', NULL, "", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static const struct opt own[] = {
	{ "length", 'l', "LEN", "", NULL, 0 },
	{ "range", 0, "OFF:LEN", "", NULL, OPT_MANY },
	{ "until", 0, "STATE", "", "queued|acked", 0 },
	{ "quiet", 'q', NULL, "", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* Parse a line split at blanks; 0 or -1, with @a to be looked at */
static int parse(struct args *a, const char *line)
{
	static char words[200];
	static char *argv[20];
	int argc = 0;
	char *word;

	args_free(a);
	a->tables[0] = common;
	a->tables[1] = own;
	snprintf(words, sizeof(words), "%s", line);
	for (word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return args_parse(a, argc, argv);
}

static int is(const char *got, const char *want)
{
	return got && strcmp(got, want) == 0;
}

int main(void)
{
	static const char *const misuses[] = {
		"--nothing", "-x", "-qx", "--length", "-l", "--quiet=1", "--len 3",
		"-l 1 -l 2", "--until soon", "--until queue", "--until=",
		"--until queued|acked",
	};
	struct args a = { 0 };
	size_t i;

	ktap_ok(!parse(&a, "file -l 5 peer") && is(args_get(&a, "length"), "5") &&
		a.nr_pos == 2 && is(a.pos[1], "peer"),
		"options may stand between arguments");
	a.runs = true;
	ktap_ok(!parse(&a, "-q prog -l 5 --x -- y") && a.nr_uses == 1 && a.nr_pos == 6 &&
		is(a.pos[0], "prog") && is(a.pos[1], "-l") && is(a.pos[4], "--"),
		"a command's options are its own");
	ktap_ok(!parse(&a, "-q -- -prog -l") && a.nr_uses == 1 && a.nr_pos == 2 &&
		is(a.pos[0], "-prog"), "also after --");
	a.runs = false;
	ktap_ok(!parse(&a, "-l5") && is(args_get(&a, "length"), "5"), "-lVALUE");
	ktap_ok(!parse(&a, "--length=5") && is(args_get(&a, "length"), "5"),
		"--name=VALUE");
	ktap_ok(!parse(&a, "--length 5") && is(args_get(&a, "length"), "5"),
		"--name VALUE");
	ktap_ok(!parse(&a, "--length=") && is(args_get(&a, "length"), ""),
		"a value may be empty");
	ktap_ok(!parse(&a, "-l --json") && is(args_get(&a, "length"), "--json") &&
		!args_has(&a, "json"), "a value may look like an option");
	ktap_ok(!parse(&a, "-qjl 5") && args_has(&a, "quiet") &&
		args_has(&a, "json") && is(args_get(&a, "length"), "5"),
		"letters may be joined");
	ktap_ok(!parse(&a, "--range 0:1 --range 5:2") && a.nr_uses == 2 &&
		is(a.uses[0].value, "0:1") && is(a.uses[1].value, "5:2"),
		"a repeatable option keeps its order");
	ktap_ok(!parse(&a, "-q -- -q --x") && a.nr_pos == 2 && is(a.pos[0], "-q"),
		"after -- all words are arguments");
	ktap_ok(!parse(&a, "-") && a.nr_pos == 1, "a lone dash is an argument");
	ktap_ok(!parse(&a, "-q -q"), "a switch may be given twice");
	ktap_ok(!parse(&a, "--until acked"), "a choice is taken");
	for (i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++)
		ktap_ok(parse(&a, misuses[i]) == -1 && a.error[0],
			"refused: %s", misuses[i]);
	args_free(&a);
	return ktap_done();
}
