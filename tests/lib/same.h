/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict on situations that ran without and with the interposer
 * (interposed.h): both runs must print the same.  Include it next to ktap.h, in one
 * file of a program.
 */
#ifndef ZCOPY_TESTS_SAME_H
#define ZCOPY_TESTS_SAME_H

#include "interposed.h"
#include "ktap.h"

static unsigned int same_lines;

/* If a setup failed the lines may be equal too, so SITUATION_DIED is a failure. */
static void same_line(const char *plain, const char *interposed)
{
	bool same = plain && interposed && !strcmp(plain, interposed) &&
		    !strstr(plain, SITUATION_DIED);

	same_lines++;
	ktap_ok(same, "%.150s", plain ?: interposed);
	if (!same)
		note("interposed: %s", interposed ?: "(nothing)");
}

/* main() calls this first; in the two compared runs it does not return. */
static struct interposed same_interposed(int argc, char **argv,
					 const struct situation *s,
					 void (*prepare)(void))
{
	unsigned int lines = 1;		/* one for the exit status */
	struct interposed did;

	if (argc > 1 && !strcmp(argv[1], "print"))
		exit(situations_print(s, prepare));
	did = interposed_compare("print", same_line);
	for (; s->name; s++) {
		lines += situation_fits(s);
		if (!situation_fits(s))
			ktap_skip("%s: takes this guest too long", s->name);
	}
	ktap_eq(same_lines, lines, "each had its line");
	note("%u processes, %llu calls, %llu taken, %llu bytes", did.processes,
	     did.calls, did.taken, did.bytes);
	return did;
}

#endif
