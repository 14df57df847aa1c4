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

#include "fixture.h"
#include "life.h"
#include "refuse.h"

#define SIZE	(4 * MIB)

static int dev, file;
static int64_t *watched, seen;

static void position(struct life_req *q, int sock, int64_t *at, uint64_t len)
{
	life_req(q, sock, file, (uintptr_t)at, len);
	q->s.flags = ZCOPY_F_POSITION;
}

static void moved(void)
{
	struct life_req q;
	int64_t off = 5;
	int s[2];

	life_pair(s, false);
	lseek(file, 77, SEEK_SET);
	position(&q, s[0], &off, 1000);
	ktap_ok(!life_send(dev, &q) && q.r.bytes == 1000 && off == 1005,
		"an offset is moved: %lld", (long long)off);
	ktap_ok(life_check(s[1], 5, 1000) == 1000, "from there it was sent");
	ktap_eq(lseek(file, 0, SEEK_CUR), 77, "the file's own stays");
	position(&q, s[0], NULL, 1000);
	ktap_ok(!life_send(dev, &q) && q.r.bytes == 1000, "the file's own serves too");
	ktap_ok(life_check(s[1], 77, 1000) == 1000, "from there it was sent");
	ktap_eq(lseek(file, 0, SEEK_CUR), 1077, "it is moved");
	off = SIZE - 10;
	position(&q, s[0], &off, 100);
	ktap_ok(!life_send(dev, &q) && q.r.status == ZCOPY_STATUS_TRUNCATED &&
		off == SIZE, "up to the end of the file, no further");
	ktap_ok(!life_send(dev, &q) && !q.r.bytes && off == SIZE, "and stays there");
	close(s[0]);
	close(s[1]);
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
	struct life_req q;
	int s[2];

	life_pair(s, true);
	watched = at;
	seen = -1;
	lseek(file, 0, SEEK_SET);
	position(&q, s[0], at, SIZE);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	cut = !life_send(dev, &q);
	setitimer(ITIMER_REAL, &none, NULL);
	ktap_ok(cut && q.r.status == ZCOPY_STATUS_CANCELLED &&
		q.r.bytes && q.r.bytes < SIZE, "%s: a signal ends it", what);
	ktap_eq(seen, q.r.bytes, "%s: its handler sees how far it went", what);
	close(s[0]);
	ktap_eq(life_check(s[1], 0, SIZE), seen, "%s: as far as what arrives", what);
	close(s[1]);
}

static void full(void)
{
	int64_t off = 0;
	struct life_req q;
	uint64_t sum = 0;
	int s[2];

	life_pair(s, true);
	position(&q, s[0], &off, SIZE);
	q.s.flags |= ZCOPY_F_DONTWAIT;
	for (int i = 0; i < 3; i++) {
		if (life_send(dev, &q) || q.r.status != ZCOPY_STATUS_AGAIN)
			ktap_bail("not full");
		sum += q.r.bytes;
	}
	ktap_ok(sum && off == (int64_t)sum, "a socket that gets full: moved by %llu",
		(unsigned long long)sum);
	close(s[0]);
	close(s[1]);
}

static void *send_own(void *arg)
{
	struct life_req *q = arg;

	life_send(dev, q);
	return NULL;
}

/* Another file takes the descriptor's number before the send is done. */
static void replaced(void)
{
	int other = life_file("other", 100), kept = dup(file), s[2];
	struct life_req q;
	pthread_t thread;

	life_pair(s, true);
	lseek(file, 0, SEEK_SET);
	position(&q, s[0], NULL, SIZE);
	if (pthread_create(&thread, NULL, send_own, &q))
		ktap_bail("a thread");
	life_nap(500);	/* it waits for its peer */
	dup2(other, file);
	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "what was begun arrives");
	pthread_join(thread, NULL);
	ktap_eq(lseek(file, 0, SEEK_CUR), 0, "a file that took its number stays where it is");
	ktap_eq(lseek(kept, 0, SEEK_CUR), SIZE, "the one that was sent is moved");
	dup2(kept, file);
	close(kept);
	close(other);
	close(s[0]);
	close(s[1]);
}

static void refused(struct life_req *q, const char *what, int err, const char *why)
{
	struct refuse before;

	refuse_before(&before, -1);
	ktap_eq(life_send(dev, q), err, "%s: refused", what);
	ktap_ok(!refuse_after(&before, why), "%s: as %s", what, why);
}

/* sendfile(2) does not take it either. */
static void without_position(struct life_req *q, int sock)
{
	int64_t off = 0;
	int fd;

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		ktap_note("no file here that cannot seek");
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
	struct life_req q;
	struct zcopy_sink two[2];
	int s[2];

	life_pair(s, false);
	position(&q, s[0], &off, 10);
	q.e[1] = q.e[0];
	q.s.nr_elems = 2;
	refused(&q, "two ranges", -EINVAL, "position_conflict");
	q.s.nr_elems = 0;
	refused(&q, "no range", -EINVAL, "position_conflict");
	position(&q, s[0], &off, 8);
	q.e[0].kind = ZCOPY_ELEM_MEMORY;
	q.e[0].fd = 0;
	refused(&q, "memory", -EINVAL, "position_conflict");
	position(&q, s[0], &off, 10);
	two[0] = two[1] = q.k;
	q.s.sinks = (uintptr_t)two;
	q.s.nr_sinks = 2;
	refused(&q, "two sockets", -EINVAL, "position_conflict");
	position(&q, s[0], (int64_t *)8, 10);
	refused(&q, "a bad address", -EFAULT, "bad_pointer");
	position(&q, s[0], fixed, 10);
	refused(&q, "what cannot be moved", -EFAULT, "bad_pointer");
	off = -1;
	position(&q, s[0], &off, 10);
	refused(&q, "a negative offset", -EINVAL, "range_overflow");
	ktap_eq(off, -1, "which stays");
	without_position(&q, s[0]);
	lseek(file, 0, SEEK_SET);
	position(&q, s[0], NULL, 10);
	q.e[0].flags = 1;
	refused(&q, "an unknown flag of the range", -EINVAL, "flag_unknown");
	close(s[0]);
	ktap_eq(life_check(s[1], 0, 1), 0, "nothing was sent");
	close(s[1]);
	munmap(fixed, page);
}

int main(void)
{
	int64_t off = 0;

	dev = life_open();
	file = life_file("file", SIZE);
	moved();
	interrupted(&off, "an offset");
	interrupted(NULL, "the file's own");
	full();
	replaced();
	refusals();
	ktap_ok(life_rest(), "at rest");
	close(file);
	close(dev);
	return ktap_done();
}
