/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP for C tests: each ktap_ok() prints one line on standard output; ktap_done()
 * gives the exit status that the runner maps (0 passed, 1 failed, 4 skipped).  The
 * count is in static variables, so include this header in one file per program
 * only.
 */
#ifndef ZCOPY_TESTS_KTAP_H
#define ZCOPY_TESTS_KTAP_H

#include "say.h"

#define KTAP_PASS 0
#define KTAP_FAIL 1
#define KTAP_SKIP 4

static int ktap_count, ktap_failed, ktap_planned;

__attribute__((unused)) static void ktap_plan(int n)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap_planned = n;
	printf("1..%d\n", n);
}

/* One sub-test; returns cond, so that a caller can stop after a failure. */
__attribute__((unused, format(printf, 2, 3)))
static int ktap_ok(int cond, const char *fmt, ...)
{
	va_list ap;

	ktap_count++;
	if (!cond)
		ktap_failed++;
	printf("%sok %d - ", cond ? "" : "not ", ktap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	return cond;
}

/* Checks equality; prints both values if they differ. */
#define ktap_eq(got, want, ...)						\
	({								\
		long long ktap_g = (long long)(got);			\
		long long ktap_w = (long long)(want);			\
		int ktap_r = ktap_ok(ktap_g == ktap_w, __VA_ARGS__);	\
									\
		if (!ktap_r)						\
			note("%s:%d: %s is %lld, not %lld",	\
			     __FILE__, __LINE__, #got, ktap_g,	\
			     ktap_w);				\
		ktap_r;							\
	})

/* One sub-test that cannot run here. */
__attribute__((unused, format(printf, 1, 2)))
static void ktap_skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++ktap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* The whole program cannot run here. */
__attribute__((unused, noreturn, format(printf, 1, 2)))
static void ktap_skip_all(const char *fmt, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(KTAP_SKIP);
}

__attribute__((unused)) static int ktap_done(void)
{
	if (ktap_planned && ktap_planned != ktap_count) {
		note("planned %d, ran %d", ktap_planned, ktap_count);
		return KTAP_FAIL;
	}
	if (!ktap_planned)
		printf("1..%d\n", ktap_count);
	fflush(stdout);
	return ktap_failed || !ktap_count ? KTAP_FAIL : KTAP_PASS;
}

#endif
