// SPDX-License-Identifier: GPL-2.0
/*
 * A FUSE server learns which process reads, and may answer by it.  So it is told the
 * submitter; and where a worker would read, the transfer is refused, unless its submitter
 * allows any pid.  An overlay of such files is the same.
 *
 * needs: zcopy nl
 * guest: timeout=120
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "fusefs.h"
#include "ktap.h"
#include "peers.h"
#include "refuse.h"

#define SIZE	(64 * KIB)
#define SOCKETS	2

static struct fusefs fs;
static unsigned int nr_reads, nr_others;
static char got[SIZE];

static bool note_reader(struct fusefs *f, const struct fuse_in_header *in, const void *arg)
{
	(void)f;
	(void)arg;
	if (in->opcode == FUSE_READ) {
		__atomic_add_fetch(&nr_reads, 1, __ATOMIC_RELAXED);
		if (in->pid != (uint32_t)getpid())
			__atomic_add_fetch(&nr_others, 1, __ATOMIC_RELAXED);
	}
	return false;
}

static char byte_at(uint64_t off)
{
	return off * 7 + off / 4096;
}

static void answer(struct fusefs *f, uint64_t unique, uint64_t off, uint32_t size)
{
	static char buf[FUSEFS_MOST];

	if (off + size > SIZE)
		size = off < SIZE ? SIZE - off : 0;
	for (uint32_t i = 0; i < size; i++)
		buf[i] = byte_at(off + i);
	fusefs_reply(f, unique, 0, buf, size);
}

/* A way to have the file sent to one or two sockets */
struct way {
	const char *name;
	int (*run)(const struct way *w, struct zcopy_elem *e, const struct pair *p);
	enum door_kind door;
	unsigned int socks;
	bool here;			/* its caller reads */
};

static int by_door(const struct way *w, struct zcopy_elem *e, const struct pair *p)
{
	struct request q = { .elems = e, .nr = 1, .sock = p->near };
	struct zcopy_result res = { 0 };
	struct door d = { 0 };
	int err;

	door_open(&d, w->door);
	err = door_run(&d, &q, &res);
	door_close(&d);
	/* What the kernel has a task do for its closed ring interrupts the next SEND. */
	if (w->door == DOOR_URING)
		sleep_ms(50);
	return err ?: res.status == ZCOPY_STATUS_DONE ? 0 : -EIO;
}

static void fill(struct zcopy_send *s, struct zcopy_sink *sink, struct zcopy_elem *e,
		 const struct pair *p)
{
	struct request q = { .elems = e, .nr = 1, .sock = p->near };

	request_fill(s, sink, &q);
}

static int by_batch(const struct way *w, struct zcopy_elem *e, const struct pair *p)
{
	struct zcopy_send s[SOCKETS];
	struct zcopy_sink sink[SOCKETS];
	struct zcopy_result res[SOCKETS];
	struct zcopy_batch b = {
		.size = sizeof(b), .sends = (uintptr_t)s, .nr_sends = w->socks,
		.send_size = sizeof(*s),
	};
	int err, n, dev = dev_open(0);

	for (unsigned int i = 0; i < w->socks; i++)
		fill(&s[i], &sink[i], e, &p[i]);
	err = ioctl(dev, ZCOPY_IOC_BATCH, &b) ? -errno : 0;
	n = err ? 0 : dev_wait(dev, 0, res, w->socks, w->socks, RESULT_MS);
	close(dev);
	return err ?: n == (int)w->socks ? 0 : -EIO;
}

static int by_fan_out(const struct way *w, struct zcopy_elem *e, const struct pair *p)
{
	struct zcopy_sink sink[SOCKETS];
	struct zcopy_result res[SOCKETS];
	struct zcopy_send s;
	int err, dev = dev_open(0);

	fill(&s, sink, e, p);
	sink[1] = sink[0];
	sink[1].fd = p[1].near;
	s.nr_sinks = w->socks;
	s.results = (uintptr_t)res;
	s.result_size = sizeof(*res);
	err = ioctl(dev, ZCOPY_IOC_SEND, &s) ? -errno : 0;
	close(dev);
	return err;
}

static int by_warming(const struct way *w, struct zcopy_elem *e, const struct pair *p)
{
	struct zcopy_result res = { 0 };
	struct zcopy_sink sink;
	struct zcopy_send s;
	int err, n = 1, dev = dev_open(0);

	fill(&s, &sink, e, p);
	s.flags |= ZCOPY_F_WARM;
	s.sinks = 0;
	s.nr_sinks = 0;
	s.sink_size = 0;
	if (w->here) {
		s.results = (uintptr_t)&res;
		s.result_size = sizeof(res);
	}
	err = ioctl(dev, w->here ? ZCOPY_IOC_SEND : ZCOPY_IOC_SUBMIT, &s) ? -errno : 0;
	if (!err && !w->here)
		n = dev_wait(dev, 0, &res, 1, 1, RESULT_MS);
	close(dev);
	return err ?: n == 1 && res.status == ZCOPY_STATUS_DONE ? 0 : -EIO;
}

static const struct way ways[] = {
	{ "SEND", by_door, DOOR_SEND, 1, true },
	{ "SUBMIT", by_door, DOOR_WAIT, 1, false },
	{ "netlink", by_door, DOOR_NETLINK, 1, false },
	{ "io_uring", by_door, DOOR_URING, 1, false },
	{ "BATCH", by_batch, DOOR_WAIT, 2, false },
	{ "SEND to two", by_fan_out, DOOR_SEND, 2, false },
	{ "SEND that warms", by_warming, DOOR_SEND, 0, true },
	{ "SUBMIT that warms", by_warming, DOOR_WAIT, 0, false },
};

static bool arrived(const struct pair *p)
{
	size_t n = 0;
	ssize_t k;

	while (n < SIZE && (k = recv(p->far, got + n, SIZE - n, 0)) > 0)
		n += k;
	for (size_t i = 0; i < n; i++) {
		if (got[i] != byte_at(i))
			return false;
	}
	return n == SIZE;
}

static void one(const struct way *w, const char *path, bool any)
{
	const char *how = any ? ", any pid" : "";
	struct pair p[SOCKETS];
	struct zcopy_elem e;
	bool right = true;
	uint64_t refusals;
	int err, file;

	/* A new file has nothing in the cache. */
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("%s", path);
	e = elem_file(file, 0, SIZE);
	for (unsigned int i = 0; i < SOCKETS; i++)
		p[i] = pair_loopback(AF_INET);
	nr_reads = 0;
	nr_others = 0;
	request_flags = any ? ZCOPY_F_ANY_PID : 0;
	refusals = counter_of("reject_source_tells_pid");
	err = w->run(w, &e, p);
	refusals = counter_of("reject_source_tells_pid") - refusals;
	if (err && any)
		note("error %d", err);
	if (any || w->here) {
		for (unsigned int i = 0; i < w->socks; i++)
			right &= arrived(&p[i]);
		ktap_ok(!err && right && nr_reads, "%s, by %s%s: the bytes arrive", path,
			w->name, how);
		ktap_ok(w->here ? !nr_others : nr_others, "%s, by %s%s: %s reads", path,
			w->name, how, w->here ? "the submitter" : "another task");
	} else {
		ktap_ok(err == -EOPNOTSUPP && refusals == 1 && !nr_reads,
			"%s, by %s: refused, and nothing is read", path, w->name);
	}
	for (unsigned int i = 0; i < SOCKETS; i++)
		pair_close(&p[i]);
	close(file);
}

static void all(const char *dir)
{
	static unsigned int nr;
	char path[64];

	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].door == DOOR_URING && !dev_has(ZCOPY_FEAT_URING))
			continue;
		for (int any = 0; any < 2; any++) {
			snprintf(path, sizeof(path), "%s/f%u", dir, nr++);
			one(&ways[i], path, any);
		}
	}
}

static uint64_t node_of(struct fusefs *f, const char *name)
{
	unsigned int nr;

	(void)f;
	return sscanf(name, "f%u", &nr) == 1 ? FUSEFS_NODE + nr : 0;
}

int main(void)
{
	fs = (struct fusefs){
		.size = SIZE, .valid = 1000, .keep = note_reader, .read = answer,
		.node_of = node_of,
	};
	if (!fusefs_start(&fs, "pids"))
		ktap_skip_all("no FUSE in this kernel");
	all("pids");
	mkdir("over", 0755);
	mkdir("empty", 0755);
	shell("modprobe -q overlay 2>/dev/null");
	if (mount("overlay", "over", "overlay", MS_RDONLY, "lowerdir=pids:empty"))
		ktap_skip("no overlayfs: %s", strerror(errno));
	else
		all("over");
	umount2("over", MNT_DETACH);
	fusefs_end(&fs);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
