// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb doctor: a list of checks, each with a finding and what to do about
 * it.  The verb exits with 3 if a needed check fails; a warning does not change the
 * exit code.  doctor_module.c, doctor_device.c and doctor_faults.c word the findings on
 * module, device and the kernel's faults.
 */
#include <errno.h>
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

#include "doctor.h"
#include "holders.h"
#include "json.h"
#include "references.h"
#include "zcctl.h"

struct doctor {
	struct zcctl		*zc;
	struct json_object	*checks;
	bool			missing;
};

static void tell(struct doctor *d, const char *check, const struct finding *f)
{
	struct json_object *obj = json_object_new_object();

	json_text(obj, "check", check);
	json_object_object_add(obj, "ok", json_object_new_boolean(f->ok));
	json_object_object_add(obj, "needed", json_object_new_boolean(f->needed));
	json_text(obj, "message", f->text);
	json_text(obj, "hint", f->ok ? "" : f->hint);
	json_object_array_add(d->checks, obj);
	if (!f->ok && f->needed)
		d->missing = true;
}

static void add(struct doctor *d, const char *check, bool ok, bool needed,
		const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

static void add(struct doctor *d, const char *check, bool ok, bool needed,
		const char *hint, const char *fmt, ...)
{
	struct finding f;
	char text[FINDING_ROOM];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	finding_set(&f, ok, needed, "%s", text);
	finding_hint(&f, "%s", hint);
	tell(d, check, &f);
}

/* Leaves netlink open if the module is there */
static void check_module(struct doctor *d)
{
	struct doctor_module m = { .err = zcopy_nl_open(&d->zc->nl) };
	struct utsname un;
	struct finding f;

	uname(&un);
	snprintf(m.release, sizeof(m.release), "%s", un.release);
	snprintf(m.machine, sizeof(m.machine), "%s", un.machine);
	doctor_look_module(&m, "");
	doctor_say_kernel(&m, &f);
	tell(d, "kernel", &f);
	doctor_say_module(&m, &f);
	tell(d, "module", &f);
}

static void check_device(struct doctor *d)
{
	struct doctor_node n = { .loaded = d->zc->nl };
	struct zcopy_query query;
	struct finding f;
	struct zcopy *z;

	n.err = zcopy_open(&z, 0);
	if (!n.err) {
		n.answers = zcopy_query(z, &query);
		zcopy_close(z);
	}
	doctor_look_node(&n, "");
	doctor_say_device(&n, &f);
	tell(d, "device", &f);
	if (doctor_say_node(&n, &f))
		tell(d, "node", &f);
	doctor_say_group(&n, &f);
	tell(d, "group", &f);
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

static void check_faults(struct doctor *d)
{
	struct json_object *settings = json_object_new_object();
	struct doctor_faults faults = { 0 };
	struct json_object *word = NULL;
	struct utsname un;
	struct finding f;

	uname(&un);
	snprintf(faults.release, sizeof(faults.release), "%s", un.release);
	snprintf(faults.version, sizeof(faults.version), "%s", un.version);
	if (d->zc->nl && !references_ask(d->zc->nl, settings))
		word = json_object_object_get(settings, "references");
	if (word)
		faults.references = json_object_get_string(word);
	doctor_say_faults(&faults, &f);
	tell(d, "page_cache_faults", &f);
	json_object_put(settings);
}

/* Tell what keeps the module from being unloaded */
static void check_holders(struct doctor *d)
{
	char words[HOLDERS_ROOM];
	struct holders h;
	int err;

	if (!d->zc->nl)
		return;
	err = holders_look(d->zc, &h);
	if (err)
		add(d, "holders", false, false, "",
		    "cannot tell what keeps the module from being unloaded: %s",
		    strerror(-err));
	else
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

/* 1: has scatter/gather, 0: has not, negative errno: the interface does not tell */
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

/* Names of interfaces, files and users may have any bytes */
static void print_line(const char *mark, const char *before, struct json_object *text)
{
	char clean[2 * FINDING_ROOM];

	printf("%-7s  %s%s\n", mark, before,
	       out_clean(clean, sizeof(clean), json_object_get_string(text)));
}

static void print_checks(const struct doctor *d)
{
	struct json_object *obj, *ok, *needed, *text;
	size_t i;

	for (i = 0; i < json_object_array_length(d->checks); i++) {
		obj = json_object_array_get_idx(d->checks, i);
		json_object_object_get_ex(obj, "ok", &ok);
		json_object_object_get_ex(obj, "needed", &needed);
		json_object_object_get_ex(obj, "message", &text);
		print_line(json_object_get_boolean(ok) ? "ok" :
			   json_object_get_boolean(needed) ? "MISSING" : "note", "", text);
		json_object_object_get_ex(obj, "hint", &text);
		if (json_object_get_string_len(text))
			print_line("", "-> ", text);
	}
}

int cmd_doctor(struct zcctl *zc)
{
	struct doctor d = { .zc = zc, .checks = json_object_new_array() };

	check_module(&d);
	check_device(&d);
	check_features(&d);
	check_faults(&d);
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
