// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers in every state, in a process of their own; see owned.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "owned.h"
#include "peers.h"

#define BUFFER		16384
#define HOUR_NS		3600000000000ULL
#define PATIENCE_MS	(40000 * guest_scale())
#define NO_RING		77

const struct owned_state owned_states[] = {
	{ "in line behind another", "queued", .live = 2, .socks = 1, .ahead = true },
	{ "parked on a full socket", "socket", .live = 1, .socks = 1 },
	{ "parked with a deadline", "socket", .live = 1, .socks = 1,
	  .deadline_ns = HOUR_NS },
	{ "waiting for ACKED", "ack", .live = 1, .socks = 1, .roomy = 1,
	  .until = ZCOPY_UNTIL_ACKED },
	{ "waiting for RELEASED", "ack", .live = 1, .socks = 1, .roomy = 1,
	  .until = ZCOPY_UNTIL_RELEASED },
	{ "waiting for its rate", "rate", .live = 1, .socks = 1, .rate = 1000 },
	{ "completed, not collected", .done = 1, .socks = 1, .roomy = 1 },
	{ "to four sockets: in line, parked twice, completed", "queued", .live = 4,
	  .done = 1, .socks = 4, .ahead = true, .roomy = 1 << 3 },
	{ "detached", "socket", .live = 1, .socks = 1, .flags = ZCOPY_F_DETACHED },
};
const unsigned int owned_nr_states = sizeof(owned_states) / sizeof(owned_states[0]);

/* ---- the process ---- */

/*
 * A socket keeps a port that was bound by number for as long as the socket exists,
 * whatever becomes of the connection.  Any other port is released with the
 * connection, so it would not show that a socket is still held.
 */
static void bind_port(int fd)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(own);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(probe, (void *)&own, len) ||
	    getsockname(probe, (void *)&own, &len) || close(probe) ||
	    bind(fd, (void *)&own, len))
		_exit(1);
}

static int connect_to(int listener, bool roomy, uint16_t *port)
{
	struct sockaddr_in to, own;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int small = BUFFER, large = 4 * OWNED_LEN;
	socklen_t len = sizeof(to);

	bind_port(fd);
	setsockopt(fd, SOL_SOCKET, roomy ? SO_SNDBUFFORCE : SO_SNDBUF,
		   roomy ? &large : &small, sizeof(int));
	if (getsockname(listener, (void *)&to, &len) ||
	    connect(fd, (void *)&to, len) || getsockname(fd, (void *)&own, &len))
		_exit(1);
	*port = own.sin_port;
	return fd;
}

static unsigned int count_word(const char *word)
{
	FILE *f = fopen("/proc/net/zcopy/transfers", "re");
	unsigned int nr = 0;
	char line[256], is[32];

	while (f && fgets(line, sizeof(line), f))
		nr += sscanf(line, "%*u %*u %*d %31s", is) == 1 && !strcmp(is, word);
	if (f)
		fclose(f);
	return nr;
}

static bool reached(const struct owned_state *st)
{
	return live_count() == st->live && (!st->word || count_word(st->word));
}

static void start(struct owner *w, struct raw *q)
{
	if (w->by_ring) {
		ring_send(ring_sqe(&w->ring), w->dev, &q->s, 1);
		if (ring_submit(&w->ring) != 1)
			_exit(2);
	} else if (raw_submit(w->dev, q)) {
		_exit(3);
	}
}

static void submit(struct owner *w)
{
	static struct zcopy_result res[OWNED_SOCKS];
	static struct zcopy_sink sinks[OWNED_SOCKS];
	static struct raw front, q;
	const struct owned_state *st = w->st;

	raw_fill(&front, w->near[0], w->file, 0, OWNED_LEN);
	front.s.results = (uintptr_t)&front.r;
	front.s.result_size = sizeof(front.r);
	if (st->ahead)
		start(w, &front);
	raw_fill(&q, -1, w->file, 0, OWNED_LEN);
	for (unsigned int i = 0; i < st->socks; i++)
		sinks[i].fd = w->near[i];
	q.s.sinks = (uintptr_t)sinks;
	q.s.nr_sinks = st->socks;
	q.s.results = (uintptr_t)res;
	q.s.result_size = sizeof(res[0]);
	q.s.until = st->until;
	q.s.flags = st->flags;
	q.s.rate = st->rate;
	q.s.deadline_ns = st->deadline_ns;
	start(w, &q);
	w->id = w->by_ring ? 0 : q.s.id;
}

static void run_owner(struct owner *w)
{
	uint16_t ports[OWNED_SOCKS] = { 0 };
	uint64_t end;

	if (w->by_ring && ring_open(&w->ring, 4, 0))
		_exit(NO_RING);
	for (unsigned int i = 0; i < w->st->socks; i++)
		w->near[i] = connect_to(w->listener, w->st->roomy & 1 << i, &ports[i]);
	if (write(w->ready, ports, sizeof(ports)) != sizeof(ports))
		_exit(5);
	close(w->listener);
	w->file = open("mnt/source", O_RDONLY | O_CLOEXEC);
	w->dev = dev_open(0);
	submit(w);
	end = now_ms() + PATIENCE_MS;
	while (!reached(w->st)) {
		if (now_ms() > end)
			_exit(4);
		sleep_ms(10);
	}
}

void owner_ready(struct owner *w, int number)
{
	if (write(w->ready, &number, sizeof(number)) != sizeof(number))
		_exit(5);
	close(w->ready);
}

void owner_close_rest(struct owner *w)
{
	for (unsigned int i = 0; i < w->st->socks; i++)
		close(w->near[i]);
	close(w->file);
	if (w->by_ring)
		ring_close(&w->ring);
}

/* ---- the test ---- */

static int listen_small(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = BUFFER;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (void *)&at, sizeof(at)) || listen(fd, OWNED_SOCKS))
		die("listening");
	return fd;
}

static unsigned int place_of(const struct owned *o, uint16_t port)
{
	for (unsigned int i = 0; i < o->st->socks; i++)
		if (o->port[i] == port)
			return i;
	die("a stranger connected");
}

/*
 * The process tells its ports in the order of its sockets.  accept(2) may return them in
 * another order: each connection gets there by the CPU on which its last packet waits.
 */
static void accept_all(struct owned *o, int listener)
{
	struct timeval silence = { PATIENCE_MS / 1000, 0 };
	struct sockaddr_in from;

	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	if (read(o->ready, o->port, sizeof(o->port)) != sizeof(o->port))
		die("%s: no connections", o->st->name);
	for (unsigned int i = 0; i < o->st->socks; i++) {
		socklen_t len = sizeof(from);
		int fd = accept4(listener, (void *)&from, &len, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept");
		o->far[place_of(o, from.sin_port)] = fd;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	}
}

bool owned_start(struct owned *o, const struct owned_state *st, bool by_ring,
		 void (*act)(struct owner *w, int how), int how, int *number)
{
	struct owner w = { .st = st, .by_ring = by_ring, .listener = listen_small() };
	int ready[2], status = 0;

	*o = (struct owned) {
		.st = st,
		.completed = counter_of("transfers_completed"),
		.failed = counter_of("transfers_failed"),
		.cancelled = counter_of("transfers_cancelled"),
	};
	mkdir("mnt", 0755);
	if (mount("none", "mnt", "tmpfs", 0, NULL) || pipe2(ready, O_CLOEXEC))
		die("mnt, or a pipe");
	close(file_to_read("mnt/source", OWNED_LEN));
	fflush(stdout);
	o->pid = fork();
	if (!o->pid) {
		close(ready[0]);
		w.ready = ready[1];
		run_owner(&w);
		act(&w, how);
		_exit(6);
	}
	close(ready[1]);
	o->ready = ready[0];
	accept_all(o, w.listener);
	close(w.listener);
	if (read(o->ready, number, sizeof(*number)) == sizeof(*number))
		return true;
	waitpid(o->pid, &status, 0);
	note("%s: the state was not reached (status %x)", st->name, status);
	o->pid = 0;
	return false;
}

const char *owned_lives(const struct owned *o)
{
	sleep_ms(200);
	if (live_count() != o->st->live)
		return "the transfers ended";
	if (o->st->live && (!umount("mnt") || errno != EBUSY))
		return "the file system could be unmounted";
	return NULL;
}

/* Reads to the end; the stream must be the file @times times, or a prefix of that. */
static const char *drain(int fd, unsigned int times, bool whole)
{
	unsigned int at = 0;
	long got = 0;
	char byte;

	while (at < times && (got = sock_check(fd, 0, OWNED_LEN)) == OWNED_LEN)
		at++;
	if (got < 0)
		return "a peer got wrong bytes";
	if (whole && at < times)
		return "a peer did not get all";
	return read(fd, &byte, 1) ? "a peer did not see the end of the stream" : NULL;
}

/* A peer that is read to the end, and what was wrong with it */
struct drained {
	int fd;
	unsigned int times;
	bool whole;
	const char *wrong;
	pthread_t thread;
};

static void *drain_one(void *arg)
{
	struct drained *d = arg;

	d->wrong = drain(d->fd, d->times, d->whole);
	return NULL;
}

/*
 * Reads all peers at the same time.  TCP doubles its pauses between two probes, or two
 * attempts to send a segment again, as long as a peer does not read: one that is read
 * when the others are done may be silent for as long as it had to wait.
 */
static const char *drain_all(const struct owned *o, bool cancelled)
{
	struct drained d[OWNED_SOCKS];
	const char *wrong = NULL;

	for (unsigned int i = 0; i < o->st->socks; i++) {
		d[i] = (struct drained) {
			.fd = o->far[i], .times = 1 + (o->st->ahead && !i),
			.whole = !cancelled || o->st->roomy & 1 << i,
		};
		if (pthread_create(&d[i].thread, NULL, drain_one, &d[i]))
			die("a reader");
	}
	for (unsigned int i = 0; i < o->st->socks; i++) {
		pthread_join(d[i].thread, NULL);
		wrong = wrong ?: d[i].wrong;
	}
	return wrong;
}

static bool port_free(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = port };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ret;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ret = bind(fd, (void *)&at, sizeof(at));
	close(fd);
	return !ret;
}

static bool module_idle(void)
{
	FILE *f = fopen("/sys/module/zcopy/refcnt", "re");
	int refs = -1;
	struct pair s;

	if (!f || fscanf(f, "%d", &refs) != 1)
		die("references to the module");
	fclose(f);
	if (refs) {
		s = pair_open(false);
		pair_stir(&s);
		close(s.near);
		close(s.far);
	}
	return !refs;
}

static bool unmounted(void)
{
	return !umount("mnt");
}

static bool soon(bool (*holds)(void))
{
	uint64_t end = now_ms() + PATIENCE_MS / 2;

	while (!holds()) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

static const char *counted(const struct owned *o, bool cancelled)
{
	uint64_t live = o->st->live, done = o->st->done;

	if (!counters_rest())
		return "the counters are not at rest";
	if (counter_of("transfers_failed") != o->failed)
		return "one failed";
	if (counter_of("transfers_cancelled") != o->cancelled + (cancelled ? live : 0))
		return "not all live ones were cancelled, or others";
	if (counter_of("transfers_completed") != o->completed + done +
	    (cancelled ? 0 : live))
		return "not all the others completed";
	return NULL;
}

const char *owned_left_nothing(struct owned *o, bool cancelled)
{
	const char *wrong = NULL;

	/* They must end before the peers read a byte. */
	if (cancelled && !live_becomes(0, PATIENCE_MS))
		return "some are live";
	if (cancelled && !soon(unmounted))
		return "the file system is held";
	wrong = drain_all(o, cancelled);
	if (!wrong)
		wrong = counted(o, cancelled);
	if (!wrong && !cancelled && !soon(unmounted))
		wrong = "the file system is held";
	for (unsigned int i = 0; i < o->st->socks; i++) {
		uint64_t end = now_ms() + PATIENCE_MS / 2;

		sock_reset(o->far[i]);
		o->far[i] = -1;
		while (!port_free(o->port[i]) && !wrong) {
			sleep_ms(20);
			if (now_ms() > end)
				wrong = "a port is not free";
		}
	}
	if (!wrong && !soon(module_idle))
		wrong = "the module is held";
	return wrong;
}

void owned_end(struct owned *o)
{
	if (o->pid > 0)
		kill(o->pid, SIGKILL);
	for (unsigned int i = 0; i < o->st->socks; i++)
		if (o->far[i] >= 0)
			close(o->far[i]);
	close(o->ready);
	while (wait(NULL) > 0)
		;
	umount2("mnt", MNT_DETACH);
	counters_rest();
}

