// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Looks at a program before it runs: at the headers of its ELF file, or of a script's
 * interpreter, at its rights, and at words of env(1) that clear the environment.
 */
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Most nested interpreters, as in the kernel */
#define DEPTH	5
#define HEAD	256

/* The beginning of a file; linkers put the headers there. */
struct file {
	int		fd;
	unsigned char	head[4096];
	size_t		have;
};

static bool open_file(struct file *f, const char *path)
{
	struct stat st;
	ssize_t n;

	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return false;
	n = !fstat(f->fd, &st) && S_ISREG(st.st_mode) ?
	    pread(f->fd, f->head, sizeof(f->head) - 1, 0) : -1;
	if (n < 0) {
		close(f->fd);
		return false;
	}
	f->have = n;
	f->head[n] = '\0';
	return true;
}

const char *program_word(enum program_kind kind)
{
	static const char *const words[] = {
#define X(name, word) word,
		PROGRAM_KINDS
#undef X
	};

	return words[kind];
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Search PATH as execvp(3) does */
static bool find(const char *name, char *path, size_t room)
{
	const char *dirs = getenv("PATH") ?: "/bin:/usr/bin", *end;
	struct stat st;

	if (strchr(name, '/'))
		return (size_t)snprintf(path, room, "%s", name) < room;
	for (;; dirs = end + 1) {
		end = strchrnul(dirs, ':');
		snprintf(path, room, "%.*s%s%s", (int)(end - dirs), dirs,
			 end == dirs ? "" : "/", name);
		if (!access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode))
			return true;
		if (!*end)
			return false;
	}
}

/* ---- ELF ---- */

static bool is_elf(const struct file *f)
{
	return f->have >= sizeof(Elf32_Ehdr) && !memcmp(f->head, ELFMAG, SELFMAG);
}

/* Has the file the class, byte order and processor of this program? */
static bool is_native(const struct file *f)
{
	const Elf64_Ehdr *its = (const void *)f->head, *our;
	struct file self;
	bool same = true;

	if (!open_file(&self, "/proc/self/exe"))
		return true;
	our = (const void *)self.head;
	if (is_elf(&self))
		same = its->e_ident[EI_CLASS] == our->e_ident[EI_CLASS] &&
		       its->e_ident[EI_DATA] == our->e_ident[EI_DATA] &&
		       its->e_machine == our->e_machine;
	close(self.fd);
	return same;
}

/* Get the loader that a native program names, "" if none; false: not known */
static bool find_loader(const struct file *f, char *loader, size_t room)
{
	const ElfW(Ehdr) *head = (const void *)f->head;
	ElfW(Phdr) part;
	unsigned int i;
	size_t len;

	loader[0] = '\0';
	for (i = 0; i < head->e_phnum; i++) {
		if (pread(f->fd, &part, sizeof(part), head->e_phoff +
			  (size_t)i * head->e_phentsize) != sizeof(part))
			return false;
		if (part.p_type != PT_INTERP)
			continue;
		len = part.p_filesz < room ? part.p_filesz : room - 1;
		if (pread(f->fd, loader, len, part.p_offset) != (ssize_t)len)
			return false;
		loader[len] = '\0';
		return true;
	}
	return head->e_phnum > 0;
}

/* A loader that is run as a program also loads the libraries of LD_PRELOAD. */
static bool is_loader(const char *name)
{
	return !strncmp(name, "ld-", 3) || !strncmp(name, "ld.so", 5) ||
	       !strncmp(name, "ld64.so", 7);
}

static void look_at_elf(const struct file *f, const char *path, struct program *p)
{
	char loader[PATH_MAX];

	if (!is_native(f)) {
		p->kind = PROGRAM_FOREIGN;
		snprintf(p->text, sizeof(p->text), "%s is a program of %s: "
			 "the library is built for another architecture", path,
			 f->head[EI_CLASS] == ELFCLASS32 ? "32 bits" :
			 "another processor");
	} else if (!find_loader(f, loader, sizeof(loader))) {
		return;
	} else if (!loader[0] && !is_loader(base_of(path))) {
		p->kind = PROGRAM_STATIC;
		snprintf(p->text, sizeof(p->text),
			 "%s is linked statically: no library is loaded into it", path);
	} else if (strstr(base_of(loader[0] ? loader : path), "musl")) {
		p->kind = PROGRAM_MUSL;
		snprintf(p->text, sizeof(p->text),
			 "%s uses the C library musl: the library needs glibc", path);
	}
}

/* ---- rights ---- */

/* The loader ignores LD_PRELOAD in what the kernel calls a secure execution */
static void look_at_rights(const struct file *f, const char *path, struct program *p)
{
	struct statvfs fs;
	struct stat st;
	const char *what = NULL;

	if (fstat(f->fd, &st) || fstatvfs(f->fd, &fs) || (fs.f_flag & ST_NOSUID) ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		what = "is set-user-ID";
	else if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		 st.st_gid != getgid())
		what = "is set-group-ID";
	else if (getuid() && fgetxattr(f->fd, "security.capability", NULL, 0) > 0)
		what = "has capabilities of its own";
	if (!what)
		return;
	p->kind = PROGRAM_PRIVILEGED;
	p->hint = "started by the user whose rights it gets, it has it";
	snprintf(p->text, sizeof(p->text),
		 "%s %s: the loader ignores LD_PRELOAD for it", path, what);
}

/* ---- scripts ---- */

/* If the file is a script, replaces @path by the path of its interpreter. */
static bool is_script(const struct file *f, char *path, size_t room)
{
	const char *at = (const char *)f->head + 2;
	size_t len;

	if (f->have < 3 || memcmp(f->head, "#!", 2) != 0)
		return false;
	at += strspn(at, " \t");
	len = strcspn(at, " \t\n");
	if (!len || len >= room || len > HEAD)
		return false;
	memcpy(path, at, len);
	path[len] = '\0';
	return true;
}

static void look_at_file(const char *name, struct program *p)
{
	char path[PATH_MAX];
	unsigned int depth;
	struct file f;

	if (!find(name, path, sizeof(path)))
		return;
	for (depth = 0; depth < DEPTH && open_file(&f, path); depth++) {
		bool script = is_script(&f, path, sizeof(path));

		if (!script && is_elf(&f)) {
			look_at_elf(&f, path, p);
			if (p->kind == PROGRAM_FITS)
				look_at_rights(&f, path, p);
		}
		close(f.fd);
		if (!script)
			return;
	}
}

/* ---- env(1) ---- */

static bool clears(const char *word, const char *next)
{
	if (!strcmp(word, "-") || !strcmp(word, "--ignore-environment") ||
	    !strcmp(word, "--unset=LD_PRELOAD") || !strcmp(word, "-uLD_PRELOAD"))
		return true;
	if (!strcmp(word, "-u") || !strcmp(word, "--unset"))
		return next && !strcmp(next, "LD_PRELOAD");
	return word[1] == 'i';
}

/* Look at the options of env(1), up to the first word that is no option. */
static void look_at_env(char *const *words, struct program *p)
{
	if (strcmp(base_of(words[0]), "env") != 0)
		return;
	while (*++words && **words == '-') {
		if (clears(words[0], words[1])) {
			p->kind = PROGRAM_CLEARS;
			p->hint = "put it behind: env -i ... zcctl run -- COMMAND";
			snprintf(p->text, sizeof(p->text), "env takes LD_PRELOAD "
				 "away from what it runs: no library is loaded into that");
			return;
		}
		if (!strcmp(*words, "-u") || !strcmp(*words, "-C") || !strcmp(*words, "-S"))
			words += words[1] != NULL;
	}
}

void program_look(char *const *words, struct program *p)
{
	*p = (struct program) { .kind = PROGRAM_FITS };
	look_at_file(words[0], p);
	if (p->kind == PROGRAM_FITS)
		look_at_env(words, p);
}
