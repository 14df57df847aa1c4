/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The report of the verb bench: one page of HTML that needs nothing else.
 */
#ifndef ZCCTL_BENCH_PAGE_H
#define ZCCTL_BENCH_PAGE_H

#include <json-c/json.h>

struct zcctl;

/** BENCH_PAGE - name of the file in the directory that the user gives */
#define BENCH_PAGE	"zcopy-bench.html"

/**
 * bench_page_write() - write the page
 * @zc: for messages
 * @dir: directory, made if it is not there
 * @rows: what the verb prints with --json
 *
 * Return: an exit code.
 */
int bench_page_write(const struct zcctl *zc, const char *dir, struct json_object *rows);

#endif /* ZCCTL_BENCH_PAGE_H */
