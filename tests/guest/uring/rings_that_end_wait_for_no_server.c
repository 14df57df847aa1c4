// SPDX-License-Identifier: GPL-2.0
/*
 * A ring ends while its commands cannot: their file's server does not answer, or their
 * task is stopped.  The ring does not wait for the server, and the CPUs idle.  The
 * transfers end when the server answers or its file system is aborted, and write
 * nothing into the memory of a command that has ended.
 * guest: timeout=150 takes=13
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "mutefs.h"
#include "peers.h"
#include "ring.h"

#define NR		4
#define LOOK_MS		500
#define LOOKS		40		/* until the guest was calm for one of them */
#define PATIENCE_MS	(20000 * guest_scale())

enum { CLOSE_RING, KILL, EXEC, THREAD_EXITS, HOWS };

static const char *const hows[] = {
	"the ring is closed", "the process is killed",
	"the process executes another program",
	"the thread that submitted exits, then the ring is closed",
};

static struct mutefs mute;
static unsigned int names;
static struct raw q[2 * NR];
static struct ring r;

/* Commands of one task; each has a file and a socket of its own. */
struct errand {
	unsigned int how, kind;
	int file[NR];
	struct pair s[NR];
	int talk[2];		/* to its process, and that one's end */
	pid_t pid;
	uint64_t cancelled;	/* the counter, once all are */
};

static int open_file(bool asks)
{
	char path[40];
	int fd;

	if (!asks)
		return file_to_read("plain", MUTEFS_SIZE);
	snprintf(path, sizeof(path), "mute/f%u", names++);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

/* @asks: the files have the mute server; otherwise the sockets are full at once. */
static void errand_open(struct errand *e, bool asks)
{
	unsigned int i;

	mutefs_mute(&mute, 0);
	for (i = 0; i < NR; i++) {
		e->file[i] = open_file(asks);
		e->s[i] = pair_open(!asks);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e->talk))
		die("socketpair");
	mute.unanswered = 0;
	mutefs_mute(&mute, MUTE_READ);
	e->cancelled = counter_of("transfers_cancelled") + NR;
}

static void errand_close(struct errand *e)
{
	unsigned int i;

	if (e->pid) {
		kill(e->pid, SIGKILL);
		waitpid(e->pid, NULL, 0);
	}
	for (i = 0; i < NR; i++) {
		close(e->file[i]);
		close(e->s[i].near);
		close(e->s[i].far);
	}
	close(e->talk[0]);
}

/* Submits the commands with the numbers @from and up; true once they all live. */
static bool submit(unsigned int from, unsigned int flags, const struct errand *e)
{
	unsigned int before = live_count(), i;
	int dev = dev_open(0);

	for (i = 0; i < NR; i++) {
		struct io_uring_sqe *sqe = ring_sqe(&r);
		struct raw *p = &q[from + i];

		raw_fill(p, e->s[i].near, e->file[i], 0, MUTEFS_SIZE);
		p->s.results = (uintptr_t)&p->r;
		p->s.result_size = sizeof(p->r);
		ring_send(sqe, dev, &p->s, from + i);
		sqe->flags = flags;
	}
	if (ring_submit(&r) != NR || !live_becomes(before + NR, PATIENCE_MS))
		return false;
	close(dev);
	return true;
}

static void begin(const struct errand *e)
{
	if (ring_open(&r, 2 * NR, ring_kinds[e->kind].setup))
		_exit(77);
	if (!submit(0, ring_kinds[e->kind].flags, e))
		_exit(1);
}

static void *begin_in_thread(void *arg)
{
	begin(arg);
	return NULL;
}

/* All commands live; returns when the test has seen them. */
static void report(const struct errand *e)
{
	char c;

	if (write(e->talk[1], "x", 1) != 1 || read(e->talk[1], &c, 1) != 1)
		_exit(2);
}

static void execute(void)
{
	execl("/bin/sleep", "sleep", "1000", NULL);
	_exit(3);
}

/* The process whose ring ends */
static void own(struct errand *e)
{
	pthread_t thread;

	if (e->how == THREAD_EXITS) {
		if (pthread_create(&thread, NULL, begin_in_thread, e))
			_exit(4);
		pthread_join(thread, NULL);
	} else {
		begin(e);
	}
	report(e);
	if (e->how == CLOSE_RING || e->how == THREAD_EXITS)
		ring_close(&r);
	if (e->how == EXEC)
		execute();
}

/* Starts the process, and lets it go on once @asked reads wait.  False: it ended. */
static bool errand_start(struct errand *e, void (*act)(struct errand *e),
			 unsigned int asked)
{
	char c;

	fflush(stdout);
	e->pid = fork();
	if (!e->pid) {
		/* Only the test may keep the file system. */
		close(mute.fs.fuse);
		close(e->talk[0]);
		act(e);
		for (;;)
			pause();
	}
	close(e->talk[1]);
	if (read(e->talk[0], &c, 1) != 1)
		return false;
	if (!mutefs_silent(&mute, asked, PATIENCE_MS))
		die("the server was not asked");
	return write(e->talk[0], &c, 1) == 1;
}

static bool became_sleep(pid_t pid)
{
	char path[40], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && !fgets(comm, sizeof(comm), f))
		comm[0] = 0;
	if (f)
		fclose(f);
	return !strcmp(comm, "sleep\n");
}

static bool soon_sleeps(pid_t pid)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (!became_sleep(pid) && now_ms() < end)
		sleep_ms(20);
	return became_sleep(pid);
}

static bool devices_close(void)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (counter_of("devices_open") && now_ms() < end)
		sleep_ms(20);
	return !counter_of("devices_open");
}

/* The rest of the machine works now and then: the calmest of a few looks counts. */
static bool idle(void)
{
	unsigned int tries;
	uint64_t worked = 0;

	for (tries = 0; tries < LOOKS; tries++) {
		worked = cpu_ns();
		sleep_ms(LOOK_MS);
		worked = cpu_ns() - worked;
		if (worked < LOOK_MS * 1000000ULL / 2)
			return true;
	}
	note("%llu ms of work in %u ms", (unsigned long long)worked / 1000000, LOOK_MS);
	return false;
}

/* The server answers, or its file system is aborted; then all is at rest. */
static void recovers(const char *what, const char *kind, bool abort,
		     uint64_t cancelled)
{
	if (abort)
		umount2(mute.fs.dir, MNT_FORCE);
	else
		mutefs_mute(&mute, 0);
	ktap_ok(live_becomes(0, PATIENCE_MS) && counters_rest(),
		"%s, %s: the transfers end when the server %s", what, kind,
		abort ? "is aborted" : "answers");
	/* What is aborted has failed. */
	ktap_ok(abort || counter_of("transfers_cancelled") == cancelled,
		"%s, %s: all were cancelled", what, kind);
}

static void gone(struct errand *e, bool abort)
{
	const char *what = hows[e->how], *kind = ring_kinds[e->kind].name;

	if (e->how == KILL) {
		kill(e->pid, SIGKILL);
		waitpid(e->pid, NULL, 0);
	}
	if (e->how == EXEC)
		ktap_ok(soon_sleeps(e->pid), "%s, %s: it does", what, kind);
	ktap_ok(idle(), "%s, %s: the CPUs idle", what, kind);
	ktap_ok(devices_close(), "%s, %s: the ring is gone", what, kind);
	ktap_eq(live_count(), NR, "%s, %s: the transfers wait on", what, kind);
	recovers(what, kind, abort, e->cancelled);
	if (e->how == KILL)
		e->pid = 0;
}

static void once(unsigned int how, unsigned int kind, bool abort)
{
	struct errand e = { .how = how, .kind = kind };
	int status = 0;

	errand_open(&e, true);
	if (errand_start(&e, own, NR)) {
		gone(&e, abort);
	} else {
		waitpid(e.pid, &status, 0);
		e.pid = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			ktap_skip("%s: no such ring here", ring_kinds[kind].name);
		else
			ktap_ok(0, "%s, %s: parked (status %x)", hows[how],
				ring_kinds[kind].name, status);
	}
	errand_close(&e);
}

/* Leaves the ring to the test, and is stopped. */
static void submit_and_stop(struct errand *e)
{
	if (!submit(0, 0, e))
		_exit(1);
	ring_close(&r);
	report(e);
	raise(SIGSTOP);
}

static void stopped_submitter(void)
{
	struct errand e = { .how = CLOSE_RING };

	errand_open(&e, false);
	if (ring_open(&r, 2 * NR, 0) || !errand_start(&e, submit_and_stop, 0))
		die("a submitter");
	waitpid(e.pid, NULL, WUNTRACED);
	ring_close(&r);
	ktap_ok(live_becomes(0, PATIENCE_MS), "a stopped submitter: the transfers end");
	ktap_ok(idle(), "a stopped submitter: the CPUs idle");
	kill(e.pid, SIGCONT);
	ktap_ok(devices_close(), "the submitter goes on: the ring is gone");
	ktap_eq(counter_of("transfers_cancelled"), e.cancelled, "all were cancelled");
	errand_close(&e);
}

static void submit_and_execute(struct errand *e)
{
	if (!submit(NR, 0, e))
		_exit(1);
	report(e);
	execute();
}

/* The results of the test's own commands */
static void no_results(const char *when)
{
	unsigned int i, sizes = 0;

	for (i = 0; i < NR; i++)
		sizes += q[i].r.size;
	ktap_eq(sizes, 0, "a shared ring: no results %s", when);
}

/* The end of one task cancels the commands of all that share the ring. */
static void shared_ring(void)
{
	struct errand mine = { .how = EXEC }, other = { .how = EXEC };
	struct io_uring_cqe cqe = { 0 };
	unsigned int right = 0, i;

	if (!dev_has(ZCOPY_FEAT_URING_CANCEL)) {
		ktap_skip("a shared ring: commands of others go on here");
		return;
	}
	errand_open(&mine, true);
	errand_open(&other, true);
	if (ring_open(&r, 4 * NR, 0) || !submit(0, 0, &mine) ||
	    !errand_start(&other, submit_and_execute, 2 * NR))
		die("a shared ring");
	ktap_ok(soon_sleeps(other.pid), "a shared ring: one process executes a program");
	for (i = 0; i < 2 * NR && ring_wait(&r, &cqe, PATIENCE_MS); i++)
		right += cqe.res == -ECANCELED;
	ktap_eq(right, 2 * NR, "a shared ring: all its commands are cancelled");
	no_results("come with that");
	recovers("a shared ring", "plain", false, other.cancelled + NR);
	no_results("come later");
	ring_close(&r);
	close(mine.talk[1]);
	errand_close(&mine);
	errand_close(&other);
}

/*
 * Linux 6.12 with lock checking takes each completion of a ring with deferred task work
 * for a fault once the ring is closed while its submitter lives.  Later kernels do not.
 */
static bool taken_for_a_fault(unsigned int how, unsigned int kind)
{
	return guest_is_debug() && how == CLOSE_RING &&
	       ring_kinds[kind].setup & RING_DEFER_TASKRUN;
}

int main(void)
{
	unsigned int how, kind;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	if (!mutefs_start(&mute, "mute", 0))
		ktap_skip_all("no FUSE here");
	stopped_submitter();
	shared_ring();
	for (how = 0; how < HOWS; how++)
		for (kind = 0; kind < RING_KINDS; kind++)
			if (taken_for_a_fault(how, kind))
				ktap_skip("%s, %s: Linux 6.12 with lock checking complains",
					  hows[how], ring_kinds[kind].name);
			else
				once(how, kind, false);
	once(CLOSE_RING, 0, true);
	mutefs_end(&mute);
	return ktap_done();
}

