// SPDX-License-Identifier: GPL-2.0
/*
 * A program that sleeps in its own send(2) on a TLS socket, because the peer does not
 * read, holds the kernel's TLS lock of that socket.  A ZCOPY_IOC_SEND of another thread
 * ends in its time all the same: at once if it must not wait for the socket, after
 * SO_SNDTIMEO, at its deadline or idle time, by a cancel, a signal or a kill.  One that
 * may wait goes on when the peer reads, behind the program's bytes.  Short sends of other
 * threads hold it up no more than they do sendfile(2), and signals that come during a
 * send are not lost.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zcopy.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define OWN	(256 * KIB)			/* the program's own bytes, zeros */
#define LIMIT	400				/* ms */
#define LATE	3		/* as many late ends in a row are no accident of the host */
#define SOON	(1000 * guest_scale())		/* ms: on a busy machine */
#define STUCK	(5000 * guest_scale())		/* ms: it will not end */
#define SHORT	100				/* bytes of a short send */

struct flight {
	struct pair p;
	struct request q;
	struct zcopy_elem e;
	struct zcopy_result res;
	pthread_t own, thread;
	pid_t child;
	uint64_t started, ended;		/* ended 0: not yet */
	int dev, err;
};

static int file;

/* ---- what ends it ---- */

static void dontwait(struct flight *f)
{
	f->q.flags = ZCOPY_F_DONTWAIT;
}

static void nonblock(struct flight *f)
{
	set_nonblock(f->p.near, true);
}

static void timeo(struct flight *f)
{
	struct timeval tv = { .tv_usec = LIMIT * 1000 };

	/* The program's own send has begun before that. */
	setsockopt(f->p.near, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void deadline(struct flight *f)
{
	f->q.deadline_ns = LIMIT * MS;
}

static void idle(struct flight *f)
{
	f->q.idle_ns = LIMIT * MS;
}

static void cancel(struct flight *f)
{
	struct zcopy_nl *nl;
	uint64_t id = live_newest();

	(void)f;
	if (zcopy_nl_open(&nl))
		die("netlink");
	if (zcopy_nl_cancel(nl, id) != 1)
		note("netlink does not cancel %llu", (unsigned long long)id);
	zcopy_nl_close(nl);
}

static void stop(struct flight *f)
{
	pthread_kill(f->thread, SIGUSR1);
}

static void end_by_kill(struct flight *f)
{
	kill(f->child, SIGKILL);
}

static const struct row {
	const char *name;
	void (*before)(struct flight *f);	/* it begins */
	void (*after)(struct flight *f);	/* it has waited for LIMIT */
	unsigned int least;			/* ms that it lasts */
	uint32_t status;
} rows[] = {
	{ "ZCOPY_F_DONTWAIT", dontwait, NULL, 0, ZCOPY_STATUS_AGAIN },
	{ "O_NONBLOCK", nonblock, NULL, 0, ZCOPY_STATUS_AGAIN },
	{ "SO_SNDTIMEO", timeo, NULL, LIMIT, ZCOPY_STATUS_AGAIN },
	{ "a deadline", deadline, NULL, LIMIT, ZCOPY_STATUS_DEADLINE },
	{ "an idle time", idle, NULL, LIMIT, ZCOPY_STATUS_IDLE },
	{ "a cancel by netlink", NULL, cancel, LIMIT, ZCOPY_STATUS_CANCELLED },
	{ "a signal", NULL, stop, LIMIT, ZCOPY_STATUS_CANCELLED },
	{ "a kill", NULL, end_by_kill, LIMIT, ZCOPY_STATUS_CANCELLED },
};

/* ---- one send ---- */

static void *send_own(void *arg)
{
	const struct flight *f = arg;
	static char own[OWN];

	if (send(f->p.near, own, OWN, MSG_NOSIGNAL) != (ssize_t)OWN)
		note("the program's own send ends early");
	return NULL;
}

/* TLS has given TCP something, and TCP has taken no more for a while. */
static void await_own(const struct flight *f)
{
	unsigned int same = 0;
	uint64_t then, now = 0;

	for (unsigned int i = 0; i < 400 && same < 4; i++) {
		then = now;
		sleep_ms(50);
		now = tcp_written(f->p.near);
		same = now && now == then ? same + 1 : 0;
	}
}

static void begin(struct flight *f, unsigned int version)
{
	*f = (struct flight){ .p = pair_tight(AF_INET), .dev = dev_open(0) };
	if (!pair_tls_version(&f->p, version))
		ktap_skip_all("no TLS in this kernel");
	f->e = elem_file(file, 0, MIB);
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = f->p.near };
}

static void begin_behind(struct flight *f, unsigned int version)
{
	begin(f, version);
	if (pthread_create(&f->own, NULL, send_own, f))
		die("a thread");
	await_own(f);
}

static void end(struct flight *f)
{
	close(f->dev);
	pair_close(&f->p);
}

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = dev_send(f->dev, &f->q, &f->res);
	__atomic_store_n(&f->ended, now_ns(), __ATOMIC_SEQ_CST);
	return NULL;
}

static void take_off(struct flight *f, const struct row *row)
{
	f->started = now_ns();
	if (row && row->after == end_by_kill) {
		f->child = fork();
		if (!f->child) {
			run(f);
			_exit(0);
		}
	} else if (pthread_create(&f->thread, NULL, run, f)) {
		die("a thread");
	}
}

static bool ended(struct flight *f, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 2) {
		if (f->child && waitpid(f->child, NULL, WNOHANG) == f->child)
			f->ended = now_ns();
		if (__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(2);
	}
	return false;
}

/* The peer reads now: the program's own bytes arrive, and then @len of the file. */
static bool arrives(struct flight *f, uint64_t len)
{
	struct reader r = { .fd = f->p.far };
	struct stream want = {0}, tail = {0};
	bool happy;

	stream_zero(&want, OWN);
	if (len) {
		stream_pattern(&tail, 8, 0, len);
		stream_append(&want, &tail);
	}
	r.want = &want;
	reader_start(&r);
	pthread_join(f->own, NULL);
	if (!f->child)
		pthread_join(f->thread, NULL);
	shutdown(f->p.near, SHUT_WR);
	reader_join(&r);
	happy = reader_happy(&r);
	stream_free(&tail);
	stream_free(&want);
	return happy;
}

/* True if it ends as it should; @late: but not in time. */
static bool ends(const struct row *row, unsigned int version, bool *late)
{
	struct flight f;
	uint64_t ms;
	bool told, right;

	begin_behind(&f, version);
	if (row->before)
		row->before(&f);
	take_off(&f, row);
	if (row->after) {
		ended(&f, LIMIT);
		row->after(&f);
	}
	told = ended(&f, STUCK);
	ms = told ? (f.ended - f.started) / MS : 0;
	*late = ms >= row->least + SOON;
	right = told && ms >= row->least &&
		(f.child || (!f.err && f.res.status == row->status && !f.res.bytes) ||
		 (f.err == -EINTR && row->after == stop));
	note("%llu ms%s, %d, status %u, %llu bytes", (unsigned long long)ms,
	     told ? "" : ", it does not end", f.err, f.res.status,
	     (unsigned long long)f.res.bytes);
	right &= arrives(&f, 0);
	end(&f);
	return right;
}

/* A wrong end is one too many; a late one may come late because the guest was paused. */
static void cell(const struct row *row, unsigned int version)
{
	bool right = true, late = true;

	for (unsigned int i = 0; i < LATE && right && late; i++)
		right = ends(row, version, &late);
	ktap_ok(right && !late, "TLS %x: ends by %s, and the program's own bytes arrive",
		version, row->name);
}

static void goes_on(unsigned int version)
{
	struct flight f;

	begin_behind(&f, version);
	take_off(&f, NULL);
	ktap_ok(!ended(&f, LIMIT), "TLS %x: without a limit it waits", version);
	ktap_ok(arrives(&f, MIB), "when the peer reads, its bytes follow the program's");
	ktap_ok(!f.err && f.res.status == ZCOPY_STATUS_DONE && f.res.bytes == MIB, "done");
	end(&f);
}

/* ---- short sends ---- */

static bool enough;

static void *send_short(void *arg)
{
	const struct flight *f = arg;
	static const char bytes[SHORT];

	while (!__atomic_load_n(&enough, __ATOMIC_SEQ_CST))
		send(f->p.near, bytes, sizeof(bytes), MSG_NOSIGNAL);
	return NULL;
}

static void *drain(void *arg)
{
	const struct flight *f = arg;
	static char buf[64 * KIB];

	while (recv(f->p.far, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

static void beside_short_sends(bool wait)
{
	struct pollfd poller = { .events = POLLOUT };
	unsigned int again = 0;
	uint64_t sent = 0;
	pthread_t reader;
	struct flight f;

	begin(&f, TLS_1_3_VERSION);
	enough = false;
	if (pthread_create(&f.own, NULL, send_short, &f) ||
	    pthread_create(&reader, NULL, drain, &f))
		die("a thread");
	poller.fd = f.p.near;
	f.q.flags = wait ? 0 : ZCOPY_F_DONTWAIT;
	f.started = now_ns();
	while (sent < MIB && now_ns() - f.started < 8 * STUCK * MS) {
		f.e = elem_file(file, sent, MIB - sent);
		if (dev_send(f.dev, &f.q, &f.res))
			break;
		sent += f.res.bytes;
		if (f.res.status == ZCOPY_STATUS_AGAIN) {
			again++;
			poll(&poller, 1, 1000);
		}
	}
	ktap_eq(sent, MIB, "beside short sends, %s: all is sent", wait ? "waiting" : "not waiting");
	note("%llu ms, %u times EAGAIN", (unsigned long long)((now_ns() - f.started) / MS), again);
	__atomic_store_n(&enough, true, __ATOMIC_SEQ_CST);
	pthread_join(f.own, NULL);
	shutdown(f.p.near, SHUT_WR);
	pthread_join(reader, NULL);
	end(&f);
}

/* ---- signals that come during a send ---- */

#define ROUNDS	40
#define ROUND	20			/* ms */

struct storm {
	pthread_t target;
	bool over;
	unsigned int sent;
};

static unsigned int came;

static void count(int sig)
{
	(void)sig;
	__atomic_add_fetch(&came, 1, __ATOMIC_SEQ_CST);
}

static void *send_signals(void *arg)
{
	uint64_t until = now_ms() + ROUND * guest_scale();
	union sigval value = {0};
	struct storm *s = arg;

	while (now_ms() < until) {
		s->sent += !pthread_sigqueue(s->target, SIGRTMIN, value);
		usleep(50);
	}
	__atomic_store_n(&s->over, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* After its last send the thread makes no call that would find a lost signal again. */
static bool round_of_signals(struct flight *f)
{
	struct storm s = { .target = pthread_self() };
	pthread_t thread;
	uint64_t until;
	bool all;

	came = 0;
	if (pthread_create(&thread, NULL, send_signals, &s))
		die("a thread");
	while (!__atomic_load_n(&s.over, __ATOMIC_SEQ_CST))
		dev_send(f->dev, &f->q, &f->res);
	until = now_ms() + SOON;
	while (__atomic_load_n(&came, __ATOMIC_SEQ_CST) != s.sent && now_ms() < until)
		;
	all = __atomic_load_n(&came, __ATOMIC_SEQ_CST) == s.sent;
	pthread_join(thread, NULL);
	return all;
}

static void signals_arrive(void)
{
	struct sigaction act = { .sa_handler = count };
	unsigned int right = 0, all = 0;
	pthread_t reader;
	struct flight f;

	sigaction(SIGRTMIN, &act, NULL);
	begin(&f, TLS_1_2_VERSION);
	f.e = elem_file(file, 0, 64 * KIB);
	if (pthread_create(&reader, NULL, drain, &f))
		die("a thread");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		right += round_of_signals(&f);
		all += came;
	}
	ktap_eq(right, ROUNDS, "all signals that come during sends are delivered");
	note("%u signals", all);
	shutdown(f.p.near, SHUT_WR);
	pthread_join(reader, NULL);
	end(&f);
}

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	file = file_make("source", 0, 8, MIB);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cell(&rows[i], i % 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION);
	goes_on(TLS_1_2_VERSION);
	goes_on(TLS_1_3_VERSION);
	beside_short_sends(true);
	beside_short_sends(false);
	signals_arrive();
	return ktap_done();
}
