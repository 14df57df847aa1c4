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

/* True for the module's own threads, and for workqueue threads that run its work. */
static bool is_worker(const char *pid)
{
	char path[80], comm[80] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, comm, sizeof(comm) - 1) < 0)
		comm[0] = 0;
	close(fd);
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
