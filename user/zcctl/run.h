/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations of the verb run.
 */
#ifndef ZCCTL_RUN_H
#define ZCCTL_RUN_H

#include <sys/types.h>

#include "program.h"
#include "report.h"
#include "zcctl.h"

/* ---- run_preload.c ---- */

/**
 * run_preload() - set the environment of the program, and report what is missing
 * @program: from program_look()
 *
 * Return: 0, even if something is missing, as the program runs anyway; or -ENOMEM.
 */
int run_preload(const struct zcctl *zc, const struct program *program);

/** run_missing() - print why the kernel's own sendfile is used, unless -q */
void run_missing(const struct zcctl *zc, const char *what, const char *hint);

/* ---- run_report.c ---- */

/**
 * struct run_end - how the command ended
 * @pid: its process id
 * @comm: its name at the end, "" if not known
 */
struct run_end {
	pid_t	pid;
	char	comm[16];
};

/**
 * run_counters() - make the file for the counters, beside the report
 * @path: receives the path of the file
 * @room: size of @path in bytes
 * @counters: receives the mapping of the file
 *
 * Return: 0 or an exit code.
 */
int run_counters(const struct zcctl *zc, char *path, size_t room,
		 struct shim_file **counters);

/** run_running() - a process with the library that still runs; 0: none */
pid_t run_running(const struct shim_file *counters);

/** run_report() - write the report, and print what is missing in it */
void run_report(const struct zcctl *zc, const struct shim_file *counters,
		const struct program *program, const struct run_end *end);

#endif /* ZCCTL_RUN_H */
