// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zcctl doctor prints the right cause and remedy for every state of module, device
 * and group.  The test makes a root directory for each state.
 * sources: user/zcctl/doctor_module.c user/zcctl/doctor_look.c user/zcctl/doctor_device.c
 */
#include "ktap.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/zcctl/doctor.h"

#define R		"6.1.0-9-amd64"
#define DIR		"/lib/modules/" R
#define KO		DIR "/updates/dkms/zcopy.ko"
#define DEP		DIR "/modules.dep"
#define HEADERS		DIR "/build/Makefile"
#define MAGIC		"\177ELF..vermagic=" R " SMP mod_unload .."
#define SIGNED		MAGIC "~Module signature appended~\n"
#define EFI		"/sys/firmware/efi/efivars/"
#define BOOT		EFI "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define KEYS		EFI "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define KEY		"/var/lib/dkms/mok.pub"
#define LOG		"/var/lib/dkms/zcopy/0.1.0/build/make.log"

struct put {
	const char	*path;
	const char	*text;
};

struct state {
	const char	*name;
	const char	*release;	/* R if NULL */
	int		err;		/* of netlink; -ENOENT if 1 */
	struct put	put[8];
	const char	*kernel;	/* its words, if it is not content */
	const char	*text;
	const char	*hint;
	const char	*never;		/* a word that would be wrong */
};

static const struct state states[] = {
	{ "loaded", NULL, 0, { { "/sys/module/zcopy/version", "0.1.0" } }, NULL,
	  "is loaded and answers", NULL, NULL },
	{ "loaded, though old", "5.10.0-1", 0, { { NULL, NULL } }, NULL,
	  "is loaded and answers", NULL, NULL },
	{ "loaded, and mute", NULL, 1, { { "/sys/module/zcopy/version", "0.1.0" } },
	  NULL, "is loaded, but does not answer", "modprobe -r zcopy", NULL },
	{ "no netlink", NULL, -EPERM, { { NULL, NULL } }, NULL,
	  "cannot be asked for by netlink: Operation not permitted", "sandbox", "modprobe" },
	{ "never built", NULL, 1, { { NULL, NULL } }, NULL,
	  "none was built and installed for this kernel",
	  "apt install linux-headers-" R "; then in zcopy's sources: make dkms-install",
	  "zcopy-dkms" },
	{ "never built, headers", NULL, 1, { { HEADERS, "" } }, NULL,
	  "none was built", "make dkms-install", "apt install" },
	{ "DKMS has it, no headers", NULL, 1,
	  { { "/var/lib/dkms/zcopy/0.1.0/source/Kbuild", "" } }, NULL,
	  "none was built", "apt install linux-headers-" R "; then dkms autoinstall", "make" },
	{ "DKMS has it, headers", NULL, 1,
	  { { "/var/lib/dkms/zcopy/0.1.0/source/Kbuild", "" }, { HEADERS, "" } }, NULL,
	  "none was built", "dkms autoinstall", "apt install" },
	{ "DKMS failed", NULL, 1,
	  { { HEADERS, "" }, { LOG, "DKMS make.log for zcopy-0.1.0 for kernel " R " (x86_64)\n" } },
	  NULL, "DKMS could not build it for this kernel", LOG, "make dkms-install" },
	{ "DKMS failed for another", NULL, 1,
	  { { LOG, "DKMS make.log for zcopy-0.1.0 for kernel 6.1.0-8-amd64 (x86_64)\n" } },
	  NULL, "none was built", "dkms autoinstall", "make.log" },
	{ "built for another", NULL, 1,
	  { { "/lib/modules/6.1.0-8-amd64/extra/zcopy.ko.xz", "" } }, NULL,
	  "it is built for 6.1.0-8-amd64, and not for the kernel that runs, " R,
	  "linux-headers-" R, NULL },
	{ "in its place, made for another", NULL, 1,
	  { { KO, "vermagic=6.1.0-8-amd64 SMP" }, { DEP, "updates/dkms/zcopy.ko:\n" } }, NULL,
	  KO " is made for 6.1.0-8-amd64", "make dkms-install", NULL },
	{ "built", NULL, 1,
	  { { KO, MAGIC }, { DEP, "kernel/a.ko:\nupdates/dkms/zcopy.ko: kernel/a.ko\n" } },
	  NULL, "it is built for this kernel: " KO, "load it as root: modprobe zcopy", "depmod" },
	{ "built, compressed", NULL, 1,
	  { { KO ".xz", "" }, { DEP, "updates/dkms/zcopy.ko.xz:\n" } },
	  NULL, "it is built for this kernel: " KO ".xz", "root: modprobe zcopy", NULL },
	{ "built, not indexed", NULL, 1, { { KO, MAGIC }, { DEP, "kernel/zcopy.ko:\n" } },
	  NULL, "it is built for this kernel: " KO, "depmod; modprobe zcopy", NULL },
	{ "indexed, and gone", NULL, 1, { { DEP, "updates/dkms/zcopy.ko:\n" }, { HEADERS, "" } },
	  NULL, "none was built", "make dkms-install", NULL },
	{ "one of a like name", NULL, 1, { { DIR "/extra/zcopy.kopy", "" } },
	  NULL, "none was built", "apt", NULL },
	{ "lockdown, none", NULL, 1,
	  { { KO, MAGIC }, { LOCKDOWN, "[none] integrity confidentiality\n" },
	    { DEP, "updates/dkms/zcopy.ko:\n" } },
	  NULL, "it is built for this kernel", "modprobe", "signed" },
	{ "Secure Boot, unsigned", NULL, 1,
	  { { KO, MAGIC }, { BOOT, "\6\1\1\1\1" },
	    { LOCKDOWN, "none [integrity] confidentiality\n" } }, NULL,
	  "signed modules only (Secure Boot is on, lockdown: integrity), and " KO " is not signed",
	  "mokutil --import " KEY, "Key was rejected" },
	{ "Secure Boot, no securityfs", NULL, 1, { { KO, MAGIC }, { BOOT, "\6\1\1\1\1" } },
	  NULL, "(Secure Boot is on), and " KO " is not signed", "mokutil", NULL },
	{ "Secure Boot, key not enrolled", NULL, 1,
	  { { KO, SIGNED }, { BOOT, "\6\1\1\1\1" }, { KEY, "our key" },
	    { KEYS, "\6\1\1\1other key" },
	    { LOCKDOWN, "none [integrity] confidentiality\n" } }, NULL,
	  "(\"Key was rejected by service\")", "mokutil --import " KEY, "modprobe" },
	{ "Secure Boot, no list of keys", NULL, 1,
	  { { KO, SIGNED }, { BOOT, "\6\1\1\1\1" }, { KEY, "our key" },
	    { LOCKDOWN, "none [integrity] confidentiality\n" } }, NULL,
	  "does not know DKMS's key", "mokutil --import " KEY, "modprobe" },
	{ "Secure Boot, key enrolled", NULL, 1,
	  { { KO, SIGNED }, { BOOT, "\6\1\1\1\1" }, { KEY, "our key" },
	    { KEYS, "\6\1\1\1other key, our key, another" },
	    { LOCKDOWN, "none [integrity] confidentiality\n" } }, NULL,
	  "it is built for this kernel", "depmod; modprobe zcopy", "does not know" },
	{ "Secure Boot off, lockdown", NULL, 1,
	  { { KO, MAGIC }, { BOOT, "\6\1\1\1\2" },
	    { LOCKDOWN, "none integrity [confidentiality]\n" } }, NULL,
	  "(lockdown: confidentiality), and " KO " is not signed", "without lockdown=",
	  "Secure Boot" },
	{ "sig_enforce", NULL, 1,
	  { { KO, MAGIC }, { "/sys/module/module/parameters/sig_enforce", "Y\n" } }, NULL,
	  "(module.sig_enforce), and " KO " is not signed", "module.sig_enforce", NULL },
	{ "lockdown, and nothing built", NULL, 1,
	  { { LOCKDOWN, "none [integrity] confidentiality\n" } }, NULL,
	  "none was built", "apt install", "signed" },
	{ "closed", NULL, 1,
	  { { KO, MAGIC }, { "/proc/sys/kernel/modules_disabled", "1\n" } }, NULL,
	  "no more modules until it is started again", "start the machine again", "modprobe" },
	{ "not closed", NULL, 1,
	  { { KO, MAGIC }, { DEP, "updates/dkms/zcopy.ko:\n" },
	    { "/proc/sys/kernel/modules_disabled", "0\n" } }, NULL,
	  "it is built for this kernel", "modprobe", NULL },
	{ "too old", "5.10.0-30-amd64", 1, { { KO, MAGIC } },
	  "is not supported: it is older than 6.1", "this kernel is not supported", "above",
	  "dkms" },
};

static char root[] = "/tmp/doctor.XXXXXX";

static void put(const char *path, const char *text)
{
	char name[600], *slash;
	FILE *file;
	size_t len = strlen(text);

	/* The value is a byte 0 */
	if (strstr(path, "SecureBoot"))
		len = 5;
	snprintf(name, sizeof(name), "%s%s", root, path);
	for (slash = strchr(name + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0755);
		*slash = '/';
	}
	file = fopen(name, "w");
	if (!file || fwrite(text, 1, len, file) != len || fclose(file))
		exit(1);
}

static void clear(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s/*", root);
	if (system(command))
		exit(1);
}

static bool says(const struct finding *f, bool ok, const char *text, const char *hint,
		 const char *never, const char *name)
{
	bool right = f->ok == ok && (!text || strstr(f->text, text)) &&
		     (hint ? strstr(f->hint, hint) != NULL : !f->hint[0]) &&
		     (!never || (!strstr(f->text, never) && !strstr(f->hint, never)));

	if (!ktap_ok(right, "%s", name))
		printf("# %d %s\n#   -> %s\n", f->ok, f->text, f->hint);
	return right;
}

static void module_states(void)
{
	const struct state *s;
	struct doctor_module m;
	struct finding f;
	char name[100];
	size_t i;

	for (s = states; s < states + sizeof(states) / sizeof(*states); s++) {
		clear();
		put("/proc/modules", "");
		for (i = 0; i < 8 && s->put[i].path; i++)
			put(s->put[i].path, s->put[i].text);
		m = (struct doctor_module){ .err = s->err == 1 ? -ENOENT : s->err };
		snprintf(m.release, sizeof(m.release), "%s", s->release ? s->release : R);
		strcpy(m.machine, "x86_64");
		doctor_look_module(&m, root);
		doctor_say_kernel(&m, &f);
		snprintf(name, sizeof(name), "%s: the kernel", s->name);
		says(&f, !s->kernel, s->kernel, s->kernel ? "6.1" : NULL, NULL, name);
		doctor_say_module(&m, &f);
		says(&f, !s->err, s->text, s->hint, s->never, s->name);
	}
	clear();
	m = (struct doctor_module){ .release = R, .err = -ENOENT };
	doctor_look_module(&m, root);
	doctor_say_kernel(&m, &f);
	says(&f, false, "takes no modules", "CONFIG_MODULES", NULL, "no modules at all");
}

/* DKMS skips exactly the kernels that doctor calls too old. */
static void kernels_agree(void)
{
	static const char *const releases[] = {
		"4.19.0-1", "5.10.0-30-amd64", "5.19", "6.0.12-1", "6.1.0-9-amd64", "6.1",
		"6.12.95+deb12", "6.18.44-x", "7.2.12+deb13-cloud-amd64", "7.0", "10.0.1"
	};
	struct doctor_module m = { .err = -ENOENT, .modular = true };
	char line[200], *end, *regex = NULL;
	FILE *conf = fopen("dkms.conf", "r");
	struct finding f;
	regex_t re;
	size_t i;

	while (!regex && conf && fgets(line, sizeof(line), conf))
		if (strncmp(line, "BUILD_EXCLUSIVE_KERNEL=\"", 24) == 0)
			regex = line + 24;
	end = regex ? strrchr(regex, '"') : NULL;
	if (!ktap_ok(end != NULL, "dkms.conf says for which kernels it builds"))
		return;
	*end = '\0';
	if (regcomp(&re, regex, REG_EXTENDED | REG_NOSUB))
		exit(1);
	for (i = 0; i < sizeof(releases) / sizeof(*releases); i++) {
		strcpy(m.release, releases[i]);
		doctor_say_kernel(&m, &f);
		ktap_eq(f.ok, regexec(&re, releases[i], 0, NULL, 0) == 0, "DKMS and doctor: %s",
			releases[i]);
	}
	regfree(&re);
}

/* All combinations of the states of the device, the group and this user */
static const struct {
	const char		*name;
	struct doctor_node	n;
	const char		*device, *device_hint;	/* no hint: it is content */
	const char		*node, *node_hint;
	const char		*group, *group_hint;
} nodes[] = {
#define NODE(m)	.owner = "root", .exists = true, .device = true, .mode = (m), .user = "anna"
#define GROUPS(m) NODE(m), .group = "zcopy", .ours = true, .has_group = true, .rule = true
#define US	GROUPS(0660)
#define ROOTS	NODE(0600), .group = "root"
	{ "no module", { .err = -ENOENT, .user = "anna", .has_group = true, .member = true },
	  "comes with the module", "above", NULL, NULL, "anna is in the group", NULL },
	{ "module, no node", { .err = -ENOENT, .loaded = true, .root = true, .has_group = true },
	  "though the module is loaded", "container", NULL, NULL, "there is a group", NULL },
	{ "left over", { US, .err = -ENXIO, .member = true },
	  "left over", "rm /dev/zcopy", NULL, NULL, "is in the group", NULL },
	{ "no device", { .err = -EACCES, .exists = true, .user = "anna", .has_group = true,
	  .member = true },
	  "is no device", "rm /dev/zcopy", NULL, NULL, "is in the group", NULL },
	{ "another device", { US, .answers = -ENOTTY, .root = true },
	  "does not answer", "rm /dev/zcopy", NULL, NULL, "root does not need it", NULL },
	{ "root, all right", { US, .root = true, .loaded = true },
	  "may be used", NULL, "root:zcopy with mode 0660", NULL, "root does not need it", NULL },
	{ "root, node root:root, rule", { ROOTS, .root = true, .has_group = true, .rule = true },
	  "may be used", NULL, "members of the group zcopy may not", "as root: udevadm",
	  "root does not need it", NULL },
	{ "root, node root:root, no group", { ROOTS, .root = true, .rule = true },
	  "may be used", NULL, "root:root with mode 0600", "as root: groupadd",
	  "there is no group", "groupadd --system zcopy; udevadm" },
	{ "root, nothing installed", { ROOTS, .root = true },
	  "may be used", NULL, "root:root with mode 0600", "make install",
	  "there is no group", "make install" },
	{ "a member", { US, .listed = true, .member = true },
	  "may be used", NULL, "root:zcopy with mode 0660", NULL, "anna is in the group", NULL },
	{ "no member", { US, .err = -EACCES },
	  "anna is not in that", "usermod -aG zcopy anna; then log in again", NULL, NULL,
	  "anna is not in the group", "usermod -aG zcopy anna" },
	{ "a member, but not in this login", { US, .err = -EACCES, .listed = true },
	  "not when this login began", "newgrp", NULL, NULL,
	  "not when this login began", "newgrp" },
	{ "a member, node root:root", { ROOTS, .err = -EACCES, .listed = true, .member = true,
	  .has_group = true, .rule = true },
	  "belongs to root:root with mode 0600", "as root: udevadm", NULL, NULL,
	  "anna is in the group", NULL },
	{ "no member, node root:root", { ROOTS, .err = -EACCES, .has_group = true, .rule = true },
	  "belongs to root:root", "as root: udevadm", NULL, NULL,
	  "anna is not in the group", "usermod" },
	{ "no group, node root:root", { ROOTS, .err = -EACCES, .rule = true },
	  "belongs to root:root", "groupadd", NULL, NULL, "there is no group", "groupadd" },
	{ "a member, refused all the same", { US, .err = -EACCES, .listed = true, .member = true },
	  "though this process is in the group", "security module", NULL, NULL,
	  "anna is in the group", NULL },
	{ "a container refuses", { US, .err = -EPERM, .root = true },
	  "container", "let the container", NULL, NULL, "there is a group", NULL },
	{ "everybody may", { NODE(0666), .group = "root", .has_group = true },
	  "may be used", NULL, "mode 0666", NULL, "may use /dev/zcopy all the same", NULL },
	{ "the group may only read", { GROUPS(0640), .err = -EACCES, .member = true },
	  "root:zcopy with mode 0640", "udevadm", NULL, NULL, "is in the group", NULL },
};

static void node_states(void)
{
	struct finding f;
	char name[100];
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		doctor_say_device(&nodes[i].n, &f);
		snprintf(name, sizeof(name), "%s: device", nodes[i].name);
		says(&f, !nodes[i].device_hint, nodes[i].device, nodes[i].device_hint,
		     NULL, name);
		snprintf(name, sizeof(name), "%s: node", nodes[i].name);
		if (doctor_say_node(&nodes[i].n, &f) && nodes[i].node)
			says(&f, !nodes[i].node_hint, nodes[i].node, nodes[i].node_hint,
			     NULL, name);
		else
			ktap_ok(!nodes[i].node && !doctor_say_node(&nodes[i].n, &f), "%s", name);
		doctor_say_group(&nodes[i].n, &f);
		snprintf(name, sizeof(name), "%s: group", nodes[i].name);
		says(&f, !nodes[i].group_hint, nodes[i].group, nodes[i].group_hint, NULL,
		     name);
	}
}

static void node_is_seen(void)
{
	struct doctor_node n = { .err = -EACCES };

	clear();
	doctor_look_node(&n, root);
	ktap_ok(!n.exists && !n.rule && n.user[0], "no device, no rule");
	put("/dev/zcopy", "");
	put("/usr/lib/udev/rules.d/60-zcopy.rules", "");
	n = (struct doctor_node){ .err = -EACCES };
	doctor_look_node(&n, root);
	ktap_ok(n.exists && !n.device && n.rule && n.owner[0] && n.group[0] &&
		n.root == (geteuid() == 0), "a file in its place, and the rule");
}

int main(void)
{
	if (!mkdtemp(root))
		return 1;
	module_states();
	kernels_agree();
	node_states();
	node_is_seen();
	clear();
	rmdir(root);
	return ktap_done();
}
