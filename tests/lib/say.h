/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test says besides its results: a line of diagnosis, and that it cannot go on.
 * Programs need not link with anything for this.
 */
#ifndef ZCOPY_TESTS_SAY_H
#define ZCOPY_TESTS_SAY_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((unused, format(printf, 1, 2)))
static void note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* The setup failed: there can be no verdict.  Ends the process with status 1. */
__attribute__((unused, noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(": %s\n", strerror(err));
	fflush(stdout);
	exit(1);
}

#endif /* ZCOPY_TESTS_SAY_H */
