// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel generates files under /proc and /sys for the task that reads them, in
 * the namespaces of that task.  A transfer sends what its submitter would have
 * read, up to the end that reading finds, whatever size the file reports.  This
 * holds for each door but netlink, which refuses such files.
 *
 * needs: zcopy nl
 * guest: timeout=120
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define ROOM	(512 * KIB)
#define EOF_	ZCOPY_LEN_EOF

static const char *const door_names[] = {
	[DOOR_SEND] = "send", [DOOR_WAIT] = "submit", [DOOR_READ] = "submit, read",
	[DOOR_NETLINK] = "netlink", [DOOR_URING] = "io_uring",
};

/* A part of a file, and what must come of it */
struct row {
	const char *path;
	uint64_t off, len;
	uint32_t status;
};

static char want[ROOM], got[ROOM];
/* One for all files: to close a ring interrupts a SEND that comes some time later. */
static struct door ring;

/* As read(2) has it, here and now */
static size_t read_file(int fd, uint64_t off, uint64_t len)
{
	size_t n = 0, most = len < ROOM ? len : ROOM;
	ssize_t k;

	while (n < most && (k = pread(fd, want + n, most - n, off + n)) > 0)
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

static void try_door(enum door_kind kind, const struct row *row, int fd, bool reads)
{
	struct zcopy_elem e = elem_file(fd, row->off, row->len);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	size_t n = read_file(fd, row->off, row->len), came;
	struct zcopy_result res = { 0 };
	struct door own = { 0 }, *d = kind == DOOR_URING ? &ring : &own;
	int err;

	if (d == &own)
		door_open(d, kind);
	err = door_run(d, &q, &res);
	came = arrived(&p);
	if (!reads || kind == DOOR_NETLINK) {
		ktap_ok(err == -EOPNOTSUPP && !came, "%s, by %s: refused%s", row->path,
			door_names[kind], reads ? "" : ", as by sendfile(2)");
		goto out;
	}
	if (err || res.status != row->status)
		note("error %d, status %u, error %u, %.30s", err, res.status, res.error,
		     came ? got : "nothing came");
	ktap_ok(!err && res.status == row->status && result_adds_up(&res) &&
		came == n && res.bytes == n && !memcmp(got, want, n),
		"%s from %llu, by %s: %zu bytes as read(2) has them", row->path,
		(unsigned long long)row->off, door_names[kind], n);
out:
	if (d == &own)
		door_close(d);
	pair_close(&p);
}

static void try_row(const struct row *row)
{
	int fd = open(row->path, O_RDONLY | O_CLOEXEC);
	bool reads;

	if (fd < 0) {
		ktap_skip("%s: %s", row->path, strerror(errno));
		return;
	}
	reads = sendfile_reads(fd);
	for (unsigned int i = 0; i < sizeof(door_names) / sizeof(door_names[0]); i++)
		if (i != DOOR_URING || dev_has(ZCOPY_FEAT_URING))
			try_door(i, row, fd, reads);
	close(fd);
}

static const struct row rows[] = {
	{ "/proc/sys/kernel/hostname", 0, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/sys/kernel/hostname", 3, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/sys/kernel/hostname", 0, 4, ZCOPY_STATUS_DONE },
	{ "/proc/sys/kernel/hostname", 0, 4096, ZCOPY_STATUS_TRUNCATED },
	{ "/proc/sys/kernel/hostname", 4096, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/self/cgroup", 0, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/self/mountinfo", 0, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/self/uid_map", 0, EOF_, ZCOPY_STATUS_DONE },
	{ "/proc/net/tcp", 0, 100, ZCOPY_STATUS_DONE },
	{ "/proc/version", 0, EOF_, ZCOPY_STATUS_DONE },
	/* This file reports a size of 4096 bytes. */
	{ "/sys/kernel/mm/transparent_hugepage/enabled", 0, EOF_, ZCOPY_STATUS_DONE },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", 2, EOF_, ZCOPY_STATUS_DONE },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", 0, 4096,
	  ZCOPY_STATUS_TRUNCATED },
	{ "/sys/module/zcopy/refcnt", 4096, EOF_, ZCOPY_STATUS_DONE },
	{ "/sys/fs/cgroup/inner/cgroup.procs", 0, EOF_, ZCOPY_STATUS_DONE },
};

/* A process in a cgroup, host name and namespaces of its own */
static void move_out(void)
{
	mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	mkdir("/sys/fs/cgroup/inner", 0755);
	if (shell("echo %d >/sys/fs/cgroup/inner/cgroup.procs", getpid()))
		note("no cgroup of its own");
	if (sethostname("outer-machine", 13) ||
	    unshare(CLONE_NEWUTS | CLONE_NEWCGROUP) || sethostname("inner-box", 9))
		ktap_skip_all("no namespaces: %s", strerror(errno));
}

/* A file too long to hold in memory is refused where workers would read it. */
static void try_long(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct zcopy_elem e = elem_file(fd, 0, EOF_);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct zcopy_result res;
	struct door d = { 0 };
	struct zcopy_elem part = elem_file(fd, 0, 60 * KIB);
	uint64_t id;

	if (fd < 0) {
		ktap_skip("a long one: %s", strerror(errno));
		return;
	}
	door_open(&d, DOOR_WAIT);
	ktap_eq(door_start(&d, &q, &id), -EOPNOTSUPP, "a long one is refused");
	q.elems = &part;
	ktap_eq(door_run(&d, &q, &res), 0, "but not a part of it");
	ktap_ok(res.status == ZCOPY_STATUS_DONE && res.bytes == 60 * KIB &&
		result_copied_for(&res, ZCOPY_COPY_NO_CACHE),
		"which was copied for want of a page cache");
	door_close(&d);
	pair_close(&p);
	close(fd);
}

/* To several sockets it is read once, and each gets it. */
static void try_many(void)
{
	int fd = open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC);
	struct zcopy_elem e[2] = { elem_file(fd, 0, EOF_), elem_memory("!", 1) };
	struct zcopy_sink sinks[3] = { 0 };
	struct zcopy_result res[3] = { 0 };
	struct request q = { .elems = e, .nr = 2 };
	struct zcopy_send s;
	struct pair p[3];
	int dev = dev_open(0), good = 0;

	for (int i = 0; i < 3; i++)
		p[i] = pair_loopback(AF_INET);
	q.sock = p[0].near;
	request_fill(&s, &sinks[0], &q);
	for (int i = 0; i < 3; i++)
		sinks[i] = (struct zcopy_sink) { .fd = p[i].near };
	s.sinks = (uintptr_t)sinks;
	s.nr_sinks = 3;
	s.results = (uintptr_t)res;
	s.result_size = sizeof(res[0]);
	ktap_eq(ioctl(dev, ZCOPY_IOC_SEND, &s), 0, "send to three");
	for (int i = 0; i < 3; i++) {
		good += arrived(&p[i]) == 11 && !memcmp(got, "inner-box\n!", 11);
		pair_close(&p[i]);
	}
	ktap_eq(good, 3, "all have it, and what comes after");
	close(fd);
	close(dev);
}

int main(void)
{
	move_out();
	if (dev_has(ZCOPY_FEAT_URING))
		door_open(&ring, DOOR_URING);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
	try_long();
	try_many();
	return ktap_done();
}
