// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer waits for room in its socket, its turn, its rate, or the peer's
 * acknowledgement.  When the connection can no longer provide that, the transfer
 * ends within moments with the socket's error.  A socket that was disconnected and
 * connected again is not taken for the old connection.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include "ktap.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"

#define MS	1000000ULL
#define LEN	(250 * KIB)
#define SOON	(1000 * guest_scale())		/* ms: told, waited for, seen, on a busy machine */
#define STUCK	4000				/* ms: it will not end */
#define UNHEARD	700				/* ms: then TCP gives a peer up */

struct wait;

struct flight {
	enum door_kind door;
	const struct wait *wait;
	struct pair p;
	struct door d, front_door;
	struct zcopy_elem e;
	struct request q, front;
	struct zcopy_result res, front_res;
	pthread_t thread, front_thread;
	uint64_t ended, front_ended, then;
	int err;
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
#define NR_WAITS	(sizeof(waits) / sizeof(*waits))

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

/* Then the cable of all connections is taken out. */
static void peer_vanishes(struct flight *f)
{
	int ms = UNHEARD;

	if (setsockopt(f->p.near, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)))
		die("TCP_USER_TIMEOUT");
}

static const struct event {
	const char *name;
	void (*happens)(struct flight *f);
	bool spares_sent;		/* what was sent may arrive all the same */
	bool cable;
	unsigned int late;		/* ms */
} events[] = {
	{ "its peer resets", peer_resets, false, false, 0 },
	{ "its own side is shut down", own_shutdown, true, false, 0 },
	{ "its error is taken by another", error_is_taken, false, false, 0 },
	{ "it is disconnected", disconnect, false, false, 0 },
	{ "it is connected anew", connect_anew, false, false, 1000 },
	{ "its peer is not heard of", peer_vanishes, false, true, 3000 },
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
	for (unsigned int i = 0; i < ms; i += 5) {
		if (__atomic_load_n(when, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(5);
	}
	return __atomic_load_n(when, __ATOMIC_SEQ_CST);
}

static bool applies(const struct wait *w, const struct event *ev)
{
	/* While a rate holds back the next bytes, no packet need be in flight. */
	if (ev->cable && (!have_veth || w->prepare == for_its_rate))
		return false;
	return !w->sent || !ev->spares_sent;
}

static void prepare(struct flight *f, enum door_kind door, const struct wait *w,
		    const struct event *ev)
{
	*f = (struct flight){ .door = door, .wait = w };
	f->p = ev->cable ? pair_veth(&veth, AF_INET) : pair_tight(AF_INET);
	f->e = elem_file(file, 0, w->sent ? LEN : MIB);
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = f->p.near };
	f->front = f->q;
	w->prepare(f);
	door_open(&f->d, door);
	door_open(&f->front_door, DOOR_WAIT);
	if (w->in_line && pthread_create(&f->front_thread, NULL, run_front, f))
		ktap_bail("a thread");
}

static void judge(struct flight *f, const struct event *ev)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };

	ended(&f->ended, SOON + ev->late + STUCK);
	ktap_ok(f->ended && f->ended < f->then + (SOON + ev->late) * MS && !f->err &&
		f->res.status == ZCOPY_STATUS_SOCKET_ERROR,
		"door %d, waits for %s: %s", f->door, f->wait->name, ev->name);
	note("%lld ms, status %u error %u",
	     (long long)(f->ended - f->then) / (long long)MS, f->res.status,
	     f->res.error);
	if (!f->ended && f->door == DOOR_SEND)
		pthread_kill(f->thread, SIGUSR1);
	else if (!f->ended)
		ioctl(f->d.dev, ZCOPY_IOC_CANCEL, &c);
	pthread_join(f->thread, NULL);
	ioctl(f->front_door.dev, ZCOPY_IOC_CANCEL, &c);
	if (f->wait->in_line)
		pthread_join(f->front_thread, NULL);
	door_close(&f->d);
	door_close(&f->front_door);
	pair_close(&f->p);
}

/* All that wait for something wait at the same time, each with its own connection. */
static void all_at(const struct event *ev)
{
	static struct flight flights[2 * NR_WAITS];
	unsigned int nr = 0;

	for (unsigned int w = 0; w < NR_WAITS; w++)
		for (int door = DOOR_SEND; door <= DOOR_WAIT; door++)
			if (applies(&waits[w], ev))
				prepare(&flights[nr++], door, &waits[w], ev);
	sleep_ms(100);
	for (unsigned int i = 0; i < nr; i++)
		if (pthread_create(&flights[i].thread, NULL, run, &flights[i]))
			ktap_bail("a thread");
	sleep_ms(300);
	for (unsigned int i = 0; i < nr; i++) {
		if (ended(&flights[i].ended, 0))
			note("it did not wait");
		flights[i].then = now_ns();
		ev->happens(&flights[i]);
	}
	if (ev->cable && nr) {
		for (unsigned int i = 0; i < nr; i++)
			flights[i].then = now_ns();
		shell("ip link set " VETH_NEAR " down");
	}
	for (unsigned int i = 0; i < nr; i++)
		judge(&flights[i], ev);
	if (ev->cable && nr)
		shell("ip link set " VETH_NEAR " up");
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
	for (unsigned int i = 0; i < sizeof(events) / sizeof(*events); i++)
		all_at(&events[i]);
	if (have_veth)
		veth_down(&veth);
	return ktap_done();
}
