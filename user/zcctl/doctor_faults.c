// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what doctor says of the kernel's faults by which pages of files that wait in sockets
 * can be written: which of them the running kernel has, as far as its version tells, and
 * which policy for references is advised.  kmod/SECURITY.md describes them.
 *
 * A version is that of a stable release of Linux; Debian's packages have one, and so have
 * many others.  Where it ends in .0, as with distributions that fix faults on their own,
 * the version tells nothing.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"

struct version {
	int	major, minor, patch;
};

#define FIXES	6

static const struct {
	const char	*id;
	struct version	since;
	struct version	whole;		/* and all later ones have the fix, if set */
	struct version	fixed[FIXES];	/* one of each branch that got the fix later */
} faults[] = {
	{ "CVE-2026-43284", { 4, 11, 0 }, { 7, 1, 0 },
	  { { 6, 1, 171 }, { 6, 6, 138 }, { 6, 12, 87 }, { 6, 18, 28 }, { 7, 0, 5 } } },
	{ "CVE-2026-46300", { 3, 9, 0 }, { 7, 1, 0 },
	  { { 6, 1, 174 }, { 6, 6, 141 }, { 6, 12, 91 }, { 6, 18, 33 }, { 7, 0, 10 } } },
	{ "CVE-2026-43503", { 3, 9, 0 }, { 7, 1, 0 },
	  { { 6, 1, 174 }, { 6, 6, 141 }, { 6, 12, 91 }, { 6, 18, 33 }, { 7, 0, 10 } } },
	{ "CVE-2026-63830", { 4, 20, 0 }, { 7, 2, 0 },
	  { { 6, 1, 177 }, { 6, 6, 144 }, { 6, 12, 95 }, { 6, 18, 38 }, { 7, 1, 3 } } },
	{ "CVE-2026-64566", { 6, 14, 0 }, { 7, 2, 0 },
	  { { 6, 18, 42 }, { 7, 1, 6 } } },
	{ "CVE-2026-89487", { 3, 14, 0 }, { 7, 3, 0 },
	  { { 6, 1, 192 }, { 6, 12, 109 }, { 6, 18, 50 }, { 7, 2, 4 } } },
	{ "CVE-2026-90049", { 3, 14, 0 }, { 7, 3, 0 },
	  { { 6, 1, 188 }, { 6, 6, 157 }, { 6, 12, 110 }, { 6, 18, 51 }, { 7, 2, 5 } } },
	{ "CVE-2026-99284", { 3, 14, 0 }, { 0, 0, 0 },
	  { { 6, 12, 115 } } },
};

#define NR	(sizeof(faults) / sizeof(faults[0]))

static bool same_branch(const struct version *a, const struct version *b)
{
	return a->major == b->major && a->minor == b->minor;
}

static bool is_before(const struct version *a, const struct version *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	return a->minor != b->minor ? a->minor < b->minor : a->patch < b->patch;
}

/* False if a fixed version of its branch is not known, too */
static bool is_fixed(size_t fault, const struct version *v)
{
	const struct version *fixed = faults[fault].fixed;
	size_t i;

	if (is_before(v, &faults[fault].since))
		return true;
	if (faults[fault].whole.major && !is_before(v, &faults[fault].whole))
		return true;
	for (i = 0; i < FIXES && fixed[i].major; i++)
		if (same_branch(v, &fixed[i]))
			return !is_before(v, &fixed[i]);
	return false;
}

static bool parse(const char *text, struct version *v)
{
	return sscanf(text, "%d.%d.%d", &v->major, &v->minor, &v->patch) == 3 && v->patch;
}

/* Debian's kernel names its package in the version: "#1 SMP Debian 6.1.192-3 (date)". */
static bool find_version(const struct doctor_faults *d, struct version *v)
{
	static const char word[] = " Debian ";
	const char *package = strstr(d->version, word);

	return parse(package ? package + strlen(word) : d->release, v);
}

static size_t list(char *words, size_t room, const struct version *v)
{
	size_t i, nr = 0, used = 0;

	words[0] = '\0';
	for (i = 0; i < NR; i++) {
		if (v && is_fixed(i, v))
			continue;
		nr++;
		used += snprintf(words + used, room - used, "%s%s", used ? ", " : "",
				 faults[i].id);
	}
	return nr;
}

#define SWITCH	"as root: zcctl limits references own, which does not change sendfile(2) and splice(2)"

void doctor_say_faults(const struct doctor_faults *d, struct finding *f)
{
	bool all = !d->references || strcmp(d->references, "all") == 0;
	char words[NR * 16 + 1];
	struct version v;

	if (!find_version(d, &v)) {
		list(words, sizeof(words), NULL);
		finding_set(f, !all, false,
			    "the version of Linux %s does not tell whether pages of files in sockets can be written by known faults (%s)%s%s",
			    d->release, words, all ? "" : "; references are limited: ",
			    all ? "" : d->references);
		finding_hint(f, "look for them in its changelog; if one is missing, " SWITCH);
		return;
	}
	if (!list(words, sizeof(words), &v)) {
		finding_set(f, true, false,
			    "Linux %d.%d.%d has the fixes of all faults known to zcctl by which pages of files in sockets can be written",
			    v.major, v.minor, v.patch);
		return;
	}
	finding_set(f, !all, false,
		    "Linux %d.%d.%d seems to lack fixes of faults by which pages of files in sockets can be written (%s)%s%s",
		    v.major, v.minor, v.patch, words,
		    all ? "" : "; references are limited: ", all ? "" : d->references);
	finding_hint(f, "install a kernel whose changelog has them; until then, " SWITCH);
}
