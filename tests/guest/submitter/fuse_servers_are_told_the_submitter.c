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

#include "counters.h"
#include "fixture.h"
#include "fusefs.h"
#include "ktap.h"
#include "ways.h"

#define SIZE	(64 * KIB)

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

/* Nothing is sent, so there are no sockets. */
static int by_warming(const struct way *w, const struct request *list, const struct pair *p)
{
	struct zcopy_result res = { 0 };
	struct zcopy_sink sink;
	struct zcopy_send s;
	int err, n = 1, dev = dev_open(0);

	(void)p;
	request_fill(&s, &sink, list);
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

static const struct way warming[] = {
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
	struct pair p[WAY_SOCKETS];
	struct zcopy_elem e;
	struct request list = { .elems = &e, .nr = 1 };
	bool right = true;
	uint64_t refusals;
	int err, file;

	/* A new file has nothing in the cache. */
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("%s", path);
	e = elem_file(file, 0, SIZE);
	for (unsigned int i = 0; i < WAY_SOCKETS; i++)
		p[i] = pair_loopback(AF_INET);
	nr_reads = 0;
	nr_others = 0;
	request_flags = any ? ZCOPY_F_ANY_PID : 0;
	refusals = counter_of("reject_source_tells_pid");
	err = way_run(w, &list, p);
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
	for (unsigned int i = 0; i < WAY_SOCKETS; i++)
		pair_close(&p[i]);
	close(file);
}

static void both(const struct way *w, const char *dir)
{
	static unsigned int nr;
	char path[64];

	for (int any = 0; any < 2; any++) {
		snprintf(path, sizeof(path), "%s/f%u", dir, nr++);
		one(w, path, any);
	}
}

static void all(const char *dir)
{
	for (unsigned int i = 0; i < WAYS; i++) {
		if (way_possible(&ways[i]))
			both(&ways[i], dir);
	}
	for (unsigned int i = 0; i < sizeof(warming) / sizeof(warming[0]); i++)
		both(&warming[i], dir);
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
