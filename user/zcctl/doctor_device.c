// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what doctor sees and says of /dev/zcopy and the group zcopy: the users that
 * may use the device, and if this process may not, what to change: the members of the
 * group, this login (a new one has the group), or the device.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "zcopy.h"

#define RENEW	"udevadm control --reload; udevadm trigger --sysname-match=zcopy"
#define AGAIN	"log in again, or for one shell: newgrp zcopy"

static void look_at_group(struct doctor_node *n, gid_t node)
{
	struct passwd *pw = getpwuid(getuid());
	struct group *gr = getgrgid(node);
	int i, nr = getgroups(0, NULL);
	gid_t *groups = calloc(nr + 1, sizeof(*groups));

	if (pw)
		snprintf(n->user, sizeof(n->user), "%.39s", pw->pw_name);
	else
		snprintf(n->user, sizeof(n->user), "user %u", getuid());
	if (gr)
		snprintf(n->group, sizeof(n->group), "%.39s", gr->gr_name);
	else
		snprintf(n->group, sizeof(n->group), "%u", node);
	n->root = geteuid() == 0;
	gr = getgrnam("zcopy");
	n->has_group = gr;
	if (gr) {
		n->ours = n->exists && gr->gr_gid == node;
		n->listed = pw && pw->pw_gid == gr->gr_gid;
		for (i = 0; pw && gr->gr_mem[i]; i++)
			n->listed |= strcmp(gr->gr_mem[i], pw->pw_name) == 0;
		n->member = getegid() == gr->gr_gid;
		nr = groups ? getgroups(nr, groups) : 0;
		for (i = 0; i < nr; i++)
			n->member |= groups[i] == gr->gr_gid;
	}
	free(groups);
}

void doctor_look_node(struct doctor_node *n, const char *root)
{
	static const char *const rules[] = {
		"/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"
	};
	struct passwd *pw;
	char path[512];
	struct stat st = { 0 };
	size_t i;

	snprintf(path, sizeof(path), "%s" ZCOPY_DEVICE, root);
	n->exists = stat(path, &st) == 0;
	n->device = S_ISCHR(st.st_mode);
	n->mode = st.st_mode & 07777;
	pw = getpwuid(st.st_uid);
	if (pw)
		snprintf(n->owner, sizeof(n->owner), "%.39s", pw->pw_name);
	else
		snprintf(n->owner, sizeof(n->owner), "%u", st.st_uid);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/60-zcopy.rules", root, rules[i]);
		n->rule |= access(path, F_OK) == 0;
	}
	look_at_group(n, st.st_gid);
}

/* May the members of the group zcopy use the device? */
static bool is_right(const struct doctor_node *n)
{
	return n->ours && (n->mode & 060) == 060;
}

static void hint_at_node(const struct doctor_node *n, struct finding *f)
{
	if (!n->rule)
		finding_hint(f, "as root, in zcopy's sources: make install, which brings group and udev rule");
	else
		finding_hint(f, "as root: %s" RENEW,
			     n->has_group ? "" : "groupadd --system zcopy; ");
}

static void hint_at_member(const struct doctor_node *n, struct finding *f)
{
	if (n->listed)
		finding_hint(f, AGAIN);
	else
		finding_hint(f, "as root: usermod -aG zcopy %s; then log in again", n->user);
}

static void say_denied(const struct doctor_node *n, struct finding *f)
{
	static const char no[] = "no permission on " ZCOPY_DEVICE;

	if (!is_right(n)) {
		finding_set(f, false, true, "%s: it belongs to %s:%s with mode %04o, and not to the group zcopy with 0660",
			    no, n->owner, n->group, n->mode);
		hint_at_node(n, f);
	} else if (!n->member) {
		finding_set(f, false, true, "%s: it is for root and the group zcopy; %s is %s", no,
			    n->user, n->listed ? "in that by now, but was not when this login began" :
			    "not in that");
		hint_at_member(n, f);
	} else {
		finding_set(f, false, true, "%s, though this process is in the group zcopy", no);
		finding_hint(f, "a security module, an access list or a container refuses it");
	}
}

void doctor_say_device(const struct doctor_node *n, struct finding *f)
{
	if (n->err == -ENOENT) {
		finding_set(f, false, true, "there is no " ZCOPY_DEVICE "%s", n->loaded ?
			    ", though the module is loaded" : ": it comes with the module");
		finding_hint(f, n->loaded ? "is this a container? let it have the device; or is there no devtmpfs on /dev?" :
			     "see the module, above");
	} else if (n->exists && !n->device) {
		finding_set(f, false, true, ZCOPY_DEVICE " is there, but is no device");
		finding_hint(f, "as root: rm " ZCOPY_DEVICE "; then load the module again");
	} else if (n->err == -ENXIO || n->err == -ENODEV) {
		finding_set(f, false, true, ZCOPY_DEVICE " is left over: there is no module behind it");
		finding_hint(f, "as root: rm " ZCOPY_DEVICE "; then load the module, see above");
	} else if (n->err == -EACCES) {
		say_denied(n, f);
	} else if (n->err == -EPERM) {
		finding_set(f, false, true, "no permission on " ZCOPY_DEVICE ": the container or a security module refuses it");
		finding_hint(f, "let the container have the device");
	} else if (n->err) {
		finding_set(f, false, true, "cannot open " ZCOPY_DEVICE ": %s", strerror(-n->err));
		finding_hint(f, "see the module, above");
	} else if (n->answers) {
		finding_set(f, false, true, ZCOPY_DEVICE " does not answer as zcopy: %s",
			    strerror(-n->answers));
		finding_hint(f, n->loaded ? "is it of another version, or something else?" :
			     "it is something else; as root: rm " ZCOPY_DEVICE "; then load the module, see above");
	} else {
		finding_set(f, true, true, ZCOPY_DEVICE " may be used");
	}
}

bool doctor_say_node(const struct doctor_node *n, struct finding *f)
{
	if (n->err || n->answers || !n->device)
		return false;
	finding_set(f, is_right(n) || (n->mode & 06) == 06, false,
		    ZCOPY_DEVICE " belongs to %s:%s with mode %04o", n->owner, n->group,
		    n->mode);
	if (f->ok)
		return true;
	finding_set(f, false, false, ZCOPY_DEVICE " belongs to %s:%s with mode %04o: members of the group zcopy may not use it",
		    n->owner, n->group, n->mode);
	hint_at_node(n, f);
	return true;
}

void doctor_say_group(const struct doctor_node *n, struct finding *f)
{
	if (!n->has_group) {
		finding_set(f, false, false, "there is no group zcopy");
		hint_at_node(n, f);
	} else if (n->root && !n->err) {
		finding_set(f, true, false, "there is a group zcopy; root does not need it");
	} else if (n->root) {
		finding_set(f, true, false, "there is a group zcopy");
	} else if (n->member) {
		finding_set(f, true, false, "%s is in the group zcopy", n->user);
	} else if (!n->err) {
		finding_set(f, true, false, "%s is not in the group zcopy, and may use " ZCOPY_DEVICE " all the same",
			    n->user);
	} else {
		finding_set(f, false, false, n->listed ?
			    "%s is in the group zcopy, but was not when this login began" :
			    "%s is not in the group zcopy", n->user);
		hint_at_member(n, f);
	}
}
