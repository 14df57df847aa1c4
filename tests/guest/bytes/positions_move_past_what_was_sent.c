// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_F_POSITION: a send moves the given offset, or the file's own position, past
 * the sent bytes, and does so before a signal handler can look.  It moves nothing
 * if nothing was sent, and is refused where it would mean nothing.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "refuse.h"

#define SIZE	(4 * MIB)

static int dev, file;
static int64_t *watched, seen;

static void position(struct raw *q, int sock, int64_t *at, uint64_t len)
{
	raw_fill(q, sock, file, (uintptr_t)at, len);
	q->s.flags = ZCOPY_F_POSITION;
}

static void moved(void)
{
	struct raw q;
	int64_t off = 5;
	struct pair s = pair_open(false);

	lseek(file, 77, SEEK_SET);
	position(&q, s.near, &off, 1000);
	ktap_ok(!raw_send(dev, &q) && q.r.bytes == 1000 && off == 1005,
		"an offset is moved: %lld", (long long)off);
	ktap_ok(sock_check(s.far, 5, 1000) == 1000, "from there it was sent");
	ktap_eq(lseek(file, 0, SEEK_CUR), 77, "the file's own stays");
	position(&q, s.near, NULL, 1000);
	ktap_ok(!raw_send(dev, &q) && q.r.bytes == 1000, "the file's own serves too");
	ktap_ok(sock_check(s.far, 77, 1000) == 1000, "from there it was sent");
	ktap_eq(lseek(file, 0, SEEK_CUR), 1077, "it is moved");
	off = SIZE - 10;
	position(&q, s.near, &off, 100);
	ktap_ok(!raw_send(dev, &q) && q.r.status == ZCOPY_STATUS_TRUNCATED &&
		off == SIZE, "up to the end of the file, no further");
	ktap_ok(!raw_send(dev, &q) && !q.r.bytes && off == SIZE, "and stays there");
	close(s.near);
	close(s.far);
}

static void on_alarm(int sig)
{
	(void)sig;
	seen = watched ? *watched : lseek(file, 0, SEEK_CUR);
}

/* Sends to a peer that does not read, until the alarm interrupts. */
static void interrupted(int64_t *at, const char *what)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	/* More than one alarm, because the first may come before the send begins. */
	struct itimerval it = { .it_value = { 0, 300000 }, .it_interval = { 0, 300000 } };
	const struct itimerval none = { 0 };
	bool cut;
	struct raw q;
	struct pair s = pair_open(true);

	watched = at;
	seen = -1;
	lseek(file, 0, SEEK_SET);
	position(&q, s.near, at, SIZE);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	cut = !raw_send(dev, &q);
	setitimer(ITIMER_REAL, &none, NULL);
	ktap_ok(cut && q.r.status == ZCOPY_STATUS_CANCELLED &&
		q.r.bytes && q.r.bytes < SIZE, "%s: a signal ends it", what);
	ktap_eq(seen, q.r.bytes, "%s: its handler sees how far it went", what);
	close(s.near);
	ktap_eq(sock_check(s.far, 0, SIZE), seen, "%s: as far as what arrives", what);
	close(s.far);
}

static void full(void)
{
	int64_t off = 0;
	struct raw q;
	uint64_t sum = 0;
	struct pair s = pair_open(true);

	position(&q, s.near, &off, SIZE);
	q.s.flags |= ZCOPY_F_DONTWAIT;
	for (int i = 0; i < 3; i++) {
		if (raw_send(dev, &q) || q.r.status != ZCOPY_STATUS_AGAIN)
			die("not full");
		sum += q.r.bytes;
	}
	ktap_ok(sum && off == (int64_t)sum, "a socket that gets full: moved by %llu",
		(unsigned long long)sum);
	close(s.near);
	close(s.far);
}

static void *send_own(void *arg)
{
	struct raw *q = arg;

	raw_send(dev, q);
	return NULL;
}

/* Another file takes the descriptor's number before the send is done. */
static void replaced(void)
{
	int other = file_to_read("other", 100), kept = dup(file);
	struct pair s;
	struct raw q;
	pthread_t thread;

	s = pair_open(true);
	lseek(file, 0, SEEK_SET);
	position(&q, s.near, NULL, SIZE);
	if (pthread_create(&thread, NULL, send_own, &q))
		die("a thread");
	/* It waits for its peer. */
	if (!live_becomes(1, RESULT_MS))
		die("the send has not begun");
	live_stalled();
	dup2(other, file);
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "what was begun arrives");
	pthread_join(thread, NULL);
	ktap_eq(lseek(file, 0, SEEK_CUR), 0, "a file that took its number stays where it is");
	ktap_eq(lseek(kept, 0, SEEK_CUR), SIZE, "the one that was sent is moved");
	dup2(kept, file);
	close(kept);
	close(other);
	close(s.near);
	close(s.far);
}

static void refused(struct raw *q, const char *what, int err, const char *why)
{
	struct refuse before;

	refuse_before(&before, -1);
	ktap_eq(raw_send(dev, q), err, "%s: refused", what);
	ktap_ok(!refuse_after(&before, why), "%s: as %s", what, why);
}

/* sendfile(2) does not take it either. */
static void without_position(struct raw *q, int sock)
{
	int64_t off = 0;
	int fd;

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		ktap_skip("no file here that cannot seek");
		return;
	}
	position(q, sock, &off, 10);
	q->e[0].fd = fd;
	refused(q, "an offset in what cannot seek", -ESPIPE, "source_no_seek");
	position(q, sock, NULL, 10);
	q->e[0].fd = fd;
	refused(q, "the position of what cannot seek", -ESPIPE, "source_no_seek");
	close(fd);
}

static void refusals(void)
{
	long page = sysconf(_SC_PAGESIZE);
	int64_t *fixed = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t off = 0;
	struct raw q;
	struct zcopy_sink two[2];
	struct pair s = pair_open(false);

	position(&q, s.near, &off, 10);
	q.e[1] = q.e[0];
	q.s.nr_elems = 2;
	refused(&q, "two ranges", -EINVAL, "position_conflict");
	q.s.nr_elems = 0;
	refused(&q, "no range", -EINVAL, "position_conflict");
	position(&q, s.near, &off, 8);
	q.e[0].kind = ZCOPY_ELEM_MEMORY;
	q.e[0].fd = 0;
	refused(&q, "memory", -EINVAL, "position_conflict");
	position(&q, s.near, &off, 10);
	two[0] = two[1] = q.k;
	q.s.sinks = (uintptr_t)two;
	q.s.nr_sinks = 2;
	refused(&q, "two sockets", -EINVAL, "position_conflict");
	position(&q, s.near, (int64_t *)8, 10);
	refused(&q, "a bad address", -EFAULT, "bad_pointer");
	position(&q, s.near, fixed, 10);
	refused(&q, "what cannot be moved", -EFAULT, "bad_pointer");
	off = -1;
	position(&q, s.near, &off, 10);
	refused(&q, "a negative offset", -EINVAL, "range_overflow");
	ktap_eq(off, -1, "which stays");
	without_position(&q, s.near);
	lseek(file, 0, SEEK_SET);
	position(&q, s.near, NULL, 10);
	q.e[0].flags = 1;
	refused(&q, "an unknown flag of the range", -EINVAL, "flag_unknown");
	close(s.near);
	ktap_eq(sock_check(s.far, 0, 1), 0, "nothing was sent");
	close(s.far);
	munmap(fixed, page);
}

int main(void)
{
	int64_t off = 0;

	dev = dev_open(0);
	file = file_to_read("file", SIZE);
	moved();
	interrupted(&off, "an offset");
	interrupted(NULL, "the file's own");
	full();
	replaced();
	refusals();
	ktap_ok(counters_rest(), "at rest");
	close(file);
	close(dev);
	return ktap_done();
}

