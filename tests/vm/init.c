// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's first process. It mounts what programs expect, opens the verdict port,
 * runs /run.sh with its output going to that port, writes the exit status there and
 * powers off. It also limits the time: when /run.sh takes longer than zc_limit
 * seconds, the kernel prints on the console which tasks wait where, and the verdict
 * is 124.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static int verdict = -1;

static void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (verdict < 0 || write(verdict, line, n) != n)
		fputs(line, stderr);
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ok;

	if (fd < 0)
		return 0;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void mount_on(const char *type, const char *where, const char *opts)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, opts) && errno != EBUSY)
		fprintf(stderr, "init: no %s on %s: %s\n", type, where,
			strerror(errno));
}

static void mount_all(void)
{
	mount_on("proc", "/proc", NULL);
	mount_on("sysfs", "/sys", NULL);
	mount_on("devtmpfs", "/dev", NULL);
	mount_on("devpts", "/dev/pts", "ptmxmode=666");
	mount_on("tmpfs", "/dev/shm", NULL);
	mount_on("tmpfs", "/run", NULL);
	mount_on("tmpfs", "/tmp", NULL);
	mount_on("debugfs", "/sys/kernel/debug", NULL);
	mount_on("tracefs", "/sys/kernel/tracing", NULL);
	mount_on("cgroup2", "/sys/fs/cgroup", NULL);
	if (symlink("/proc/self/fd", "/dev/fd") ||
	    symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") ||
	    symlink("/proc/self/fd/2", "/dev/stderr"))
		fprintf(stderr, "init: /dev/fd: %s\n", strerror(errno));
}

/* Standard streams go to the console until the verdict port is open. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/* Makes /dev/virtio-ports/NAME for every named port, as udev would. */
static void link_ports_now(void)
{
	DIR *d = opendir("/sys/class/virtio-ports");
	struct dirent *e;

	mkdir("/dev/virtio-ports", 0755);
	while (d && (e = readdir(d))) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%63s", name) == 1) {
			char link[128], dev[300];

			snprintf(link, sizeof(link), "/dev/virtio-ports/%s", name);
			snprintf(dev, sizeof(dev), "/dev/%s", e->d_name);
			if (symlink(dev, link) && errno != EEXIST)
				fprintf(stderr, "init: %s: %s\n", link,
					strerror(errno));
		}
		fclose(f);
	}
	if (d)
		closedir(d);
}

/* The driver finds its ports one after the other; waits up to five seconds. */
static void link_ports(void)
{
	for (int i = 0; i < 100; i++) {
		link_ports_now();
		if (!access("/dev/virtio-ports/verdict", F_OK) &&
		    !access("/dev/virtio-ports/files", F_OK))
			return;
		usleep(50000);
	}
	fprintf(stderr, "init: the virtio ports did not come\n");
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		fprintf(stderr, "init: lo: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* From here on, a kernel warning ends the guest. */
static void be_strict(void)
{
	static const char *const sysctls[][2] = {
		{ "kernel/panic_on_warn", "1" },
		{ "kernel/panic_on_oops", "1" },
		{ "kernel/softlockup_panic", "1" },
		{ "kernel/hung_task_panic", "1" },
		{ "kernel/hung_task_timeout_secs", "120" },
		{ "kernel/panic_on_rcu_stall", "1" },
		{ "kernel/printk_ratelimit", "0" },
		{ "kernel/sysrq", "1" },
		{ "net/core/somaxconn", "65535" },
	};
	char path[64];

	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/%s", sysctls[i][0]);
		write_to(path, sysctls[i][1]);
	}
	write_to("/dev/kmsg", "<5>zcopy-init: ready\n");
}

static pid_t fork_clean(void)
{
	pid_t pid = fork();
	sigset_t none;

	if (!pid) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
	}
	return pid;
}

static void run_quietly(char *const argv[])
{
	pid_t pid = fork_clean();

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static pid_t start(void)
{
	static char *const argv[] = { "/bin/bash", "/run.sh", NULL };
	pid_t pid = fork_clean();

	if (pid)
		return pid;
	setsid();
	ioctl(0, TIOCSCTTY, 1);
	if (verdict >= 0) {
		dup2(verdict, 1);
		dup2(verdict, 2);
	}
	execv(argv[0], argv);
	fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Waits for the child @pid up to @limit seconds; reaps all other children. */
static int wait_for(pid_t pid, unsigned int limit)
{
	sigset_t set;
	int status;

	alarm(limit);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGALRM);
	for (;;) {
		pid_t got = waitpid(-1, &status, WNOHANG);
		int sig = 0;

		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		if (got > 0)
			continue;
		sigwait(&set, &sig);
		if (sig == SIGALRM)
			return -1;
	}
}

static void show_who_waits(void)
{
	say("# the guest's time limit is over; the console tells who waits\n");
	write_to("/proc/sys/kernel/printk", "9");
	write_to("/proc/sysrq-trigger", "w");
	write_to("/proc/sysrq-trigger", "l");
	sleep(1);
	write_to("/proc/sysrq-trigger", "t");
}

static unsigned int limit_asked(void)
{
	const char *s = getenv("zc_limit");

	return s ? strtoul(s, NULL, 10) : 0;
}

int main(void)
{
	static char *const drivers[] = { "/sbin/modprobe", "-qa", "virtio_pci",
					 "virtio_console", "virtio_blk", NULL };
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);

	mount_all();
	open_console();
	setenv("PATH", "/sbin:/bin:/usr/sbin:/usr/bin", 1);
	setenv("HOME", "/tmp", 1);
	setenv("LC_ALL", "C", 1);
	run_quietly(drivers);
	link_ports();
	verdict = open("/dev/virtio-ports/verdict", O_WRONLY | O_CLOEXEC);
	say("BOOT\n");
	loopback_up();
	be_strict();

	status = wait_for(start(), limit_asked());
	if (status < 0) {
		show_who_waits();
		status = 124;
	}
	say("EXIT %d\n", status);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
