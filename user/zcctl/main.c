// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the command table and calls the verbs in it.  Usage and completion are made
 * from the table, and a test compares the man page with it.
 */
#include "zcctl.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suggest.h"

const struct opt zcctl_common_opts[] = {
	{ "json", 'j', NULL, "JSON output, errors as objects", NULL, 0 },
	{ "pretty", 'p', NULL, "JSON output, indented", NULL, 0 },
	{ "help", 'h', NULL, "what this verb does", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

const struct cmd zcctl_cmds[] = {
	{ "send", "FILE HOST:PORT...", "send a file to TCP peers",
	  2, -1, 0, "file host", send_opts, cmd_send },
	{ "recv", "[HOST:]PORT", "be a peer to send to; print bytes and SHA-256",
	  1, 1, 0, "port", recv_opts, cmd_recv },
	{ "list", "", "live transfers",
	  0, 0, 0, NULL, list_opts, cmd_list },
	{ "show", "ID", "one transfer in full",
	  1, 1, 0, "id", show_opts, cmd_show },
	{ "cancel", "[ID...]", "stop transfers",
	  0, -1, 0, "id", cancel_opts, cmd_cancel },
	{ "rate", "ID N", "hold a transfer to so many bytes a second",
	  2, 2, 0, "id number", rate_opts, cmd_rate },
	{ "drain", "", "wait until no transfer is live",
	  0, 0, 0, NULL, drain_opts, cmd_drain },
	{ "top", "", "live screen of transfers: sort, cancel, hold to a rate",
	  0, 0, 0, NULL, top_opts, cmd_top },
	{ "monitor", "", "print events as they happen",
	  0, 0, CMD_ADMIN, NULL, monitor_opts, cmd_monitor },
	{ "stats", "", "counters of this network namespace",
	  0, 0, 0, NULL, stats_opts, cmd_stats },
	{ "features", "", "what this kernel and module offer",
	  0, 0, 0, NULL, NULL, cmd_features },
	{ "limits", "[KEY VALUE]", "what may be live at a time; set it",
	  0, 2, 0, "limit number", NULL, cmd_limits },
	{ "doctor", "", "say what is missing and how to get it",
	  0, 0, 0, NULL, NULL, cmd_doctor },
	{ "bench", "[CASE...]", "this machine's own figures, methods side by side",
	  0, -1, 0, "case", bench_opts, cmd_bench },
	{ "run", "COMMAND...", "run a program with its sendfile(2) served by zcopy",
	  1, -1, CMD_RUNS, "command file", run_opts, cmd_run },
	{ "help", "[VERB]", "usage; with -j the command table",
	  0, 1, 0, "verb", NULL, cmd_help },
	{ "completion", "[SHELL]", "print the completion for bash, zsh or fish",
	  0, 1, CMD_HIDDEN, "shell", NULL, cmd_completion },
	{ NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL }
};

const struct cmd *zcctl_find(const char *name)
{
	const struct cmd *cmd;

	for (cmd = zcctl_cmds; cmd->name; cmd++)
		if (strcmp(cmd->name, name) == 0)
			return cmd;
	return NULL;
}

int zcctl_no_verb(const struct zcctl *zc, const char *word)
{
	struct suggest s = suggest_begin(word, strlen(word));
	const struct cmd *cmd;

	for (cmd = zcctl_cmds; cmd->name; cmd++)
		if (!(cmd->flags & CMD_HIDDEN))
			suggest_try(&s, cmd->name);
	if (s.best)
		return zcctl_misuse(zc, "there is no verb \"%.40s\"; did you mean \"%s\"?",
				    word, s.best);
	return zcctl_misuse(zc, "there is no verb \"%.40s\"", word);
}

int zcctl_misuse(const struct zcctl *zc, const char *fmt, ...)
{
	char text[512], hint[80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(hint, sizeof(hint), "see: zcctl help%s%s",
		 zc->cmd ? " " : "", zc->cmd ? zc->cmd->name : "");
	return out_fail(zc, ZC_MISUSE, 0, hint, "%s", text);
}

static bool is_common(const char *word)
{
	static const char *const words[] = {
		"-j", "-p", "-jp", "-pj", "--json", "--pretty"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/*
 * Looks for -j and -p before the words are parsed, so that parse errors already have
 * the right format.  Skips values of options and the words of a command to run.
 */
static void find_format(struct zcctl *zc, int argc, char **argv)
{
	struct args a = { .tables[0] = zcctl_common_opts };
	const struct cmd *cmd = NULL;
	bool verb = false;
	int i, width;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i += width ? width : 1) {
		width = args_width(&a, argv[i]);
		if (is_common(argv[i])) {
			zc->json = true;
			zc->pretty |= strchr(argv[i], 'p') != NULL;
		}
		if (width)
			continue;
		if (cmd && (cmd->flags & CMD_RUNS))
			break;
		if (!verb)
			cmd = zcctl_find(argv[i]);
		if (!verb && cmd)
			a.tables[1] = cmd->opts;
		verb = true;
	}
}

static int run(struct zcctl *zc, int argc, char **argv)
{
	const struct cmd *cmd = zc->cmd;
	struct args *a = &zc->args;

	a->tables[0] = zcctl_common_opts;
	a->tables[1] = cmd->opts;
	a->runs = cmd->flags & CMD_RUNS;
	if (args_parse(a, argc, argv))
		return zcctl_misuse(zc, "%s: %s", cmd->name, a->error);
	if (args_has(a, "json"))
		zc->json = true;
	if (args_has(a, "pretty"))
		zc->json = zc->pretty = true;
	if (args_has(a, "help")) {
		help_verb(cmd);
		return ZC_DONE;
	}
	if ((int)a->nr_pos < cmd->min_args)
		return zcctl_misuse(zc, "%s: too few arguments, it takes %s",
				    cmd->name, cmd->args);
	if (cmd->max_args >= 0 && (int)a->nr_pos > cmd->max_args)
		return zcctl_misuse(zc, "%s: too many arguments, it takes %s",
				    cmd->name, *cmd->args ? cmd->args : "none");
	return cmd->run(zc);
}

static int run_words(struct zcctl *zc, int argc, char **argv)
{
	int first = 1;

	find_format(zc, argc - 1, argv + 1);
	while (first < argc && is_common(argv[first]))
		first++;
	if (first == argc)
		return zcctl_misuse(zc, "no verb is given");
	if (strcmp(argv[first], "--version") == 0 ||
	    strcmp(argv[first], "-V") == 0) {
		printf("zcctl %s\n", ZCOPY_VERSION);
		return ZC_DONE;
	}
	if (strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0) {
		help_usage();
		return ZC_DONE;
	}
	zc->cmd = zcctl_find(argv[first]);
	if (!zc->cmd)
		return zcctl_no_verb(zc, argv[first]);
	return run(zc, argc - first - 1, argv + first + 1);
}

/*
 * If the caller has closed descriptors 0 to 2, the next open(2) or socket(2) would get
 * their numbers, and output would go to a peer.  Open something that takes no output.
 * O_CLOEXEC: a program that zcctl runs gets the same descriptors closed.
 */
static int fill_standard(void)
{
	int fd, got;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		got = fd == STDIN_FILENO ?
		      open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
		/* Unlike /dev/null, "/" is always there and /dev/stdout cannot reopen it. */
		if (got < 0)
			got = open("/", O_PATH | O_CLOEXEC);
		if (got != fd)
			return -1;
	}
	return 0;
}

/* Fail if output was lost, for example because the disk is full. */
static int end_output(int ret)
{
	bool lost = ferror(stdout);

	if (!fflush(stdout) && !lost)
		return ret;
	fprintf(stderr, "zcctl: not all could be written to standard output\n"
		"       is the disk full, or the reader gone?\n");
	return ret ? ret : ZC_FAILED;
}

int main(int argc, char **argv)
{
	struct zcctl zc = { 0 };
	int ret;

	if (fill_standard())
		return ZC_FAILED;
	ret = run_words(&zc, argc, argv);
	zcopy_nl_close(zc.nl);
	args_free(&zc.args);
	return end_output(ret);
}
