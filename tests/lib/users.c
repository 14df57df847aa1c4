// SPDX-License-Identifier: GPL-2.0
/*
 * Processes of several users, and the kernel's threads and memory; see users.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/zcopy.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "users.h"

#define KTHREADD 2

void users_allow(void)
{
	if (chmod("/", 0755) || chmod("/dev", 0755) || chmod(ZCOPY_DEVICE, 0666) ||
	    chmod("/tmp", 01777) || chmod(".", 0777))
		die("rights for all users");
}

static void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		die("becoming user %u", uid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void user_start(struct user *u, uid_t uid, void (*run)(struct user *me, void *arg),
		void *arg)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
		die("socketpair");
	fflush(stdout);
	*u = (struct user){ .uid = uid, .pid = fork() };
	if (u->pid < 0)
		die("fork");
	u->in = u->out = s[!u->pid];
	close(s[!!u->pid]);
	if (u->pid)
		return;
	become(uid);
	run(u, arg);
	fflush(stdout);
	_exit(0);
}

void user_say(struct user *u, long number)
{
	if (send(u->out, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number) &&
	    errno != EPIPE)
		die("telling a number");
}

bool user_hear(struct user *u, long *number, int ms)
{
	struct pollfd p = { .fd = u->in, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms);
	} while (n < 0 && errno == EINTR);
	return n == 1 && recv(u->in, number, sizeof(*number), MSG_WAITALL) ==
			 sizeof(*number);
}

bool user_ends(struct user *u, int ms)
{
	uint64_t end = now_ms() + ms;

	while (!u->ended && waitpid(u->pid, NULL, WNOHANG) != u->pid) {
		if (now_ms() > end)
			return false;
		sleep_ms(2);
	}
	if (!u->ended)
		close(u->in);
	u->ended = true;
	return true;
}

void user_kill(struct user *u)
{
	if (!u->ended)
		kill(u->pid, SIGKILL);
}

/* ---- the kernel's threads ---- */

static bool is_kernel_thread(const char *pid)
{
	char path[80], line[512];
	const char *at;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (at)
		sscanf(at, ") %*c %d", &parent);
	fclose(f);
	return parent == KTHREADD;
}

/* The text of a file of a process, "" if it has none */
static void file_of(const char *pid, const char *name, char *text, size_t size)
{
	char path[80];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* True for the module's own threads, and for workqueue threads that run its work. */
static bool is_worker(const char *pid)
{
	char comm[80];

	file_of(pid, "comm", comm, sizeof(comm));
	return (!strncmp(comm, "zcopy", 5) || strstr(comm, "+zcopy")) &&
	       is_kernel_thread(pid);
}

static unsigned int count(bool (*is)(const char *pid))
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	unsigned int n = 0;

	if (!dir)
		die("/proc");
	while ((e = readdir(dir)))
		n += isdigit((unsigned char)e->d_name[0]) && is(e->d_name);
	closedir(dir);
	return n;
}

unsigned int users_workers(void)
{
	return count(is_worker);
}

static bool pin(const char *pid)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	/* The threads of workqueues cannot be pinned. */
	return is_worker(pid) && !sched_setaffinity(atoi(pid), sizeof(first), &first);
}

unsigned int users_pin_workers(void)
{
	return count(pin);
}

static const char *prefix;	/* of the names of threads that are looked at */
/* Threads that were seen, and the CPU time that each had then: some have ended since. */
static struct {
	int pid;
	char comm[32];
	uint64_t ns;
} seen[1024];
static unsigned int nr_seen;
static char cpus[80];

static bool is_named(const char *pid)
{
	char comm[80];

	file_of(pid, "comm", comm, sizeof(comm));
	return !strncmp(comm, prefix, strlen(prefix)) && is_kernel_thread(pid);
}

static bool see_ns(const char *pid)
{
	unsigned int i = 0;
	char text[200];

	if (!is_named(pid))
		return false;
	while (i < nr_seen && seen[i].pid != atoi(pid))
		i++;
	if (i == sizeof(seen) / sizeof(*seen))
		die("too many threads");
	if (i == nr_seen)
		nr_seen++;
	file_of(pid, "comm", seen[i].comm, sizeof(seen[i].comm));
	file_of(pid, "schedstat", text, sizeof(text));
	seen[i].pid = atoi(pid);
	seen[i].ns = strtoull(text, NULL, 10);
	return true;
}

uint64_t users_workers_ns(const char *name)
{
	uint64_t sum = 0;

	prefix = name;
	count(see_ns);
	for (unsigned int i = 0; i < nr_seen; i++) {
		if (!strncmp(seen[i].comm, name, strlen(name)))
			sum += seen[i].ns;
	}
	return sum;
}

/* Copies what a line of /proc/PID/status says; "" if there is no such line. */
static void status_line(const char *text, const char *word, char *to, size_t size)
{
	const char *at = strstr(text, word);

	at = at ? at + strlen(word) : "";
	snprintf(to, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static bool add_cpus(const char *pid)
{
	char text[8192], at[80];

	if (!is_named(pid))
		return false;
	file_of(pid, "status", text, sizeof(text));
	if (strstr(text, "\nState:\tI"))
		return true;
	status_line(text, "\nCpus_allowed_list:\t", at, sizeof(at));
	if (!cpus[0])
		snprintf(cpus, sizeof(cpus), "%.79s", at);
	else if (strcmp(cpus, at))
		snprintf(cpus, sizeof(cpus), "differ");
	return true;
}

const char *users_workers_cpus(const char *name)
{
	prefix = name;
	cpus[0] = 0;
	count(add_cpus);
	return cpus;
}

static char every_cpu[80], every_node[80];
static unsigned int away;

static bool is_at_home(const char *pid)
{
	char text[8192], at[80], nodes[80];

	if (!is_named(pid))
		return false;
	file_of(pid, "status", text, sizeof(text));
	status_line(text, "\nCpus_allowed_list:\t", at, sizeof(at));
	status_line(text, "\nMems_allowed_list:\t", nodes, sizeof(nodes));
	/* It ended meanwhile. */
	if (!at[0])
		return false;
	away += strcmp(at, every_cpu) || strcmp(nodes, every_node);
	return true;
}

bool users_workers_come_home(const char *name, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	char text[8192], kthreadd[12];
	unsigned int nr;

	snprintf(kthreadd, sizeof(kthreadd), "%d", KTHREADD);
	file_of(kthreadd, "status", text, sizeof(text));
	status_line(text, "\nCpus_allowed_list:\t", every_cpu, sizeof(every_cpu));
	status_line(text, "\nMems_allowed_list:\t", every_node, sizeof(every_node));
	prefix = name;
	do {
		away = 0;
		nr = count(is_at_home);
		if (!away || now_ms() >= end)
			break;
		sleep_ms(50);
	} while (true);
	return nr && !away;
}

unsigned int users_kernel_threads(void)
{
	return count(is_kernel_thread);
}

unsigned int users_workers_rest(unsigned int most, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	unsigned int n;

	/* A look reads a file of each of hundreds of threads, which stay for seconds. */
	while ((n = users_workers()) > most && now_ms() < end)
		sleep_ms(300);
	return n;
}

uint64_t users_kernel_memory(void)
{
	unsigned long long kib, sum = 0;
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	if (!f)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "SUnreclaim: %llu", &kib) == 1 ||
		    sscanf(line, "KernelStack: %llu", &kib) == 1)
			sum += kib;
	}
	fclose(f);
	return sum;
}
