// SPDX-License-Identifier: GPL-2.0
/*
 * A process is killed, exits or executes another program, and its open device goes
 * with it.  Whatever its transfers wait for, they are cancelled and hold no file,
 * socket or module reference.  If the executed program or a child keeps the device
 * open, the transfers continue until that process is gone too.  Only detached
 * transfers continue in any case.
 * guest: timeout=200
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "owned.h"

enum { KILL, EXIT, EXEC, EXEC_KEEPS, FORK_KEEPS, FORK_LAST, HOWS };

static const char *const hows[] = {
	"killed", "exits", "executes a program, the device does not stay",
	"executes a program that keeps the device",
	"is killed, a child keeps the device",
	"is killed, then the child that kept the device",
};

/* Keeps the device open and collects @nr completions; exits with 0 if they came. */
static void keep(int dev, unsigned int nr, uint64_t unrated)
{
	struct zcopy_result res[OWNED_SOCKS + 1];
	const char *wrong;

	if (unrated && dev_set_rate(dev, unrated, 0))
		_exit(7);
	wrong = dev_collect(dev, res, nr);
	if (wrong)
		note("the process that keeps the device: %s", wrong);
	fflush(stdout);
	_exit(wrong ? 8 : 0);
}

static unsigned int collectable(const struct owned_state *st)
{
	return st->flags & ZCOPY_F_DETACHED ? 0 : st->live + st->done;
}

static void execute(const struct owner *w, bool keeps)
{
	char dev[16], nr[16], id[32];

	snprintf(dev, sizeof(dev), "%d", keeps ? w->dev : -1);
	snprintf(nr, sizeof(nr), "%u", collectable(w->st));
	snprintf(id, sizeof(id), "%llu", w->st->rate ? (unsigned long long)w->id : 0);
	if (keeps)
		fcntl(w->dev, F_SETFD, 0);
	execl("/proc/self/exe", "keeper", dev, nr, id, NULL);
	_exit(9);
}

static void act(struct owner *w, int how)
{
	pid_t child = 0;

	if (how == FORK_KEEPS || how == FORK_LAST) {
		child = fork();
		if (!child) {
			owner_close_rest(w);
			close(w->ready);
			if (how == FORK_KEEPS)
				keep(w->dev, collectable(w->st),
				     w->st->rate ? w->id : 0);
			for (;;)
				pause();
		}
	}
	owner_ready(w, child);
	if (how == EXIT)
		_exit(0);
	if (how == EXEC || how == EXEC_KEEPS)
		execute(w, how == EXEC_KEEPS);
	for (;;)
		pause();
}

static bool exits_well(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) == pid && !status)
		return true;
	note("its status is %x", status);
	return false;
}

static const char *judge(struct owned *o, int how, pid_t child)
{
	bool detached = o->st->flags & ZCOPY_F_DETACHED;
	/* A keeper takes the rate away at once. */
	bool keeps = how == EXEC_KEEPS || how == FORK_KEEPS;
	const char *wrong = NULL;

	if (how == KILL || child)
		kill(o->pid, SIGKILL);
	if (how == KILL || how == EXIT || child) {
		waitpid(o->pid, NULL, 0);
		o->pid = 0;
	}
	if ((keeps && !o->st->rate) || how == FORK_LAST)
		wrong = owned_lives(o);
	if (!wrong && how == FORK_LAST) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	/* The process that keeps the device ends when the peers have all bytes. */
	if (!wrong)
		wrong = owned_left_nothing(o, !detached && !keeps);
	if (!wrong && keeps && !exits_well(child ?: o->pid))
		wrong = "the process that kept the device did not collect all";
	if (keeps && !child)
		o->pid = 0;
	return wrong;
}

static void once(const struct owned_state *st, int how)
{
	const char *wrong = "not begun";
	struct owned o;
	int child = 0;

	if (owned_start(&o, st, false, act, how, &child))
		wrong = judge(&o, how, child);
	if (!ktap_ok(!wrong, "%s; its process %s", st->name, hows[how]))
		note("%s", wrong);
	if (child)
		kill(child, SIGKILL);
	owned_end(&o);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[0], "keeper")) {
		if (atoi(argv[1]) >= 0)
			keep(atoi(argv[1]), atoi(argv[2]), strtoull(argv[3], NULL, 10));
		for (;;)
			pause();
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (unsigned int i = 0; i < owned_nr_states; i++)
		for (int how = 0; how < HOWS; how++)
			once(&owned_states[i], how);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
