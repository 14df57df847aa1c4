// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer whose last record the kernel's TLS could not pass on waits for that
 * record, and does not wait when the record can no longer go out.  Any end of the
 * connection, or of the transfer's time, ends the transfer within moments, through
 * each door and whatever it waits for.  It also ends when TLS itself finds room and
 * sends the record.
 *
 * needs: zcopy
 * guest: timeout=240
 */
#include "ktap.h"

#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "life.h"
#include "peers.h"
#include "tls.h"

#define MS	1000000ULL
#define RECORD	(16 * KIB)	/* as much as fits */
#define LITTLE	6000		/* less than that */
#define TRIES	5
#define SOON	(1000 * guest_scale())		/* ms: told, waited for, seen, on a busy machine */
#define STUCK	3000				/* ms: it will not end */
#define DEADLINE 1000				/* ms */

struct flight {
	struct pair p;
	struct door d;
	struct request q;
	struct zcopy_elem e;
	struct zcopy_result res;
	pthread_t thread;
	uint64_t ended;			/* when, 0: not yet */
	int err;
};

static int file;

/* ---- what happens ---- */

static void peer_resets(struct flight *f)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(f->p.far, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(f->p.far);
	f->p.far = -1;
}

static void peer_closes(struct flight *f)
{
	close(f->p.far);
	f->p.far = -1;
}

static void own_shutdown(struct flight *f)
{
	shutdown(f->p.near, SHUT_WR);
}

/* Reads the socket's error before the transfer can see it; the state stays. */
static void error_is_taken(struct flight *f)
{
	socklen_t len = sizeof(int);
	int err;

	peer_resets(f);
	getsockopt(f->p.near, SOL_SOCKET, SO_ERROR, &err, &len);
}

static void nothing(int sig)
{
	(void)sig;
}

/* A send runs in its own thread, and a signal ends it. */
static void cancel(struct flight *f)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };

	if (f->d.kind == DOOR_SEND)
		pthread_kill(f->thread, SIGUSR1);
	else if (ioctl(f->d.dev, ZCOPY_IOC_CANCEL, &c) < 0)
		die("cancel");
}

static void deadline(struct flight *f)
{
	(void)f;
	sleep_ms(DEADLINE);
}

/* Makes room for the waiting bytes, and not for much more. */
static void peer_reads(struct flight *f)
{
	static char buf[RECORD];
	uint64_t end = now_ns() + 2000 * MS;

	set_nonblock(f->p.far, true);
	while (now_ns() < end && !__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
		if (recv(f->p.far, buf, sizeof(buf), 0) <= 0)
			sleep_ms(1);
}

static const struct event {
	const char *name;
	void (*happens)(struct flight *f);
	uint32_t status;
} events[] = {
	{ "its peer resets", peer_resets, ZCOPY_STATUS_SOCKET_ERROR },
	{ "its peer closes", peer_closes, ZCOPY_STATUS_SOCKET_ERROR },
	{ "its own side is shut down", own_shutdown, ZCOPY_STATUS_SOCKET_ERROR },
	{ "its error is taken by another", error_is_taken, ZCOPY_STATUS_SOCKET_ERROR },
	{ "it is cancelled", cancel, ZCOPY_STATUS_CANCELLED },
	{ "its deadline comes", deadline, ZCOPY_STATUS_DEADLINE },
	{ "its peer reads", peer_reads, ZCOPY_STATUS_DONE },
};

static const struct way {
	const char *name;
	enum door_kind door;
	uint32_t until, end;
} ways[] = {
	{ "send", DOOR_SEND, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP },
	{ "submit", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP },
	{ "ring", DOOR_URING, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP },
	{ "send until acked", DOOR_SEND, ZCOPY_UNTIL_ACKED, ZCOPY_END_KEEP },
	{ "submit until released", DOOR_WAIT, ZCOPY_UNTIL_RELEASED, ZCOPY_END_KEEP },
	{ "submit to shut down", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, ZCOPY_END_SHUTDOWN },
};

/* ---- one that waits ---- */

static uint32_t queued(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len))
		die("SO_MEMINFO");
	return mem[SK_MEMINFO_WMEM_QUEUED];
}

static void buffer(int fd, int bytes)
{
	/* The kernel doubles it. */
	bytes /= 2;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		die("SO_SNDBUFFORCE");
}

/*
 * A connection whose peer has no room, while TCP's buffer has room for some segments
 * of one more record.  A peer with a small buffer makes the segments small.
 */
static struct pair pair_secret(unsigned int version, uint64_t *record)
{
	static char junk[RECORD];
	struct pair p;
	int s[2];

	life_pair(s, true);
	p = (struct pair){ .near = s[0], .far = s[1] };
	if (!pair_tls_version(&p, version))
		ktap_skip_all("no TLS in this kernel");
	buffer(p.near, MIB);
	for (unsigned int n = 0; n < 6; n++) {
		if (send(p.near, junk, RECORD, MSG_DONTWAIT) != (ssize_t)RECORD)
			die("a record");
		if (!n)
			*record = tcp_written(p.near);
	}
	/* Late acknowledgements */
	sleep_ms(150);
	buffer(p.near, queued(p.near) + LITTLE);
	return p;
}

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->ended, now_ns(), __ATOMIC_SEQ_CST);
	return NULL;
}

static void take_off(struct flight *f, const struct way *w, const struct event *ev)
{
	f->e = elem_file(file, 0, RECORD);
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = f->p.near,
				 .until = w->until, .end = w->end };
	if (ev->happens == deadline)
		f->q.deadline_ns = DEADLINE * MS;
	f->ended = 0;
	door_open(&f->d, w->door);
	if (pthread_create(&f->thread, NULL, run, f))
		ktap_bail("a thread");
}

static bool ended(struct flight *f, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 2) {
		if (__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(2);
	}
	return false;
}

static void land(struct flight *f)
{
	if (!ended(f, STUCK))
		cancel(f);
	pthread_join(f->thread, NULL);
	door_close(&f->d);
	pair_close(&f->p);
}

/* Late acknowledgements may have made room for all of the record. */
static bool waits(struct flight *f, unsigned int version, const struct way *w,
		  const struct event *ev)
{
	uint64_t record = 1;

	f->p = pair_secret(version, &record);
	take_off(f, w, ev);
	return !ended(f, 200) && tcp_written(f->p.near) % record &&
	       live_sent() == RECORD;
}

static void cell(unsigned int version, const struct way *w, const struct event *ev)
{
	unsigned int tries = 0;
	struct flight f;
	uint64_t then;

	while (!waits(&f, version, w, ev)) {
		land(&f);
		if (++tries == TRIES) {
			ktap_ok(0, "TLS %x, %s: a record is held", version, w->name);
			return;
		}
	}
	then = now_ns();
	ev->happens(&f);
	if (ev->happens == deadline)
		then = now_ns() - 200 * MS;
	ended(&f, STUCK);
	ktap_ok(f.ended && f.ended < then + SOON * MS && !f.err &&
		f.res.status == ev->status && f.res.bytes == RECORD,
		"TLS %x, %s: %s", version, w->name, ev->name);
	if (!f.ended)
		note("it does not end");
	else
		note("%lld ms, status %u error %u", (long long)(f.ended - then) / (long long)MS,
		     f.res.status, f.res.error);
	land(&f);
}

int main(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	file = file_make("source", 0, 8, MIB);
	for (unsigned int w = 0; w < sizeof(ways) / sizeof(*ways); w++)
		for (unsigned int i = 0; i < sizeof(events) / sizeof(*events); i++)
			if (ways[w].door != DOOR_URING || dev_has(ZCOPY_FEAT_URING))
				cell((w + i) % 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION,
				     &ways[w], &events[i]);
	return ktap_done();
}
