// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Finds out what holds the module: its reference count, the counters that explain
 * the references, and the processes that have the device open, as far as the caller
 * may look into them.
 */
#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "json.h"

#define REFS	"/sys/module/zcopy/refcnt"
#define NUMBER	"/sys/class/misc/zcopy/dev"
/* Most processes that are named */
#define NAMED	5

static int64_t read_refs(void)
{
	FILE *f = fopen(REFS, "re");
	int64_t refs = -1;

	if (f && fscanf(f, "%" SCNd64, &refs) != 1)
		refs = -1;
	if (f)
		fclose(f);
	return refs;
}

static dev_t read_number(void)
{
	unsigned int major = 0, minor = 0;
	FILE *f = fopen(NUMBER, "re");
	struct stat st;

	if (f && fscanf(f, "%u:%u", &major, &minor) != 2)
		major = 0;
	if (f)
		fclose(f);
	if (!major && !stat(ZCOPY_DEVICE, &st) && S_ISCHR(st.st_mode))
		return st.st_rdev;
	return makedev(major, minor);
}

/*
 * Is a descriptor of another process the zcopy device?  Calls stat(2) only for paths
 * below /dev: it would block on a network file whose server does not answer.
 */
static bool is_device(int dir, const char *name, dev_t number)
{
	char to[300];
	ssize_t n = readlinkat(dir, name, to, sizeof(to) - 1);
	struct stat st;

	to[n > 0 ? n : 0] = '\0';
	return strncmp(to, "/dev/", 5) == 0 && !fstatat(dir, name, &st, 0) &&
	       S_ISCHR(st.st_mode) && st.st_rdev == number;
}

static bool has_open(const char *pid, dev_t number)
{
	struct dirent *ent;
	bool found = false;
	char path[300];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (ent = readdir(dir)))
		found = isdigit((unsigned char)ent->d_name[0]) &&
			is_device(dirfd(dir), ent->d_name, number);
	if (dir)
		closedir(dir);
	return found;
}

static void add_process(struct json_object *array, const char *pid)
{
	struct json_object *obj = json_object_new_object();
	char path[300], comm[64] = "";
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f) {
		len = fread(comm, 1, sizeof(comm) - 1, f);
		fclose(f);
	}
	if (len && comm[len - 1] == '\n')
		comm[len - 1] = '\0';
	json_number(obj, "pid", strtoull(pid, NULL, 10));
	json_text(obj, "comm", comm);
	json_object_array_add(array, obj);
}

static void find_processes(struct json_object *array)
{
	DIR *dir = opendir("/proc");
	dev_t number = read_number();
	struct dirent *ent;
	char self[16];

	snprintf(self, sizeof(self), "%d", (int)getpid());
	while (dir && (ent = readdir(dir)))
		if (isdigit((unsigned char)ent->d_name[0]) &&
		    strcmp(ent->d_name, self) && has_open(ent->d_name, number))
			add_process(array, ent->d_name);
	if (dir)
		closedir(dir);
}

static int take(const char *name, uint64_t value, const char *help, void *arg)
{
	struct holders *h = arg;

	(void)help;
	if (strcmp(name, "transfers_active") == 0)
		h->live = value;
	else if (strcmp(name, "devices_open") == 0)
		h->devices = value;
	else if (strcmp(name, "transfers_held") == 0)
		h->held = value;
	return 0;
}

int holders_look(struct zcctl *zc, struct holders *h)
{
	int err;

	memset(h, 0, sizeof(*h));
	h->processes = json_object_new_array();
	err = zcopy_nl_stats(zc->nl, take, h);
	h->refs = read_refs();
	if (!err && h->devices)
		find_processes(h->processes);
	return err;
}

bool holders_any(const struct holders *h)
{
	return h->refs > 0 || h->devices || h->held || h->live;
}

/* References that the counters do not explain */
static uint64_t others(const struct holders *h)
{
	uint64_t known = h->live + h->devices + h->held;

	return h->refs > 0 && (uint64_t)h->refs > known ? h->refs - known : 0;
}

static void add(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + len, HOLDERS_ROOM - len, fmt, ap);
	va_end(ap);
}

static void add_names(char *buf, struct json_object *array)
{
	size_t nr = json_object_array_length(array), i;
	struct json_object *obj, *pid, *comm;
	char clean[64];

	for (i = 0; i < nr && i < NAMED; i++) {
		obj = json_object_array_get_idx(array, i);
		json_object_object_get_ex(obj, "pid", &pid);
		json_object_object_get_ex(obj, "comm", &comm);
		add(buf, "%s%s (process %" PRIu64 ")", i ? ", " : ": in ",
		    out_clean(clean, sizeof(clean), json_object_get_string(comm)),
		    json_object_get_uint64(pid));
	}
	if (nr > NAMED)
		add(buf, " and %zu more", nr - NAMED);
	if (!nr)
		add(buf, " in no process that can be seen from here: another user's, a ring (io_uring), or on its way between processes");
}

const char *holders_words(char buf[HOLDERS_ROOM], const struct holders *h)
{
	uint64_t rest = others(h);

	buf[0] = '\0';
	if (h->devices) {
		add(buf, "%" PRIu64 " open " ZCOPY_DEVICE, h->devices);
		add_names(buf, h->processes);
	}
	if (h->held)
		add(buf, "%s%" PRIu64 " ended transfers whose pages the network still holds, until their peers acknowledge or their connections end",
		    *buf ? "; " : "", h->held);
	if (h->live)
		add(buf, "%s%" PRIu64 " live transfers", *buf ? "; " : "", h->live);
	if (rest)
		add(buf, "%s%" PRIu64 " others: transfers of other network namespaces (zcctl list -A), ranges of --drop-behind that wait for the network (some seconds), or such as begin or end now",
		    *buf ? "; " : "", rest);
	return buf;
}

struct json_object *holders_json(const struct holders *h)
{
	struct json_object *obj = json_object_new_object();

	if (h->refs >= 0)
		json_number(obj, "module_refs", h->refs);
	json_number(obj, "devices_open", h->devices);
	json_number(obj, "transfers_held", h->held);
	json_number(obj, "transfers_active", h->live);
	json_number(obj, "others", others(h));
	json_object_object_add(obj, "processes", json_object_get(h->processes));
	return obj;
}

void holders_free(struct holders *h)
{
	json_object_put(h->processes);
	h->processes = NULL;
}
