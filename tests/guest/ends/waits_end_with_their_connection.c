// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer waits for room in its socket, its turn, its rate, or the peer's
 * acknowledgement.  When the connection can no longer provide that, the transfer
 * ends within moments with the socket's error.  A socket that was disconnected and
 * connected again is not taken for the old connection.
 *
 * needs: zcopy
 * guest: timeout=120 takes=32
 */
#include "ktap.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"

#define LEN	(250 * KIB)
#define SOON	(1000 * guest_scale())		/* ms: told, waited for, seen, on a busy machine */
#define STUCK	4000				/* ms: it will not end */
#define UNHEARD	700				/* ms: then TCP may give a peer up */
#define GIVEN_UP 60000				/* ms: it has done so, however slow */
#define TRIES	5				/* for one that ends late */
#define BEGINS	(20000 * guest_scale())		/* ms: to be live, at the latest */

struct flight {
	struct pair p;
	struct door d, front_door;
	struct zcopy_elem e;
	struct request q, front;
	struct zcopy_result res, front_res;
	pthread_t thread, front_thread;
	uint64_t ended, front_ended, then;
	int err;
	bool stuck;			/* it had to be cancelled */
};

static struct veth veth;
static bool have_veth;
static int file;

/* ---- waits ---- */

static void for_room(struct flight *f)
{
	(void)f;
}

static void for_its_rate(struct flight *f)
{
	f->q.rate = 16;
}

static void for_acks(struct flight *f)
{
	int big = 4 << 20;

	if (setsockopt(f->p.near, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE");
	f->q.until = ZCOPY_UNTIL_ACKED;
}

static void for_release(struct flight *f)
{
	for_acks(f);
	f->q.until = ZCOPY_UNTIL_RELEASED;
}

static const struct wait {
	const char *name;
	void (*prepare)(struct flight *f);
	bool in_line, sent;
} waits[] = {
	{ "room", for_room, false, false },
	{ "its turn", for_room, true, false },
	{ "its rate", for_its_rate, false, false },
	{ "acknowledgements", for_acks, false, true },
	{ "the release of its pages", for_release, false, true },
};

/* ---- events ---- */

static void peer_resets(struct flight *f)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(f->p.far, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(f->p.far);
	f->p.far = -1;
}

static void own_shutdown(struct flight *f)
{
	shutdown(f->p.near, SHUT_WR);
}

static void error_is_taken(struct flight *f)
{
	socklen_t len = sizeof(int);
	int err;

	peer_resets(f);
	getsockopt(f->p.near, SOL_SOCKET, SO_ERROR, &err, &len);
}

static void disconnect(struct flight *f)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect(f->p.near, &none, sizeof(none)))
		die("to disconnect");
}

/* Connects again with the same ports at both ends. */
static void connect_anew(struct flight *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET }, own;
	socklen_t len = sizeof(at);
	int on = 1, door, err;

	door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (getpeername(f->p.near, (struct sockaddr *)&at, &len))
		die("getpeername");
	len = sizeof(own);
	if (getsockname(f->p.near, (struct sockaddr *)&own, &len))
		die("getsockname");
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	disconnect(f);
	close(f->p.far);
	f->p.far = -1;
	if (bind(door, (struct sockaddr *)&at, sizeof(at)) || listen(door, 1))
		note("the port is not free");
	len = sizeof(err);
	getsockopt(f->p.near, SOL_SOCKET, SO_ERROR, &err, &len);
	if (connect(f->p.near, (struct sockaddr *)&at, sizeof(at)))
		note("not connected again");
	else
		f->p.far = accept(door, NULL, NULL);
	close(door);
}

/*
 * TCP ends the connection when its timer expires that was set before, maybe seconds
 * later: the event is when another sees the end, too.
 */
static void peer_vanishes(struct flight *f)
{
	struct pollfd p = { .fd = f->p.near };
	int ms = UNHEARD;

	if (setsockopt(f->p.near, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)))
		die("TCP_USER_TIMEOUT");
	shell("ip link set " VETH_NEAR " down");
	if (poll(&p, 1, GIVEN_UP) != 1)
		note("TCP keeps the connection");
	f->then = now_ns();
}

static const struct event {
	const char *name;
	void (*happens)(struct flight *f);
	bool spares_sent;		/* what was sent may arrive all the same */
	unsigned int late;		/* ms */
} events[] = {
	{ "its peer resets", peer_resets, false, 0 },
	{ "its own side is shut down", own_shutdown, true, 0 },
	{ "its error is taken by another", error_is_taken, false, 0 },
	{ "it is disconnected", disconnect, false, 0 },
	{ "it is connected anew", connect_anew, false, 1000 },
	{ "its peer is not heard of", peer_vanishes, false, 0 },
};

/* ---- one of each ---- */

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->ended, now_ns(), __ATOMIC_SEQ_CST);
	return NULL;
}

static void *run_front(void *arg)
{
	struct flight *f = arg;

	if (door_run(&f->front_door, &f->front, &f->front_res))
		note("the one in front was refused");
	return NULL;
}

static bool ended(const uint64_t *when, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 2) {
		if (__atomic_load_n(when, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(2);
	}
	return false;
}

static void take_off(struct flight *f, enum door_kind door, const struct wait *w)
{
	f->e = elem_file(file, 0, w->sent ? LEN : MIB);
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = f->p.near };
	f->front = f->q;
	w->prepare(f);
	door_open(&f->d, door);
	door_open(&f->front_door, DOOR_WAIT);
	if (w->in_line) {
		if (pthread_create(&f->front_thread, NULL, run_front, f))
			die("a thread");
		if (!live_becomes(1, BEGINS))
			die("the one in front is not live");
	}
	if (pthread_create(&f->thread, NULL, run, f))
		die("a thread");
	/* What is submitted only after the event is refused. */
	if (!live_becomes(w->in_line ? 2 : 1, BEGINS))
		die("it is not live");
	if (ended(&f->ended, 300))
		note("it did not wait");
}

static void land(struct flight *f, const struct wait *w)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };

	if (f->stuck && f->d.kind == DOOR_SEND)
		pthread_kill(f->thread, SIGUSR1);
	else if (f->stuck)
		ioctl(f->d.dev, ZCOPY_IOC_CANCEL, &c);
	pthread_join(f->thread, NULL);
	ioctl(f->front_door.dev, ZCOPY_IOC_CANCEL, &c);
	if (w->in_line)
		pthread_join(f->front_thread, NULL);
	door_close(&f->d);
	door_close(&f->front_door);
	pair_close(&f->p);
}

static void fly(struct flight *f, enum door_kind door, const struct wait *w,
		const struct event *ev)
{
	bool cable = ev->happens == peer_vanishes;

	*f = (struct flight){0};
	f->p = cable ? pair_veth(&veth, AF_INET) : pair_tight(AF_INET);
	take_off(f, door, w);
	f->then = now_ns();
	ev->happens(f);
	f->stuck = !ended(&f->ended, SOON + ev->late + STUCK);
	land(f, w);
	if (cable)
		shell("ip link set " VETH_NEAR " up");
}

static bool right(const struct flight *f)
{
	return !f->stuck && !f->err && f->res.status == ZCOPY_STATUS_SOCKET_ERROR;
}

static bool in_time(const struct flight *f, const struct event *ev)
{
	return f->ended < f->then + (SOON + ev->late) * MS;
}

static void cell(enum door_kind door, const struct wait *w, const struct event *ev)
{
	unsigned int tries = 0;
	struct flight f;

	/* While a rate holds back the next bytes, no packet need be in flight. */
	if (ev->happens == peer_vanishes && (!have_veth || w->prepare == for_its_rate))
		return;
	/* The machine may have paused: one that is right, but late, gets another try. */
	do {
		fly(&f, door, w, ev);
		note("%lld ms, status %u error %u%s",
		     (long long)(f.ended - f.then) / (long long)MS, f.res.status,
		     f.res.error, f.stuck ? ", when cancelled" : "");
	} while (right(&f) && !in_time(&f, ev) && ++tries < TRIES);
	ktap_ok(right(&f) && in_time(&f, ev), "door %d, waits for %s: %s", door, w->name,
		ev->name);
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
	have_veth = veth_up(&veth);
	if (!have_veth)
		ktap_skip("peers that vanish: no veth here");
	for (unsigned int w = 0; w < sizeof(waits) / sizeof(*waits); w++)
		for (unsigned int i = 0; i < sizeof(events) / sizeof(*events); i++)
			for (int door = DOOR_SEND; door <= DOOR_WAIT; door++)
				if (!waits[w].sent || !events[i].spares_sent)
					cell(door, &waits[w], &events[i]);
	if (have_veth)
		veth_down(&veth);
	return ktap_done();
}
