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
	unsigned int version;		/* of TLS */
	uint64_t record;		/* bytes of one on the line */
	bool held;
	struct pair p;
	struct door d;
	struct request q;
	struct zcopy_elem e;
	struct zcopy_result res;
	pthread_t thread;
	uint64_t started, then;		/* when it did, and when the event happened */
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

/* Happens by itself. */
static void deadline(struct flight *f)
{
	f->then = f->started + DEADLINE * MS;
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
#define NR_EVENTS	(sizeof(events) / sizeof(*events))

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
 * of one more record, once squeeze() has seen to that.  A peer with a small buffer
 * makes the segments small.
 */
static void connect_secret(struct flight *f)
{
	static char junk[RECORD];
	int s[2];

	life_pair(s, true);
	f->p = (struct pair){ .near = s[0], .far = s[1] };
	if (!pair_tls_version(&f->p, f->version))
		ktap_skip_all("no TLS in this kernel");
	buffer(f->p.near, MIB);
	for (unsigned int n = 0; n < 6; n++) {
		if (send(f->p.near, junk, RECORD, MSG_DONTWAIT) != (ssize_t)RECORD)
			die("a record");
		if (!n)
			f->record = tcp_written(f->p.near);
	}
}

static void squeeze(struct flight *f)
{
	buffer(f->p.near, queued(f->p.near) + LITTLE);
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
	f->started = now_ns();
	door_open(&f->d, w->door);
	if (pthread_create(&f->thread, NULL, run, f))
		ktap_bail("a thread");
}

static bool ended(struct flight *f, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 5) {
		if (__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(5);
	}
	return __atomic_load_n(&f->ended, __ATOMIC_SEQ_CST);
}

/* Ends it, and its connection. */
static void land(struct flight *f)
{
	/* A signal before the send begins ends nothing. */
	for (unsigned int ms = 0; !ended(f, ms); ms = 500)
		cancel(f);
	pthread_join(f->thread, NULL);
	door_close(&f->d);
	pair_close(&f->p);
}

/* Transfers that have not ended, though TLS has taken all of their bytes */
static unsigned int live_passed(void)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "re");
	unsigned long long sent;
	unsigned int nr = 0;
	char line[256];

	if (!f)
		die("/proc/net/zcopy/transfers");
	while (fgets(line, sizeof(line), f))
		nr += sscanf(line, "%*u %*u %*d %*s %*u %llu", &sent) == 1 &&
		      sent == RECORD;
	fclose(f);
	return nr;
}

static unsigned int count_held(struct flight *f)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_EVENTS; i++)
		nr += f[i].held && !ended(&f[i], 0);
	return nr;
}

static void start_those_not_held(struct flight *f, const struct way *w)
{
	unsigned int held = count_held(f), nr = 0;

	for (unsigned int i = 0; i < NR_EVENTS; i++)
		if (!f[i].held)
			connect_secret(&f[i]);
	/* Late acknowledgements */
	sleep_ms(150);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		if (f[i].held)
			continue;
		squeeze(&f[i]);
		take_off(&f[i], w, &events[i]);
		nr++;
	}
	for (int i = 0; i < 20 && live_passed() < held + nr; i++)
		sleep_ms(20);
	sleep_ms(200);
}

/* All wait for their records?  Those that do not are ended. */
static bool all_held(struct flight *f)
{
	unsigned int passed;
	bool all = true;

	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		if (!f[i].held)
			f[i].held = !ended(&f[i], 0) &&
				    tcp_written(f[i].p.near) % f[i].record;
		if (!f[i].held)
			land(&f[i]);
		all &= f[i].held;
	}
	passed = live_passed();
	if (passed >= count_held(f))
		return all;
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		if (f[i].held)
			land(&f[i]);
		f[i].held = false;
	}
	return false;
}

static void judge(struct flight *f, const struct way *w, const struct event *ev)
{
	ended(f, STUCK);
	ktap_ok(f->ended && f->ended < f->then + SOON * MS && !f->err &&
		f->res.status == ev->status && f->res.bytes == RECORD,
		"TLS %x, %s: %s", f->version, w->name, ev->name);
	if (!f->ended)
		note("it does not end");
	else
		note("%lld ms, status %u error %u",
		     (long long)(f->ended - f->then) / (long long)MS, f->res.status,
		     f->res.error);
	land(f);
}

/*
 * Transfers with a connection each wait at the same time, one for each event.  Late
 * acknowledgements may make room for all of a record; then it is tried again.
 */
static void all_events(const struct way *w, unsigned int first)
{
	static struct flight f[NR_EVENTS];
	unsigned int tries = 0;

	memset(f, 0, sizeof(f));
	for (unsigned int i = 0; i < NR_EVENTS; i++)
		f[i].version = (first + i) % 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION;
	do {
		if (tries++ == TRIES) {
			ktap_ok(0, "%s: records are held", w->name);
			for (unsigned int i = 0; i < NR_EVENTS; i++)
				if (f[i].held)
					land(&f[i]);
			return;
		}
		start_those_not_held(f, w);
	} while (!all_held(f));
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		f[i].then = now_ns();
		events[i].happens(&f[i]);
	}
	for (unsigned int i = 0; i < NR_EVENTS; i++)
		judge(&f[i], w, &events[i]);
}

int main(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	file = file_make("source", 0, 8, MIB);
	for (unsigned int w = 0; w < sizeof(ways) / sizeof(*ways); w++)
		if (ways[w].door != DOOR_URING || dev_has(ZCOPY_FEAT_URING))
			all_events(&ways[w], w);
	return ktap_done();
}
