// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb run: a program with the interposer loaded before its libraries.
 * Without a report the program takes this process's place; with one, this
 * process makes the file that is counted in, waits, and writes down what is in
 * it.  The program runs, whatever is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "report.h"
#include "zcctl.h"

/* As a shell tells it */
#define CANNOT_RUN	126
#define NOT_FOUND	127
#define BY_SIGNAL	128

const struct opt run_opts[] = {
	{ "report", 'r', "FILE", "write there what was taken, and what not and why",
	  NULL, 0 },
	{ "quiet", 'q', NULL, "do not say what is missing", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* Beside this program (the tree it was built in), or where it is installed */
static bool find_library(char *path, size_t room)
{
	static const char *const beside[] = {
		"", "../lib/", "../lib/x86_64-linux-gnu/"
	};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;
	size_t i;

	if (len > 0) {
		self[len] = '\0';
		dir = dirname(self);
		for (i = 0; i < ARRAY_SIZE(beside); i++) {
			snprintf(path, room, "%s/%s" SHIM_LIBRARY, dir, beside[i]);
			if (!access(path, R_OK))
				return true;
		}
	}
	snprintf(path, room, "%s/" SHIM_LIBRARY, ZCOPY_LIBDIR);
	return !access(path, R_OK);
}

static void missing(const struct zcctl *zc, const char *what, const char *hint)
{
	if (args_has(&zc->args, "quiet"))
		return;
	fprintf(stderr, "zcctl: %s; the program runs with the kernel's own sendfile\n"
		"       %s\n", what, hint);
}

static void check_device(const struct zcctl *zc)
{
	int fd = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC);
	char what[120];

	if (fd >= 0) {
		close(fd);
		return;
	}
	switch (errno) {
	case EACCES:
	case EPERM:
		missing(zc, "no permission on " ZCOPY_DEVICE,
			"join the group zcopy, or be root");
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		missing(zc, "the module is not loaded",
			"load it as root: modprobe zcopy");
		break;
	default:
		snprintf(what, sizeof(what), "cannot open " ZCOPY_DEVICE ": %s",
			 strerror(errno));
		missing(zc, what, "each of its processes tries for itself");
	}
}

/* The environment of the program; it runs in any case. */
static int preload(const struct zcctl *zc)
{
	const char *kept = getenv("LD_PRELOAD");
	char path[PATH_MAX + 64], *list;

	if (!find_library(path, sizeof(path))) {
		missing(zc, "there is no " SHIM_LIBRARY,
			"it is looked for beside zcctl and in " ZCOPY_LIBDIR);
		return 0;
	}
	if (strpbrk(path, " :")) {
		missing(zc, "the path of " SHIM_LIBRARY " has a space or a colon",
			"the loader takes those for separators: install it elsewhere");
		return 0;
	}
	check_device(zc);
	if (asprintf(&list, "%s%s%s", path, kept && *kept ? ":" : "",
		     kept ? kept : "") < 0)
		return -ENOMEM;
	setenv("LD_PRELOAD", list, 1);
	free(list);
	return 0;
}

static int execute(const struct zcctl *zc)
{
	char **words = zc->args.pos;
	int err;

	execvp(words[0], words);
	err = errno;
	out_fail(zc, 0, err, NULL, "cannot run %.200s: %s", words[0], strerror(err));
	return err == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

/* ---- with a report ---- */

/* Makes the file that is counted in, beside the report; 0 or an exit code */
static int make_counters(const struct zcctl *zc, char *path, size_t room,
			 struct shim_file **counters)
{
	const char *report = args_get(&zc->args, "report");
	char absolute[PATH_MAX];
	int fd;

	/* The program may change its directory. */
	if (report[0] != '/' && !getcwd(absolute, sizeof(absolute)))
		return out_fail(zc, ZC_FAILED, errno, NULL,
				"cannot tell where I am: %s", strerror(errno));
	snprintf(path, room, "%s%s%s.XXXXXX", report[0] == '/' ? "" : absolute,
		 report[0] == '/' ? "" : "/", report);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return out_fail(zc, ZC_FAILED, errno, NULL,
				"cannot make %.200s: %s", path, strerror(errno));
	*counters = MAP_FAILED;
	/* Room for all of it now: a full disk must not kill who counts. */
	errno = posix_fallocate(fd, 0, sizeof(**counters));
	if (!errno)
		*counters = mmap(NULL, sizeof(**counters), PROT_READ | PROT_WRITE,
				 MAP_SHARED, fd, 0);
	close(fd);
	if (*counters == MAP_FAILED) {
		unlink(path);
		return out_fail(zc, ZC_FAILED, errno, NULL,
				"cannot map %.200s: %s", path, strerror(errno));
	}
	(*counters)->slot_size = sizeof(struct shim_slot);
	(*counters)->magic = SHIM_MAGIC;
	setenv(SHIM_REPORT_ENV, path, 1);
	return 0;
}

static void write_slot(FILE *out, const struct shim_slot *slot)
{
	static const char *const whys[] = {
#define X(name, words) #name,
		SHIM_WHYS(X)
#undef X
	};
	struct json_object *obj = json_object_new_object();
	struct json_object *passed = json_object_new_object();
	char comm[sizeof(slot->comm) + 1] = "";
	size_t i;

	memcpy(comm, slot->comm, sizeof(slot->comm));
	json_number(obj, "pid", slot->pid);
	json_text(obj, "comm", comm);
	json_object_object_add(obj, "running", json_object_new_boolean(
			       !kill(slot->pid, 0) || errno == EPERM));
	json_text(obj, "device", slot->device_error ?
		  strerror(slot->device_error) :
		  slot->passed[SHIM_WHY_off] ? "not used" : "ok");
	json_number(obj, "calls", slot->calls);
	json_number(obj, "taken", slot->taken);
	json_number(obj, "bytes", slot->bytes);
	for (i = 0; i < SHIM_WHY_NR; i++)
		if (slot->passed[i])
			json_number(passed, whys[i], slot->passed[i]);
	json_object_object_add(obj, "passed", passed);
	out_put_json(out, json_object_to_json_string_ext(obj,
							 JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
}

static void write_report(const struct zcctl *zc, const struct shim_file *counters)
{
	const char *path = args_get(&zc->args, "report");
	FILE *out = fopen(path, "we");
	uint32_t used, i;

	used = counters->used < SHIM_SLOTS ? counters->used : SHIM_SLOTS;
	for (i = 0; out && i < used; i++)
		if (counters->slots[i].pid)
			write_slot(out, &counters->slots[i]);
	if (counters->used > SHIM_SLOTS)
		fprintf(stderr, "zcctl: %u processes are not in the report\n",
			counters->used - SHIM_SLOTS);
	if (!out || fclose(out))
		fprintf(stderr, "zcctl: cannot write %s: %s\n", path,
			strerror(errno));
}

static pid_t child;

/*
 * Signals of the terminal's keys reach the program by themselves; what is sent to
 * this process alone is handed on, and that the terminal is gone, which only the
 * leader of its session is told.
 */
static void hand_on(int sig, siginfo_t *info, void *context)
{
	bool all = info->si_code == SI_KERNEL &&
		   (sig != SIGHUP || getsid(0) != getpid());

	(void)context;
	if (child > 0 && !all)
		kill(child, sig);
}

static void start_waiting(void)
{
	static const int handed[] = {
		SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT,
	};
	struct sigaction sa = { .sa_sigaction = hand_on, .sa_flags = SA_SIGINFO };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handed); i++)
		sigaction(handed[i], &sa, NULL);
}

static int run_and_report(const struct zcctl *zc)
{
	struct shim_file *counters;
	char path[2 * PATH_MAX];
	void (*on_child)(int);
	sigset_t all, before;
	int status, ret;

	ret = make_counters(zc, path, sizeof(path), &counters);
	if (ret)
		return ret;
	/* RACE: a signal that comes now is handed on once there is a child. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	/* Ignored, as it may be across exec, there would be nothing to wait for. */
	on_child = signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (!child) {
		signal(SIGCHLD, on_child);
		sigprocmask(SIG_SETMASK, &before, NULL);
		ret = execute(zc);
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
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	unlink(path);
	write_report(zc, counters);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	       BY_SIGNAL + WTERMSIG(status);
}

int cmd_run(struct zcctl *zc)
{
	int err = preload(zc);

	if (err)
		return out_fail(zc, ZC_FAILED, err, NULL, "no memory");
	return args_has(&zc->args, "report") ? run_and_report(zc) : execute(zc);
}
