// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb doctor: a list of checks, each with what it found and what to
 * do.  A check that fails makes the verb exit with 3; one that only warns does
 * not.
 */
#include <errno.h>
#include <grp.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "holders.h"
#include "json.h"
#include "zcctl.h"

struct doctor {
	struct zcctl		*zc;
	struct json_object	*checks;
	bool			missing;
};

static void add(struct doctor *d, const char *check, bool ok, bool needed,
		const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

static void add(struct doctor *d, const char *check, bool ok, bool needed,
		const char *hint, const char *fmt, ...)
{
	struct json_object *obj = json_object_new_object();
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_text(obj, "check", check);
	json_object_object_add(obj, "ok", json_object_new_boolean(ok));
	json_object_object_add(obj, "needed", json_object_new_boolean(needed));
	json_text(obj, "message", text);
	json_text(obj, "hint", ok ? "" : hint);
	json_object_array_add(d->checks, obj);
	if (!ok && needed)
		d->missing = true;
}

static void check_kernel(struct doctor *d)
{
	struct utsname un;

	uname(&un);
	add(d, "kernel", true, true, "", "%s %s on %s", un.sysname, un.release,
	    un.machine);
}

/* Returns with netlink open if the module is there */
static void check_module(struct doctor *d)
{
	int err = zcopy_nl_open(&d->zc->nl);

	if (err)
		add(d, "module", false, true,
		    "load it as root: modprobe zcopy; if there is none for this kernel, install zcopy-dkms and the kernel's headers",
		    "the module is not loaded (%s)", strerror(-err));
	else
		add(d, "module", true, true, "",
		    "the module is loaded and answers by netlink");
}

static void check_device(struct doctor *d)
{
	struct zcopy_query query;
	struct zcopy *z;
	int err = zcopy_open(&z, 0);

	if (err == -EACCES || err == -EPERM) {
		add(d, "device", false, true,
		    "join the group zcopy (adduser USER zcopy, then log in again) or be root",
		    "no permission on " ZCOPY_DEVICE);
		return;
	}
	if (err) {
		add(d, "device", false, true, "load the module: modprobe zcopy",
		    "cannot open " ZCOPY_DEVICE ": %s", strerror(-err));
		return;
	}
	err = zcopy_query(z, &query);
	zcopy_close(z);
	add(d, "device", !err, true, "is " ZCOPY_DEVICE " something else?",
	    err ? ZCOPY_DEVICE " does not answer as zcopy: %s" :
	    ZCOPY_DEVICE " may be used%s", err ? strerror(-err) : "");
}

static void check_group(struct doctor *d)
{
	struct group *gr = getgrnam("zcopy");
	gid_t groups[256];
	bool in = false;
	int i, n;

	if (!gr) {
		add(d, "group", false, false,
		    "make it: addgroup --system zcopy (the package does)",
		    "there is no group zcopy, only root may use zcopy");
		return;
	}
	n = getgroups(256, groups);
	for (i = 0; i < n; i++)
		in |= groups[i] == gr->gr_gid;
	in |= getegid() == gr->gr_gid;
	if (geteuid() == 0)
		add(d, "group", true, false, "", "root needs no group");
	else
		add(d, "group", in, false, "adduser USER zcopy, then log in again",
		    in ? "this process is in the group zcopy" :
		    "this process is not in the group zcopy");
}

static void check_features(struct doctor *d)
{
	struct zcopy_query query;
	int err;

	if (!d->zc->nl)
		return;
	err = zcopy_nl_query(d->zc->nl, &query);
	if (err) {
		add(d, "features", false, true, "is the module of another version?",
		    "the module does not tell its features: %s", strerror(-err));
		return;
	}
	add(d, "by_reference", query.features & ZCOPY_FEAT_BY_REF, false,
	    "a kernel with page splicing into sockets is needed",
	    query.features & ZCOPY_FEAT_BY_REF ?
	    "pages go to the socket by reference" :
	    "this kernel cannot send pages by reference, all is copied");
}

/* Why it could not be unloaded now */
static void check_holders(struct doctor *d)
{
	char words[HOLDERS_ROOM];
	struct holders h;

	if (!d->zc->nl)
		return;
	if (!holders_look(d->zc, &h))
		add(d, "holders", !holders_any(&h), false,
		    "the module can be unloaded when these are gone",
		    holders_any(&h) ? "the module is in use by %s" :
		    "nothing keeps the module from being unloaded%s",
		    holders_words(words, &h));
	holders_free(&h);
}

static void check_proc(struct doctor *d)
{
	bool ok = access("/proc/net/zcopy/stats", R_OK) == 0;

	if (!d->zc->nl)
		return;
	add(d, "proc", ok, false, "is /proc mounted?",
	    ok ? "the counters are in /proc/net/zcopy/stats" :
	    "/proc/net/zcopy/stats cannot be read: %s", strerror(errno));
}

/* 1: has scatter/gather, 0: has not, negative errno: does not say */
static int has_sg(int sock, const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GSG };
	struct ifreq ifr = { 0 };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENAMETOOLONG;
	strcpy(ifr.ifr_name, name);
	ifr.ifr_data = (void *)&value;
	if (ioctl(sock, SIOCETHTOOL, &ifr))
		return -errno;
	return value.data != 0;
}

static void check_interface(struct doctor *d, int sock, const char *name)
{
	int sg = has_sg(sock, name);
	char check[80], hint[128];

	snprintf(check, sizeof(check), "scatter_gather:%.15s", name);
	snprintf(hint, sizeof(hint), "ethtool -K %.15s sg on, if its driver can", name);
	if (sg < 0)
		add(d, check, false, false, "", "%s does not tell: %s", name,
		    strerror(-sg));
	else
		add(d, check, sg, false, hint, sg ? "%s has scatter/gather" :
		    "%s has no scatter/gather: what leaves there is copied", name);
}

static void check_interfaces(struct doctor *d)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	DIR *dir = opendir("/sys/class/net");
	struct dirent *ent;

	while (dir && sock >= 0 && (ent = readdir(dir)))
		if (ent->d_name[0] != '.' && ent->d_type == DT_LNK)
			check_interface(d, sock, ent->d_name);
	if (!dir)
		add(d, "interfaces", false, false, "is /sys mounted?",
		    "cannot list the network interfaces: %s", strerror(errno));
	if (dir)
		closedir(dir);
	if (sock >= 0)
		close(sock);
}

static void print_checks(const struct doctor *d)
{
	struct json_object *obj, *ok, *needed, *text;
	const char *hint;
	size_t i;

	for (i = 0; i < json_object_array_length(d->checks); i++) {
		obj = json_object_array_get_idx(d->checks, i);
		json_object_object_get_ex(obj, "ok", &ok);
		json_object_object_get_ex(obj, "needed", &needed);
		json_object_object_get_ex(obj, "message", &text);
		printf("%-7s  %s\n", json_object_get_boolean(ok) ? "ok" :
		       json_object_get_boolean(needed) ? "MISSING" : "note",
		       json_object_get_string(text));
		json_object_object_get_ex(obj, "hint", &text);
		hint = json_object_get_string(text);
		if (*hint)
			printf("%-7s  -> %s\n", "", hint);
	}
}

int cmd_doctor(struct zcctl *zc)
{
	struct doctor d = { .zc = zc, .checks = json_object_new_array() };

	check_kernel(&d);
	check_module(&d);
	check_device(&d);
	check_group(&d);
	check_features(&d);
	check_holders(&d);
	check_proc(&d);
	check_interfaces(&d);
	if (zc->json) {
		out_json(zc, d.checks);
	} else {
		print_checks(&d);
		json_object_put(d.checks);
	}
	return d.missing ? ZC_UNAVAILABLE : ZC_DONE;
}
