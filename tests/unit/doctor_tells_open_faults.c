// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zcctl doctor tells by the version of the kernel which faults are open, where a version
 * tells that, and advises a policy for references unless one is set.
 * sources: user/zcctl/doctor_faults.c user/zcctl/doctor_module.c
 */
#include <string.h>

#include "ktap.h"

#include "../../user/zcctl/doctor.h"

#define DEBIAN(package)	"#1 SMP PREEMPT_DYNAMIC Debian " package " (2026-11-09)"
#define LATEST	"CVE-2026-99284"

static const struct {
	const char *release, *version, *references;
	bool ok;
	const char *has;	/* in the text */
	const char *lacks;
} rows[] = {
	{ "6.12.117+deb12-cloud-amd64", DEBIAN("6.12.117-1~deb12u1"), "all", true,
	  "6.12.117 has the fixes", "CVE" },
	{ "6.12.115", "#1 SMP", "all", true, "6.12.115 has the fixes", "CVE" },
	{ "6.12.114", "#1 SMP", "all", false, "(" LATEST ")", NULL },
	{ "6.12.109", "#1 SMP", "all", false, "(CVE-2026-90049, " LATEST ")", NULL },
	{ "6.12.86", "#1 SMP", "all", false, "(CVE-2026-43284, CVE-2026-46300, CVE-2026-43503, CVE-2026-63830, CVE-2026-89487, ",
	  "64566" },
	{ "6.1.0-57-cloud-amd64", DEBIAN("6.1.192-3"), "all", false,
	  "6.1.192 seems to lack fixes of faults by which pages of files in sockets can be written (" LATEST ")", NULL },
	{ "6.1.0-57-cloud-amd64", DEBIAN("6.1.192-3"), "own", true,
	  "(" LATEST "); references are limited: own", NULL },
	{ "6.1.0-57-cloud-amd64", DEBIAN("6.1.173-1"), "never", true,
	  "CVE-2026-46300", "43284" },
	{ "7.2.12+deb13-amd64", DEBIAN("7.2.12-1~bpo13+1"), "all", false, "(" LATEST ")",
	  NULL },
	{ "7.2.4", "#1 SMP", NULL, false, "(CVE-2026-90049, " LATEST ")", "89487" },
	{ "7.0.3", "#1 SMP", "all", false, "64566", NULL },
	{ "6.8.0-45-generic", "#45-Ubuntu SMP", "all", false, "does not tell", NULL },
	{ "6.8.0-45-generic", "#45-Ubuntu SMP", "never", true,
	  "references are limited: never", NULL },
	{ "odd", "", "all", false, "does not tell", NULL },
};

int main(void)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct doctor_faults d = { .references = rows[i].references };
		struct finding f;

		strncpy(d.release, rows[i].release, sizeof(d.release) - 1);
		strncpy(d.version, rows[i].version, sizeof(d.version) - 1);
		doctor_say_faults(&d, &f);
		if (!ktap_ok(f.ok == rows[i].ok && !f.needed && strstr(f.text, rows[i].has) &&
			     (!rows[i].lacks || !strstr(f.text, rows[i].lacks)),
			     "%s, %s: %s", rows[i].release, rows[i].version,
			     rows[i].references ? rows[i].references : "not known"))
			note("%s", f.text);
		ktap_ok(f.ok || strstr(f.hint, "zcctl limits references own"),
			"%s: what to do", rows[i].release);
	}
	return ktap_done();
}
