// SPDX-License-Identifier: GPL-2.0
/*
 * A process in namespaces of its own uses a device that another process opened
 * outside.  What transfers send of files under /proc and /sys is what the process
 * itself reads there, not what its parent or a worker would.  Files that sendfile(2)
 * cannot read are refused.
 *
 * needs: zcopy
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"

#define ROOM	70000
#define TRIES	20

static const char *const paths[] = {
	/* of the process */
	"/proc/self/attr/current", "/proc/self/cgroup", "/proc/self/cmdline",
	"/proc/self/comm", "/proc/self/coredump_filter", "/proc/self/environ",
	"/proc/self/limits", "/proc/self/loginuid", "/proc/self/mountinfo",
	"/proc/self/mounts", "/proc/self/net/route", "/proc/self/oom_score_adj",
	"/proc/self/personality", "/proc/self/projid_map", "/proc/self/sessionid",
	"/proc/self/setgroups", "/proc/self/timerslack_ns", "/proc/self/uid_map",
	"/proc/self/wchan", "/proc/thread-self/comm", "/proc/1/cgroup", "/proc/1/comm",
	/* of its keys */
	"/proc/key-users", "/proc/keys",
	/* of its namespaces */
	"/proc/net/if_inet6", "/proc/net/route", "/proc/net/unix",
	"/proc/sys/kernel/domainname", "/proc/sys/kernel/msgmax",
	"/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/shmmax",
	"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_local_port_range",
	"/proc/sys/user/max_user_namespaces", "/proc/sysvipc/shm",
	"/sys/class/net/lo/flags", "/sys/class/net/lo/ifindex", "/sys/class/net/lo/mtu",
	"/sys/kernel/uevent_seqnum",
};

static char before[ROOM], want[ROOM], got[ROOM];
static int dev;			/* opened outside */
static struct door doors[3];	/* to this device */
static unsigned int nr_doors;

static size_t read_file(int fd, char *to)
{
	size_t n = 0;
	ssize_t k;

	while (n < ROOM && (k = pread(fd, to + n, ROOM - n, n)) > 0)
		n += k;
	return n;
}

/* All that was sent, even if the kernel delivers it later: up to the end of the stream */
static size_t arrived(const struct pair *p)
{
	size_t n = 0;
	ssize_t k;

	shutdown(p->near, SHUT_WR);
	while (n < ROOM && (k = recv(p->far, got + n, ROOM - n, 0)) > 0)
		n += k;
	return n;
}

/* What came of a run, and what read(2) has before and after it */
struct run {
	struct zcopy_result res;
	size_t before, after, came;
	int err;
};

static void run_door(struct run *r, struct door *d, int fd)
{
	struct zcopy_elem e = elem_file(fd, 0, ZCOPY_LEN_EOF);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };

	r->res = (struct zcopy_result){ .status = ZCOPY_STATUS_RUNNING };
	r->before = read_file(fd, before);
	r->err = door_run(d, &q, &r->res);
	r->after = read_file(fd, want);
	r->came = arrived(&p);
	pair_close(&p);
}

/* Some of the files are of the whole machine, and what others do may change them. */
static void try_door(struct door *d, const char *path, int fd, bool reads)
{
	unsigned int tries = 0;
	struct run r;

	do {
		run_door(&r, d, fd);
	} while ((r.before != r.after || memcmp(before, want, r.after)) && ++tries < TRIES);
	if (!reads)
		ktap_ok(r.err == -EOPNOTSUPP && !r.came,
			"%s, door %d: refused, as by sendfile(2)", path, d->kind);
	else if (!ktap_ok(!r.err && r.res.status == ZCOPY_STATUS_DONE && r.came == r.after &&
			  !memcmp(got, want, r.after),
			  "%s, door %d: %zu bytes as read(2) has them", path, d->kind, r.after))
		note("error %d, status %u, %zu bytes came: %.*s", r.err, r.res.status, r.came,
		     (int)(r.came < 80 ? r.came : 80), got);
}

static void try_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool reads;

	if (fd < 0) {
		ktap_skip("%s: %s", path, strerror(errno));
		return;
	}
	reads = sendfile_reads(fd);
	for (unsigned int i = 0; i < nr_doors; i++)
		try_door(&doors[i], path, fd, reads);
	close(fd);
}

/* One of each for all files: to close a ring interrupts the next SEND. */
static void open_doors(void)
{
	static const enum door_kind kinds[] = { DOOR_SEND, DOOR_WAIT, DOOR_URING };

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i] == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
			ktap_skip("door %d: not in this kernel", kinds[i]);
			continue;
		}
		door_open(&doors[nr_doors], kinds[i]);
		if (dup3(dev, doors[nr_doors++].dev, O_CLOEXEC) < 0)
			die("the device from outside");
	}
}

/* The next child is in a PID namespace of its own, too. */
static void leave_namespaces(void)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS))
		ktap_skip_all("no namespaces: %s", strerror(errno));
	if (unshare(CLONE_NEWIPC))
		note("no namespace of IPC: %s", strerror(errno));
}

/* Its own mounts, network device and keys */
static void settle_in(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    shell("ip link set lo up && ip link set lo mtu 1234"))
		die("settling in the namespaces");
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "mine");
	syscall(SYS_add_key, "user", "secret-of-mine", "x", 1, KEY_SPEC_SESSION_KEYRING);
}

static int inside(void)
{
	settle_in();
	open_doors();
	for (unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_file(paths[i]);
	for (unsigned int i = 0; i < nr_doors; i++)
		door_close(&doors[i]);
	return ktap_done();
}

int main(void)
{
	int status;
	pid_t pid;

	dev = dev_open(0);
	leave_namespaces();
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("a process in the namespaces");
	if (!pid)
		return inside();
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KTAP_FAIL;
}
