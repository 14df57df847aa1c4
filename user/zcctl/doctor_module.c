// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what doctor says of kernel and module: for each state, the cause and what to
 * do about it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* Oldest supported kernel, as in dkms.conf; a test compares the two */
#define OLDEST_MAJOR	6
#define OLDEST_MINOR	1

#define SOURCES	"as root, in zcopy's sources: "
#define ENROLL								\
	"mokutil --import /var/lib/dkms/mok.pub, start the machine again and "	\
	"choose \"Enroll MOK\"; or switch Secure Boot off"

void finding_set(struct finding *f, bool ok, bool needed, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	f->ok = ok;
	f->needed = needed;
	f->hint[0] = '\0';
}

void finding_hint(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->hint, sizeof(f->hint), fmt, ap);
	va_end(ap);
}

static bool is_old(const char *release)
{
	char *end;
	long major = strtol(release, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

void doctor_say_kernel(const struct doctor_module *m, struct finding *f)
{
	finding_set(f, true, true, "Linux %s on %s", m->release, m->machine);
	if (!m->err)
		return;
	if (is_old(m->release)) {
		finding_set(f, false, true, "Linux %s on %s is not supported: it is older than %d.%d",
			    m->release, m->machine, OLDEST_MAJOR, OLDEST_MINOR);
		finding_hint(f, "start a kernel from %d.%d on", OLDEST_MAJOR, OLDEST_MINOR);
	} else if (!m->modular) {
		finding_set(f, false, true, "Linux %s on %s takes no modules",
			    m->release, m->machine);
		finding_hint(f, "start a kernel that has CONFIG_MODULES, or mount /proc if it is not there");
	}
}

/* No module is installed for the running kernel */
static void say_absent(const struct doctor_module *m, struct finding *f)
{
	if (m->log[0]) {
		finding_set(f, false, true, "the module is not loaded: DKMS could not build it for this kernel");
		finding_hint(f, "%s says why", m->log);
		return;
	}
	if (m->others[0])
		finding_set(f, false, true, "the module is not loaded: it is built for %s, and not for the kernel that runs, %s",
			    m->others, m->release);
	else
		finding_set(f, false, true, "the module is not loaded: none was built and installed for this kernel");
	if (!m->headers)
		finding_hint(f, "as root: apt install linux-headers-%s; then %s", m->release,
			     m->added ? "dkms autoinstall; modprobe zcopy" :
			     "in zcopy's sources: make dkms-install; modprobe zcopy");
	else if (m->added)
		finding_hint(f, "as root: dkms autoinstall; modprobe zcopy");
	else
		finding_hint(f, SOURCES "make dkms-install; modprobe zcopy; or, until the next start: make; insmod kmod/zcopy.ko");
}

/* A module is installed, but this kernel takes only signed modules. */
static void say_guarded(const struct doctor_module *m, struct finding *f)
{
	if (m->is_signed == NO) {
		finding_set(f, false, true, "the module is not loaded: this machine takes signed modules only (%s), and %s is not signed",
			    m->only_signed, m->file);
		if (m->secure_boot)
			finding_hint(f, SOURCES "make dkms-install, which signs it; " ENROLL);
		else
			finding_hint(f, "sign it with a key that the kernel knows, or start the kernel without lockdown= and module.sig_enforce");
	} else if (m->secure_boot && m->enrolled == NO) {
		finding_set(f, false, true, "the module is not loaded: this machine takes signed modules only (%s), and does not know DKMS's key, that of %s (\"Key was rejected by service\")",
			    m->only_signed, m->file);
		finding_hint(f, "as root: " ENROLL);
	} else {
		finding_set(f, false, true, "the module is not loaded; it is built for this kernel: %s",
			    m->file);
		finding_hint(f, "load it as root: %smodprobe zcopy; if that says \"Key was rejected by service\" (%s): %s",
			     m->indexed ? "" : "depmod; ", m->only_signed, m->secure_boot ? ENROLL :
			     "sign it with a key that the kernel knows");
	}
}

static void say_unloaded(const struct doctor_module *m, struct finding *f)
{
	if (is_old(m->release) || !m->modular) {
		finding_set(f, false, true, "the module is not loaded: this kernel is not supported");
		finding_hint(f, "see the kernel, above");
	} else if (m->closed) {
		finding_set(f, false, true, "the module is not loaded: this machine loads no more modules until it is started again (kernel.modules_disabled is 1)");
		finding_hint(f, "see who sets kernel.modules_disabled (sysctl), and start the machine again");
	} else if (!m->file[0]) {
		say_absent(m, f);
	} else if (m->made_for[0] && strcmp(m->made_for, m->release) != 0) {
		finding_set(f, false, true, "the module is not loaded: %s is made for %s, and not for the kernel that runs, %s",
			    m->file, m->made_for, m->release);
		finding_hint(f, SOURCES "make dkms-install; modprobe zcopy");
	} else if (m->only_signed[0]) {
		say_guarded(m, f);
	} else {
		finding_set(f, false, true, "the module is not loaded; it is built for this kernel: %s",
			    m->file);
		finding_hint(f, "load it as root: %smodprobe zcopy",
			     m->indexed ? "" : "depmod; ");
	}
}

void doctor_say_module(const struct doctor_module *m, struct finding *f)
{
	if (!m->err) {
		finding_set(f, true, true, "the module is loaded and answers by netlink");
	} else if (m->in_sysfs) {
		finding_set(f, false, true, "the module is loaded, but does not answer by netlink: %s",
			    strerror(-m->err));
		finding_hint(f, "load it again as root: modprobe -r zcopy; modprobe zcopy");
	} else if (m->err != -ENOENT) {
		finding_set(f, false, true, "the module cannot be asked for by netlink: %s",
			    strerror(-m->err));
		finding_hint(f, "is this a sandbox or a container without netlink?");
	} else {
		say_unloaded(m, f);
	}
}
