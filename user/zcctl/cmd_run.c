// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb run: runs a program with the interposer preloaded.  Without a report
 * the program replaces this process; with a report, this process waits for the
 * program and writes the report.  The program runs even if something is missing.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

/* Exit codes, as a shell has them */
#define CANNOT_RUN	126
#define NOT_FOUND	127
#define BY_SIGNAL	128

const struct opt run_opts[] = {
	{ "report", 'r', "FILE", "write there what was taken, and what not and why",
	  NULL, OPT_FILE },
	{ "wait", 'w', NULL, "with a report: until all of its processes have ended",
	  NULL, 0 },
	{ "quiet", 'q', NULL, "do not say what is missing", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static int execute(const struct zcctl *zc)
{
	char **words = zc->args.pos;
	int err;

	execvp(words[0], words);
	err = errno;
	out_fail(zc, 0, err, err == ENOENT && !strchr(words[0], '/') ?
		 "is the name right? the command is looked for in $PATH" :
		 err == EACCES ? "is it a program that may be executed? see: ls -l" : NULL,
		 "cannot run %.200s: %s", words[0], strerror(err));
	return err == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

/* ---- with a report ---- */

static pid_t child;
static volatile sig_atomic_t told_to_end;

/*
 * The kernel sends the terminal's signals (its keys, a new size, a SIGHUP) to a whole
 * process group.  If the program is still in this process's group, it has them already.
 * The session leader alone gets the SIGHUP of a terminal that is gone.
 *
 * A process may send a signal to the group or to this process alone, and the two cannot be
 * told apart.  Both are handed on, so the program gets a signal to the group twice.
 */
static bool has_it(int sig, const siginfo_t *info)
{
	return info->si_code == SI_KERNEL && getpgid(child) == getpgrp() &&
	       (sig != SIGHUP || getsid(0) != getpid());
}

static void hand_on(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (child > 0 && !has_it(sig, info))
		kill(child, sig);
	else if (!child && sig != SIGWINCH)
		told_to_end = 1;
	errno = saved;
}

static void start_waiting(void)
{
	static const int handed[] = {
		SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT, SIGWINCH,
	};
	struct sigaction sa = { .sa_sigaction = hand_on, .sa_flags = SA_SIGINFO };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handed); i++)
		sigaction(handed[i], &sa, NULL);
}

/* Wait for the command; read its name first, while /proc still has it. */
static int wait_for_command(struct run_end *end)
{
	siginfo_t info;
	char path[40];
	int status;
	FILE *comm;

	end->pid = child;
	while (waitid(P_PID, child, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)child);
	comm = fopen(path, "re");
	if (comm && fgets(end->comm, sizeof(end->comm), comm))
		end->comm[strcspn(end->comm, "\n")] = '\0';
	if (comm)
		fclose(comm);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	child = 0;
	return status;
}

/* Children record themselves soon after a fork; some never do, so wait up to a second. */
static void wait_for_children(const struct shim_file *counters)
{
	int tries = 100;

	while (tries-- && !told_to_end &&
	       __atomic_load_n(&counters->forks, __ATOMIC_ACQUIRE) !=
	       __atomic_load_n(&counters->born, __ATOMIC_ACQUIRE))
		poll(NULL, 0, 10);
}

/* Wait until no process with the library runs, or until a signal comes */
static void wait_for_all(const struct shim_file *counters)
{
	struct pollfd one = { .events = POLLIN };
	pid_t pid;

	while (!told_to_end && (pid = run_running(counters))) {
		one.fd = syscall(SYS_pidfd_open, pid, 0);
		if (one.fd < 0 && errno != ESRCH)
			return;
		/* RACE: a signal just before poll() does not end it: use a timeout. */
		poll(&one, 1, 1000);
		if (one.fd >= 0)
			close(one.fd);
	}
}

static int run_and_report(const struct zcctl *zc, const struct program *program)
{
	struct run_end end = { 0 };
	struct shim_file *counters;
	char path[2 * PATH_MAX];
	void (*on_child)(int);
	sigset_t all, before;
	int status, ret;

	ret = run_counters(zc, path, sizeof(path), &counters);
	if (ret)
		return ret;
	/* RACE: keep signals pending until there is a child to pass them on to. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	/* An ignored SIGCHLD is inherited; then there would be no child to wait for. */
	on_child = signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (!child) {
		signal(SIGCHLD, on_child);
		sigprocmask(SIG_SETMASK, &before, NULL);
		counters->command = getpid();
		ret = execute(zc);
		counters->command = 0;
		fflush(NULL);
		_exit(ret);
	}
	start_waiting();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		unlink(path);
		return out_fail(zc, ZC_FAILED, errno, NULL, "cannot fork: %s",
				strerror(errno));
	}
	status = wait_for_command(&end);
	wait_for_children(counters);
	if (args_has(&zc->args, "wait"))
		wait_for_all(counters);
	unlink(path);
	run_report(zc, counters, program, &end);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	       BY_SIGNAL + WTERMSIG(status);
}

int cmd_run(struct zcctl *zc)
{
	struct program program;
	int err;

	if (args_has(&zc->args, "wait") && !args_has(&zc->args, "report"))
		return zcctl_misuse(zc, "run: --wait is for a report: give --report FILE");
	program_look(zc->args.pos, &program);
	err = run_preload(zc, &program);
	if (err)
		return out_fail(zc, ZC_FAILED, err, NULL, "no memory");
	return args_has(&zc->args, "report") ? run_and_report(zc, &program) :
					       execute(zc);
}
