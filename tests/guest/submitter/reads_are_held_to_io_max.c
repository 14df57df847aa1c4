// SPDX-License-Identifier: GPL-2.0
/*
 * Reads for a transfer obey io.max of its submitter's cgroup and count in its
 * io.stat, through every door and with every way to read the file.  The cgroup can
 * be frozen meanwhile, and removed once its processes are gone.
 *
 * needs: zcopy nl
 * guest: timeout=150 takes=11
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cached.h"
#include "counters.h"
#include "doors.h"
#include "fixture.h"
#include "peers.h"

#define TOP	"/sys/fs/cgroup"
#define INNER	TOP "/limited"
#define EACH	(2 * MIB)
#define BPS	(2 * MIB)	/* io.max */

static const char *const door_names[] = {
	[DOOR_SEND] = "send", [DOOR_WAIT] = "submit", [DOOR_READ] = "submit, read",
	[DOOR_NETLINK] = "netlink", [DOOR_URING] = "io_uring",
};

static bool put(const char *path, const char *fmt, ...)
{
	char text[100];
	va_list ap;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	done = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return done;
}

/* The number behind a word in a file, or the first one; -1: not there */
static long long get(const char *path, const char *word)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at = text;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	if (word)
		at = strstr(text, word);
	return n > 0 && at ? atoll(at + (word ? strlen(word) : 0)) : -1;
}

static bool rest(const char *path, const char *word, long long value)
{
	for (unsigned int i = 0; i < 200 * guest_scale(); i++) {
		if (get(path, word) >= value)
			return true;
		sleep_ms(100);
	}
	return false;
}

/* Waits until the cgroup, which has no process, can be removed. */
static bool removed(const char *path)
{
	for (unsigned int i = 0; i < 200 * guest_scale(); i++) {
		if (!rmdir(path))
			return true;
		sleep_ms(100);
	}
	return false;
}

/* A function in a process of its own, in the cgroup; what it returned */
static int inside(int (*what)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!put(INNER "/cgroup.procs", "0"))
			_exit(99);
		_exit(what(arg));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static void *read_all(void *arg)
{
	static char buf[256 * KIB];
	const int *fd = arg;

	while (recv(*fd, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

/* ---- io.max ---- */

struct way {
	enum door_kind kind;
	uint32_t flags;
	uint64_t from;		/* in the file: not where the last transfer's pages are */
};

static int sends_cold(void *arg)
{
	const struct way *way = arg;
	int fd = open("disk/cold", O_RDONLY | O_CLOEXEC);
	struct zcopy_elem e = elem_file(fd, way->from, EACH);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .flags = way->flags };
	struct zcopy_result res;
	pthread_t reader;
	struct door d;
	int err;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	pthread_create(&reader, NULL, read_all, &p.far);
	door_open(&d, way->kind);
	err = door_run(&d, &q, &res);
	door_close(&d);
	return err || res.status != ZCOPY_STATUS_DONE || res.bytes != EACH;
}

static void one_way(struct way *way)
{
	long long read = get(INNER "/io.stat", "rbytes=");
	int ret, cold = open("disk/cold", O_RDONLY | O_CLOEXEC);
	uint64_t t;

	/* Waits for buffers of an earlier transfer that hold its pages. */
	cached_drop(cold);
	close(cold);
	t = now_ms();
	ret = inside(sends_cold, way);
	t = now_ms() - t;
	if (read < 0)
		read = 0;
	/* The kernel adds up the counts of the CPUs a little later. */
	rest(INNER "/io.stat", "rbytes=", read + (long long)EACH * 3 / 4);
	read = get(INNER "/io.stat", "rbytes=") - read;
	ktap_ok(!ret && t > 600ULL * EACH / BPS, "%s%s: %llu ms (%d)", door_names[way->kind],
		way->flags ? ", stable" : "", (unsigned long long)t, ret);
	ktap_ok(read >= (long long)EACH * 3 / 4, "and counted there: %lld bytes", read);
}

static void io_max(void)
{
	struct stat st;
	int fd;

	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL) || stat("/dev/vda", &st))
		die("a disk");
	fd = file_to_read("disk/cold", 2 * EACH);
	fsync(fd);
	close(fd);
	if (!put(INNER "/io.max", "%u:%u rbps=%llu", major(st.st_rdev), minor(st.st_rdev),
		 (unsigned long long)BPS)) {
		ktap_skip("no io.max in this kernel");
		return;
	}
	for (enum door_kind k = 0; k <= DOOR_URING; k++) {
		if (k == DOOR_URING && !dev_has(ZCOPY_FEAT_URING))
			continue;
		one_way(&(struct way){ .kind = k });
		one_way(&(struct way){ .kind = k, .flags = ZCOPY_F_STABLE, .from = EACH });
	}
	put(INNER "/io.max", "%u:%u rbps=max", major(st.st_rdev), minor(st.st_rdev));
}

/* ---- the cgroup is let go of ---- */

/* To a peer that does not read; the device stays open. */
static void stalls(void)
{
	int dev = dev_open(0), file = file_to_read("hot", EACH);
	struct raw q;
	struct pair s = pair_open(true);

	raw_fill(&q, s.near, file, 0, EACH);
	if (raw_submit(dev, &q))
		_exit(1);
	for (;;)
		pause();
}

static pid_t start_inside(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		if (!put(INNER "/cgroup.procs", "0"))
			_exit(99);
		what();
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void freezes(void)
{
	pid_t pid = start_inside(stalls);

	sleep_ms(500);
	put(INNER "/cgroup.freeze", "1");
	ktap_ok(rest(INNER "/cgroup.events", "frozen ", 1), "frozen: the cgroup freezes");
	put(INNER "/cgroup.freeze", "0");
	stop(pid);
	ktap_ok(removed(INNER), "frozen: and can be removed when its process is gone");
}

int main(void)
{
	mount("none", TOP, "cgroup2", 0, NULL);
	put(TOP "/cgroup.subtree_control", "+io");
	if (mkdir(INNER, 0755))
		ktap_skip_all("no cgroups: %s", strerror(errno));
	io_max();
	freezes();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

