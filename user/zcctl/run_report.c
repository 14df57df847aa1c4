// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the report of zcctl run: makes the file that processes count in, and writes
 * the report from it.  The report has a line for each process that called sendfile
 * and for each that still runs.  If no process did either, the command has a line that
 * says why.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json.h"
#include "run.h"

#define RUNS_ON	"it runs on: what it sends from now on is not in this report"

int run_counters(const struct zcctl *zc, char *path, size_t room,
		 struct shim_file **counters)
{
	const char *report = args_get(&zc->args, "report");
	char absolute[PATH_MAX];
	int fd;

	/* The path must be absolute, as the program may change its directory. */
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
	/* Allocate all blocks now: on a full disk, counting would raise SIGBUS. */
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

/* ---- processes ---- */

/* A zombie does not run; without an init process it may stay for ever. */
static bool is_running(pid_t pid)
{
	char path[40], line[512], *after;
	bool runs = true;
	FILE *stat;

	if (kill(pid, 0) && errno != EPERM)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stat = fopen(path, "re");
	if (!stat)
		return access("/proc/self", F_OK) != 0;
	if (fgets(line, sizeof(line), stat)) {
		after = strrchr(line, ')');
		runs = !after || !strchr("ZXx", after[2]);
	}
	fclose(stat);
	return runs;
}

static uint32_t nr_seen(const struct shim_file *counters)
{
	return counters->seen < SHIM_PIDS ? counters->seen : SHIM_PIDS;
}

/* A process that executed another program is recorded again; report it once. */
static bool was_before(const struct shim_file *counters, uint32_t i)
{
	uint32_t j;

	for (j = 0; j < i; j++)
		if (counters->pids[j] == counters->pids[i])
			return true;
	return false;
}

pid_t run_running(const struct shim_file *counters)
{
	uint32_t i;

	for (i = 0; i < nr_seen(counters); i++)
		if (counters->pids[i] && is_running(counters->pids[i]))
			return counters->pids[i];
	return 0;
}

static bool has_slot(const struct shim_file *counters, uint32_t pid)
{
	uint32_t i;

	for (i = 0; i < counters->used && i < SHIM_SLOTS; i++)
		if (counters->slots[i].pid == pid)
			return true;
	return false;
}

/* ---- lines ---- */

struct note {
	const char	*why;	/* NULL: there is nothing to add */
	const char	*text;
};

static void write_slot(FILE *out, const struct shim_slot *slot, bool running,
		       const struct note *note)
{
	static const char *const whys[] = {
#define X(name, words) #name,
		SHIM_WHYS(X)
#undef X
	};
	struct json_object *obj = json_object_new_object();
	struct json_object *passed = json_object_new_object();
	char comm[sizeof(slot->comm) + 1] = "";
	bool unused = slot->passed[SHIM_WHY_off] || !slot->calls ||
		      (!slot->taken && (slot->passed[SHIM_WHY_seccomp] ||
					slot->passed[SHIM_WHY_no_proc]));
	size_t i;

	memcpy(comm, slot->comm, sizeof(slot->comm));
	json_number(obj, "pid", slot->pid);
	json_text(obj, "comm", comm);
	json_object_object_add(obj, "running", json_object_new_boolean(running));
	json_text(obj, "device", slot->device_error ? strerror(slot->device_error) :
		  unused ? "not used" : "ok");
	json_number(obj, "calls", slot->calls);
	json_number(obj, "taken", slot->taken);
	json_number(obj, "bytes", slot->bytes);
	for (i = 0; i < SHIM_WHY_NR; i++)
		if (slot->passed[i])
			json_number(passed, whys[i], slot->passed[i]);
	json_object_object_add(obj, "passed", passed);
	if (note->why) {
		json_text(obj, "why", note->why);
		json_text(obj, "text", note->text);
	}
	out_put_json(out, json_object_to_json_string_ext(obj,
							 JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
}

static const struct note runs_on = { "running", RUNS_ON };
static const struct note nothing;

static unsigned int write_callers(FILE *out, const struct shim_file *counters)
{
	unsigned int lines = 0, i;

	for (i = 0; i < counters->used && i < SHIM_SLOTS; i++) {
		const struct shim_slot *slot = &counters->slots[i];
		bool running;

		if (!slot->pid)
			continue;
		running = is_running(slot->pid);
		write_slot(out, slot, running, running ? &runs_on : &nothing);
		lines++;
	}
	return lines;
}

/* Write running processes that have not called; returns the number of all running. */
static unsigned int write_running(FILE *out, const struct shim_file *counters)
{
	unsigned int running = 0, i;
	char path[40];
	FILE *comm;

	for (i = 0; i < nr_seen(counters); i++) {
		struct shim_slot slot = { .pid = counters->pids[i] };

		if (!slot.pid || was_before(counters, i) || !is_running(slot.pid))
			continue;
		running++;
		if (has_slot(counters, slot.pid))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/comm", slot.pid);
		comm = fopen(path, "re");
		if (comm && fgets(slot.comm, sizeof(slot.comm), comm))
			slot.comm[strcspn(slot.comm, "\n")] = '\0';
		if (comm)
			fclose(comm);
		write_slot(out, &slot, true, &runs_on);
	}
	return running;
}

/* ---- no process called sendfile ---- */

/* Why the command made no call; @text: buffer for a reason found after it ran */
static struct note explain(const struct shim_file *counters, const struct program *program,
			   const struct run_end *end, char *text, size_t room)
{
	const char *was = counters->comm;

	if (program->kind != PROGRAM_FITS &&
	    (program->kind == PROGRAM_CLEARS || !counters->reached))
		return (struct note) { program_word(program->kind), program->text };
	if (!counters->reached)
		return (struct note) { "not_loaded",
			"the library was not loaded into it: it is missing, or the "
			"loader ignores LD_PRELOAD" };
	if (end->comm[0] && strncmp(end->comm, was, sizeof(end->comm)) != 0) {
		snprintf(text, room, "it was %s and ended as %s: a program that was "
			 "started without LD_PRELOAD, or a program into which no library "
			 "is loaded", was, end->comm);
		return (struct note) { "became_another", text };
	}
	snprintf(text, room, "%s called no sendfile; a program that makes the "
		 "system call itself, as Go programs do, is not seen", was);
	return (struct note) { "no_call", text };
}

static void write_command(const struct zcctl *zc, FILE *out,
			  const struct shim_file *counters, const struct program *program,
			  const struct run_end *end)
{
	struct shim_slot slot = { .pid = end->pid };
	char text[256];
	struct note note = explain(counters, program, end, text, sizeof(text));

	memcpy(slot.comm, end->comm[0] ? end->comm : counters->comm, sizeof(slot.comm));
	write_slot(out, &slot, false, &note);
	/* What program_look() found has been printed already. */
	if (!args_has(&zc->args, "quiet") && note.text != program->text)
		out_tell("zcctl: no sendfile is in the report: %s", note.text);
}

void run_report(const struct zcctl *zc, const struct shim_file *counters,
		const struct program *program, const struct run_end *end)
{
	const char *path = args_get(&zc->args, "report");
	unsigned int callers, running;
	FILE *out = fopen(path, "we");

	if (out) {
		callers = write_callers(out, counters);
		running = write_running(out, counters);
		if (running && !args_has(&zc->args, "quiet"))
			fprintf(stderr, "zcctl: %u of its processes run on, and what they "
				"send is not in the report\n       to wait for them: "
				"zcctl run --wait\n", running);
		/* If the command could not be run, that has been printed already. */
		if (!callers && !running && counters->command)
			write_command(zc, out, counters, program, end);
	}
	if (counters->used > SHIM_SLOTS)
		fprintf(stderr, "zcctl: %u processes are not in the report\n",
			counters->used - SHIM_SLOTS);
	if (!out || fclose(out))
		out_tell("zcctl: cannot write %s: %s", path, strerror(errno));
}
