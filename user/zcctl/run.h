/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of zcctl run share.
 */
#ifndef ZCCTL_RUN_H
#define ZCCTL_RUN_H

#include <sys/types.h>

#include "program.h"
#include "report.h"
#include "zcctl.h"

/* ---- run_preload.c ---- */

/**
 * run_preload() - set the environment of the program, and say what is missing
 * @program: what was seen of it
 *
 * Return: 0, also if something is missing: the program runs in any case; -ENOMEM.
 */
int run_preload(const struct zcctl *zc, const struct program *program);

/** run_missing() - why the kernel's own sendfile is used, unless -q; @hint or NULL */
void run_missing(const struct zcctl *zc, const char *what, const char *hint);

/* ---- run_report.c ---- */

/**
 * struct run_end - how the command ended
 * @pid: it was
 * @comm: the name that it ended with, "" if that is not known
 */
struct run_end {
	pid_t	pid;
	char	comm[16];
};

/**
 * run_counters() - make the file that is counted in, beside the report
 * @path: receives its name
 * @room: bytes for it
 * @counters: receives its mapping
 *
 * Return: 0 or an exit code.
 */
int run_counters(const struct zcctl *zc, char *path, size_t room,
		 struct shim_file **counters);

/** run_running() - a process that the library is in and that still runs; 0: none */
pid_t run_running(const struct shim_file *counters);

/** run_report() - write the report, and say what is not in it */
void run_report(const struct zcctl *zc, const struct shim_file *counters,
		const struct program *program, const struct run_end *end);

#endif /* ZCCTL_RUN_H */
