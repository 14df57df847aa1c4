// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what doctor reads about the module: where it is installed, what DKMS knows of
 * it, and what on this machine may refuse to load it.  Every path has the prefix
 * @root, which is "" outside of tests.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* More bytes than a module or a list of keys has */
#define MOST	(16U << 20)

#define PATH_ROOM	sizeof(((struct doctor_module *)0)->file)

#define EFIVARS	"/sys/firmware/efi/efivars/"

static const char signature[] = "~Module signature appended~\n";

/* Read a file and append a NUL; the caller frees it.  NULL if it cannot be read */
static char *slurp(const char *root, const char *path, size_t *len)
{
	char name[512], *text = NULL;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	file = fopen(name, "re");
	if (!file)
		return NULL;
	text = malloc(MOST + 1);
	*len = text ? fread(text, 1, MOST, file) : 0;
	if (text)
		text[*len] = '\0';
	fclose(file);
	return text;
}

static bool is_there(const char *root, const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	return access(name, F_OK) == 0;
}

/* Does a file begin with @word? */
static bool says(const char *root, const char *path, const char *word)
{
	size_t len = 0;
	char *text = slurp(root, path, &len);
	bool yes = text && strncmp(text, word, strlen(word)) == 0;

	free(text);
	return yes;
}

static bool is_module(const char *name)
{
	return strncmp(name, "zcopy.ko", 8) == 0 && (!name[8] || name[8] == '.');
}

/* Find the first module file below a directory, without following links */
static bool find_file(const char *root, const char *dir, char file[PATH_ROOM])
{
	char name[512], below[PATH_ROOM];
	struct dirent *ent;
	bool found = false;
	DIR *d;

	snprintf(name, sizeof(name), "%s%s", root, dir);
	d = opendir(name);
	while (d && !found && (ent = readdir(d))) {
		if (ent->d_name[0] == '.' ||
		    snprintf(below, sizeof(below), "%s/%s", dir, ent->d_name) >=
		    (int)sizeof(below))
			continue;
		if (ent->d_type == DT_DIR) {
			found = find_file(root, below, file);
		} else if (is_module(ent->d_name)) {
			strcpy(file, below);
			found = true;
		}
	}
	if (d)
		closedir(d);
	return found;
}

/* Search modules.dep, which modprobe reads: lines "PATH: PATH…", relative to @dir */
static bool find_indexed(struct doctor_module *m, const char *root, const char *dir)
{
	char path[300], *text, *line, *end, *base, *rest = NULL;
	bool found = false;
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/modules.dep", dir);
	text = slurp(root, path, &len);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &rest)) {
		end = strchr(line, ':');
		if (!end)
			continue;
		*end = '\0';
		base = strrchr(line, '/');
		if (!is_module(base ? base + 1 : line))
			continue;
		snprintf(m->file, sizeof(m->file), "%s/%s", dir, line);
		found = is_there(root, m->file);
		if (!found)
			m->file[0] = '\0';
	}
	free(text);
	return found;
}

static void look_inside(struct doctor_module *m, const char *root)
{
	static const char word[] = "vermagic=";
	size_t len = 0, tail = strlen(signature);
	const char *magic;
	char *text;

	m->is_signed = UNKNOWN;
	if (strcmp(m->file + strlen(m->file) - 3, ".ko") != 0)
		return;		/* compressed */
	text = slurp(root, m->file, &len);
	if (!text)
		return;
	m->is_signed = len >= tail && !memcmp(text + len - tail, signature, tail);
	magic = memmem(text, len, word, strlen(word));
	if (magic)
		snprintf(m->made_for, sizeof(m->made_for), "%.*s",
			 (int)strcspn(magic + strlen(word), " "),
			 magic + strlen(word));
	free(text);
}

static void look_for_file(struct doctor_module *m, const char *root)
{
	char dir[100];

	snprintf(dir, sizeof(dir), "/lib/modules/%s", m->release);
	m->indexed = find_indexed(m, root, dir);
	if (m->indexed || find_file(root, dir, m->file))
		look_inside(m, root);
	snprintf(dir, sizeof(dir), "/lib/modules/%s/build/Makefile", m->release);
	m->headers = is_there(root, dir);
}

static void look_at_others(struct doctor_module *m, const char *root)
{
	char name[512], dir[300], file[PATH_ROOM];
	struct dirent *ent;
	size_t used = 0;
	DIR *d;

	snprintf(name, sizeof(name), "%s/lib/modules", root);
	d = opendir(name);
	while (d && (ent = readdir(d))) {
		snprintf(dir, sizeof(dir), "/lib/modules/%s", ent->d_name);
		if (ent->d_name[0] == '.' || strcmp(ent->d_name, m->release) == 0 ||
		    !find_file(root, dir, file))
			continue;
		used += snprintf(m->others + used, sizeof(m->others) - used, "%s%s",
				 used ? ", " : "", ent->d_name);
		if (used >= sizeof(m->others))
			break;
	}
	if (d)
		closedir(d);
}

/* A failed build leaves its log; the first line of the log names the kernel. */
static void look_at_dkms(struct doctor_module *m, const char *root)
{
	char name[512], path[300], kernel[80];
	struct dirent *ent;
	char *text, *line;
	size_t len = 0;
	DIR *d;

	snprintf(name, sizeof(name), "%s/var/lib/dkms/zcopy", root);
	d = opendir(name);
	while (d && (ent = readdir(d))) {
		if (ent->d_name[0] < '0' || ent->d_name[0] > '9')
			continue;
		m->added = true;
		snprintf(path, sizeof(path), "/var/lib/dkms/zcopy/%.200s/build/make.log",
			 ent->d_name);
		text = slurp(root, path, &len);
		if (!text)
			continue;
		line = text;
		line[strcspn(line, "\n")] = '\0';
		snprintf(kernel, sizeof(kernel), "for kernel %s ", m->release);
		if (strstr(line, kernel))
			snprintf(m->log, sizeof(m->log), "%.255s", path);
		free(text);
	}
	if (d)
		closedir(d);
}

/* Is DKMS's key enrolled?  The list of enrolled keys is an EFI variable. */
static enum doctor_known knows_key(const char *root)
{
	static const char list[] =
		EFIVARS "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23";
	size_t key_len = 0, len = 0;
	char *key = slurp(root, "/var/lib/dkms/mok.pub", &key_len);
	char *keys = slurp(root, list, &len);
	enum doctor_known known = UNKNOWN;

	if (key && key_len && keys)
		known = memmem(keys, len, key, key_len) ? YES : NO;
	else if (key && key_len && is_there(root, EFIVARS) && !is_there(root, list))
		known = NO;
	free(key);
	free(keys);
	return known;
}

static void look_at_guards(struct doctor_module *m, const char *root)
{
	static const char lockdown[] = "/sys/kernel/security/lockdown";
	size_t len = 0;
	char *text = slurp(root, EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
			   &len);
	const char *why = "";

	/* The file of an EFI variable has four bytes of attributes before the value. */
	m->secure_boot = text && len >= 5 && text[4] == 1;
	free(text);
	text = slurp(root, lockdown, &len);
	if (text && strstr(text, "[integrity]"))
		why = m->secure_boot ? "Secure Boot is on, lockdown: integrity" :
				       "lockdown: integrity";
	else if (text && strstr(text, "[confidentiality]"))
		why = m->secure_boot ? "Secure Boot is on, lockdown: confidentiality" :
				       "lockdown: confidentiality";
	else if (says(root, "/sys/module/module/parameters/sig_enforce", "Y"))
		why = "module.sig_enforce";
	else if (!text && m->secure_boot)
		why = "Secure Boot is on";
	free(text);
	snprintf(m->only_signed, sizeof(m->only_signed), "%s", why);
	m->enrolled = knows_key(root);
}

void doctor_look_module(struct doctor_module *m, const char *root)
{
	m->in_sysfs = is_there(root, "/sys/module/zcopy");
	m->modular = is_there(root, "/proc/modules");
	m->closed = says(root, "/proc/sys/kernel/modules_disabled", "1");
	look_for_file(m, root);
	look_at_others(m, root);
	look_at_dkms(m, root);
	look_at_guards(m, root);
}
