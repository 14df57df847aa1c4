// SPDX-License-Identifier: GPL-2.0
/*
 * A program that has to permit each read of a file (fanotify) is told which process reads,
 * and may decide by it.  So it is told the submitter; and where a worker would read, the
 * transfer is refused, unless its submitter allows any pid.  A listener that only hears of
 * reads stops nothing, and may be told a worker.
 *
 * needs: zcopy nl
 * guest: timeout=120 takes=10
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "fixture.h"
#include "ktap.h"
#include "ways.h"

/* More than the first turn, which the submitter may run */
#define SIZE	(4 * (off_t)MIB)
#define DIR	"guarded"
#define PATH	DIR "/file"

struct guard {
	const char *what, *path;
	unsigned int mark;
	uint64_t event;
	bool hidden;		/* on 6.1, from modules */
};

static const struct guard guards[] = {
	{ "a file", PATH, 0, FAN_ACCESS_PERM, false },
	{ "a directory", DIR, 0, FAN_ACCESS_PERM | FAN_EVENT_ON_CHILD, false },
	{ "a mount", PATH, FAN_MARK_MOUNT, FAN_ACCESS_PERM, true },
	{ "a file system", PATH, FAN_MARK_FILESYSTEM, FAN_ACCESS_PERM, false },
};

static int listener;
static unsigned int nr_mine, nr_workers;
static bool stop;

static bool is_worker(pid_t pid)
{
	char path[40], comm[20] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = 0;
	fclose(f);
	return !strncmp(comm, "zcopy/", 6);
}

static void hear(const struct fanotify_event_metadata *e)
{
	struct fanotify_response yes = { .fd = e->fd, .response = FAN_ALLOW };

	if (e->pid == getpid())
		__atomic_add_fetch(&nr_mine, 1, __ATOMIC_RELAXED);
	else if (is_worker(e->pid))
		__atomic_add_fetch(&nr_workers, 1, __ATOMIC_RELAXED);
	if (e->mask & FAN_ACCESS_PERM &&
	    write(listener, &yes, sizeof(yes)) != sizeof(yes))
		die("an answer");
	close(e->fd);
}

static void *listen_run(void *arg)
{
	struct fanotify_event_metadata buf[64], *e;
	struct pollfd p = { .fd = listener, .events = POLLIN };
	ssize_t n;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (poll(&p, 1, 20) <= 0)
			continue;
		n = read(listener, buf, sizeof(buf));
		for (e = buf; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n))
			hear(e);
	}
	return NULL;
}

static bool listen_begins(pthread_t *t, unsigned int class, const struct guard *g)
{
	nr_mine = 0;
	nr_workers = 0;
	stop = false;
	listener = fanotify_init(class | FAN_CLOEXEC, O_RDONLY);
	if (listener < 0)
		return false;
	if (fanotify_mark(listener, FAN_MARK_ADD | g->mark, g->event, AT_FDCWD, g->path))
		die("a mark");
	if (pthread_create(t, NULL, listen_run, NULL))
		die("a thread");
	return true;
}

static void listen_ends(pthread_t t)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	close(listener);
}

static int open_it(void)
{
	int file = open(PATH, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		die(PATH);
	return file;
}

/* Returns what way_run() does, and whether all bytes came, if it is 0. */
static int send_it(const struct way *w, int file, bool any, bool *came)
{
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	struct reader readers[WAY_SOCKETS];
	struct pair p[WAY_SOCKETS];
	int err;

	for (unsigned int i = 0; i < w->socks; i++) {
		p[i] = pair_loopback(AF_INET);
		reader_expect(&readers[i], p[i].far, SIZE);
	}
	request_flags = any ? ZCOPY_F_ANY_PID : 0;
	err = way_run(w, &list, p);
	request_flags = 0;
	*came = true;
	for (unsigned int i = 0; i < w->socks; i++) {
		close(p[i].near);
		*came &= reader_got(&readers[i]) == (err ? 0 : SIZE);
		close(p[i].far);
	}
	return err;
}

static void one(const struct way *w, const struct guard *g, bool any)
{
	const char *kernel = getenv("GUEST_KERNEL");
	bool seen = !g->hidden || !kernel || strcmp(kernel, "6.1");
	uint64_t refusals = counter_of("reject_source_guarded");
	int err, file = open_it();
	bool came;

	nr_mine = 0;
	nr_workers = 0;
	err = send_it(w, file, any, &came);
	close(file);
	refusals = counter_of("reject_source_guarded") - refusals;
	if (any || w->here || !seen) {
		ktap_ok(!err && came && !refusals, "%s, by %s%s: the bytes arrive", g->what,
			w->name, any ? ", any pid" : "");
		if (w->here)
			ktap_ok(nr_mine && !nr_workers, "%s, by %s: its guard is told the submitter",
				g->what, w->name);
		else
			ktap_ok(nr_workers, "%s, by %s: its guard is told a worker", g->what,
				w->name);
	} else if (!ktap_ok(err == -EOPNOTSUPP && refusals == 1 && !nr_mine && !nr_workers &&
			    came, "%s, by %s: refused, and nobody is asked", g->what, w->name)) {
		note("error %d, %u and %u times asked", err, nr_mine, nr_workers);
	}
}

static void guarded(const struct guard *g)
{
	pthread_t t;

	if (!listen_begins(&t, FAN_CLASS_CONTENT, g))
		ktap_skip_all("no fanotify in this kernel");
	for (unsigned int i = 0; i < WAYS; i++) {
		if (!way_possible(&ways[i]))
			continue;
		one(&ways[i], g, false);
		one(&ways[i], g, true);
	}
	listen_ends(t);
}

static const struct way *submit(void)
{
	for (unsigned int i = 0; i < WAYS; i++) {
		if (ways[i].door == DOOR_WAIT)
			return &ways[i];
	}
	die("no SUBMIT");
}

/* Newer kernels do not ask a guard about a file that was opened before the guard came. */
static void opened_before(void)
{
	int err, file = open_it();
	pthread_t t;
	bool came;

	listen_begins(&t, FAN_CLASS_CONTENT, &guards[0]);
	err = send_it(submit(), file, false, &came);
	ktap_ok(came && !nr_workers && !nr_mine && (!err || err == -EOPNOTSUPP),
		"a guard of an open file: refused, or nobody is asked (%d)", err);
	listen_ends(t);
	close(file);
}

/* As above; where the guard is asked, it is told a worker. */
static void submitted_before(void)
{
	struct pair p = pair_tight(AF_INET);
	int file = open_it(), dev = dev_open(0);
	struct zcopy_result res;
	struct reader reader;
	struct raw q;
	pthread_t t;

	raw_fill(&q, p.near, file, 0, SIZE);
	if (raw_submit(dev, &q))
		die("a submission");
	live_stalled();
	listen_begins(&t, FAN_CLASS_CONTENT, &guards[0]);
	reader_expect(&reader, p.far, SIZE);
	ktap_ok(dev_wait(dev, 0, &res, 1, 1, RESULT_MS) == 1 &&
		res.status == ZCOPY_STATUS_DONE && reader_got(&reader) == SIZE,
		"a guard that comes after the submission: it goes on");
	ktap_ok(!nr_mine, "it is told a worker, or not asked (%u)", nr_workers);
	listen_ends(t);
	pair_close(&p);
	close(file);
	close(dev);
}

static void heard(void)
{
	const struct guard g = { "a file", PATH, 0, FAN_ACCESS, false };
	bool came = true;
	pthread_t t;
	int err = 0, file;

	listen_begins(&t, FAN_CLASS_NOTIF, &g);
	file = open_it();
	/* A worker that ended before the listener came to look is not known to be one. */
	for (unsigned int i = 0; i < 5 && !err && came && !nr_workers; i++) {
		err = send_it(submit(), file, false, &came);
		for (unsigned int j = 0; j < 100 * guest_scale() && !nr_workers; j++)
			sleep_ms(50);
	}
	ktap_ok(!err && came && nr_workers, "a listener that stops nothing is told a worker");
	close(file);
	listen_ends(t);
}

int main(void)
{
	mkdir(DIR, 0755);
	if (mount(DIR, DIR, "tmpfs", 0, "mode=755"))
		die("a tmpfs");
	close(file_to_read(PATH, SIZE));
	for (unsigned int i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		guarded(&guards[i]);
	opened_before();
	submitted_before();
	heard();
	ktap_ok(counters_rest(), "at rest");
	umount2(DIR, MNT_DETACH);
	return ktap_done();
}
