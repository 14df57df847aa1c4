// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer whose last record the kernel's TLS could not pass on waits for that
 * record, and does not wait when the record can no longer go out.  Any end of the
 * connection, or of the transfer's time, ends the transfer within moments, through
 * each door and whatever it waits for.  It also ends when TLS itself finds room and
 * sends the record.
 *
 * needs: zcopy
 * guest: timeout=240 takes=30
 */
#include "ktap.h"

#include <linux/tls.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define BEYOND	4000
#define TRIES	20		/* until a record is held */
#define LATE	3		/* as many ends in a row are no accident of the host */
#define SOON	(1000 * guest_scale())		/* ms: told, waited for, seen, on a busy machine */
#define STUCK	3000				/* ms: it will not end */
#define DEADLINE (1000 * guest_scale())		/* ms: later than the first look */

struct flight {
	struct cramped c;
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

	setsockopt(f->c.p.far, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(f->c.p.far);
	f->c.p.far = -1;
}

static void peer_closes(struct flight *f)
{
	close(f->c.p.far);
	f->c.p.far = -1;
}

static void own_shutdown(struct flight *f)
{
	shutdown(f->c.p.near, SHUT_WR);
}

/* Reads the socket's error before the transfer can see it; the state stays. */
static void error_is_taken(struct flight *f)
{
	socklen_t len = sizeof(int);
	int err;

	peer_resets(f);
	getsockopt(f->c.p.near, SOL_SOCKET, SO_ERROR, &err, &len);
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
	static char buf[TLS_RECORD];
	uint64_t end = now_ms() + 2000;

	set_nonblock(f->c.p.far, true);
	while (now_ms() < end && !__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
		if (recv(f->c.p.far, buf, sizeof(buf), 0) <= 0)
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
	uint64_t beyond;	/* so much of the range lies beyond the end of the file */
} ways[] = {
	{ "send", DOOR_SEND, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP, 0 },
	{ "submit", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP, 0 },
	{ "ring", DOOR_URING, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP, 0 },
	{ "send until acked", DOOR_SEND, ZCOPY_UNTIL_ACKED, ZCOPY_END_KEEP, 0 },
	{ "submit until released", DOOR_WAIT, ZCOPY_UNTIL_RELEASED, ZCOPY_END_KEEP, 0 },
	{ "submit to shut down", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, ZCOPY_END_SHUTDOWN, 0 },
	{ "send of a short file", DOOR_SEND, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP, BEYOND },
	{ "submit of a short file", DOOR_WAIT, ZCOPY_UNTIL_QUEUED, ZCOPY_END_KEEP, BEYOND },
};

static uint64_t bytes_of(const struct way *w)
{
	return TLS_RECORD - w->beyond;
}

static uint32_t status_of(const struct way *w, const struct event *ev)
{
	return w->beyond && ev->status == ZCOPY_STATUS_DONE ? ZCOPY_STATUS_TRUNCATED :
							      ev->status;
}

/* ---- one that waits ---- */

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->ended, now_ns(), __ATOMIC_SEQ_CST);
	return NULL;
}

static void take_off(struct flight *f, const struct way *w, const struct event *ev)
{
	f->e = elem_file(file, MIB - bytes_of(w), TLS_RECORD);
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = f->c.p.near,
				 .until = w->until, .end = w->end };
	if (ev->happens == deadline)
		f->q.deadline_ns = DEADLINE * MS;
	f->ended = 0;
	door_open(&f->d, w->door);
	if (pthread_create(&f->thread, NULL, run, f))
		die("a thread");
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
	pair_close(&f->c.p);
}

/* Late acknowledgments may have made room for all of the record. */
static bool waits(struct flight *f, unsigned int version, const struct way *w,
		  const struct event *ev)
{
	f->c = cramped_open(version);
	take_off(f, w, ev);
	return !ended(f, 200) && cramped_cut(&f->c, bytes_of(w)) &&
	       live_sent() == bytes_of(w);
}

/* Begins until one waits; false: none does. */
static bool begin(struct flight *f, unsigned int version, const struct way *w,
		  const struct event *ev)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		if (waits(f, version, w, ev))
			return true;
		land(f);
	}
	return false;
}

/* True if it ends as it should; @soon: and in time. */
static bool ends(struct flight *f, const struct way *w, const struct event *ev, bool *soon)
{
	uint64_t then = now_ns();
	bool right;

	ev->happens(f);
	if (ev->happens == deadline)
		then = now_ns() - 200 * MS;
	ended(f, STUCK);
	*soon = f->ended && f->ended < then + SOON * MS;
	right = !f->ended || (!f->err && f->res.status == status_of(w, ev) &&
			      f->res.bytes == bytes_of(w));
	if (!f->ended)
		note("it does not end");
	else
		note("%lld ms, status %u error %u",
		     (long long)(f->ended - then) / (long long)MS,
		     f->res.status, f->res.error);
	land(f);
	return right;
}

/* A wrong end is one too many; a late one may come late because the guest was paused. */
static void cell(unsigned int version, const struct way *w, const struct event *ev)
{
	bool right = true, soon = false;
	struct flight f;

	for (unsigned int i = 0; i < LATE && right && !soon; i++) {
		if (!begin(&f, version, w, ev)) {
			ktap_ok(0, "TLS %x, %s: a record is held", version, w->name);
			return;
		}
		right = ends(&f, w, ev, &soon);
	}
	ktap_ok(right && soon, "TLS %x, %s: %s", version, w->name, ev->name);
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
