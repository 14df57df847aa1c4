// SPDX-License-Identifier: GPL-2.0
/*
 * An administrator destroys a connection (ss -K) at either end, the program shuts it
 * down both ways, or the peer closes it without having read.  Each transfer in the
 * socket's line ends within moments with the socket's error, through each door and
 * whatever the transfers wait for.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include "ktap.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"

#define ROOM	(4 << 20)	/* the socket takes all that waits for acks */
#define SHORT	(250 * KIB)	/* more than the peer takes */
#define LONG	(4 * MIB)	/* more than both take */
#define IN_LINE	3
#define SLOW	16		/* bytes a second */
#define SOON	(15000 * guest_scale())	/* ms: any thread may be stopped for seconds */
#define LATE	(20000 * guest_scale())	/* ms: for the transfers to get in line */

struct flight {
	struct door d;
	struct zcopy_elem e;
	struct request q;
	struct zcopy_result res;
	pthread_t thread;
	int err;
	bool ended;
};

static int file;

/* ---- events ---- */

struct destroy {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

static void destroy_fill(struct destroy *m, int fd)
{
	struct sockaddr_in near, far;
	socklen_t len = sizeof(near);

	if (getsockname(fd, (struct sockaddr *)&near, &len) ||
	    getpeername(fd, (struct sockaddr *)&far, &len))
		die("addresses of a socket");
	*m = (struct destroy){
		.h = { .nlmsg_len = sizeof(*m), .nlmsg_type = SOCK_DESTROY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.r = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP },
	};
	m->r.id.idiag_sport = near.sin_port;
	m->r.id.idiag_dport = far.sin_port;
	m->r.id.idiag_src[0] = near.sin_addr.s_addr;
	m->r.id.idiag_dst[0] = far.sin_addr.s_addr;
	m->r.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	m->r.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* What "ss -K" does: 0 or an errno */
static int destroy(int fd)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char more[256];
	} answer;
	struct destroy m;

	destroy_fill(&m, fd);
	if (send(nl, &m, sizeof(m), 0) != sizeof(m) ||
	    recv(nl, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(answer.e)))
		die("sock_diag");
	close(nl);
	return -answer.e.error;
}

static void is_destroyed(struct pair *p)
{
	if (destroy(p->near))
		die("destroying the connection");
}

static void peer_is_destroyed(struct pair *p)
{
	if (destroy(p->far))
		die("destroying the connection of the peer");
}

static void is_shut_down(struct pair *p)
{
	shutdown(p->near, SHUT_RDWR);
}

static void peer_closes(struct pair *p)
{
	close(p->far);
	p->far = -1;
}

static const struct event {
	const char *name;
	void (*happens)(struct pair *p);
	bool destroys;
	bool spares_sent;		/* what was sent may arrive all the same */
} events[] = {
	{ "it is destroyed", is_destroyed, true, false },
	{ "its peer is destroyed", peer_is_destroyed, true, false },
	{ "it is shut down both ways", is_shut_down, false, true },
	{ "its peer closes without reading", peer_closes, false, false },
};

/* ---- transfers ---- */

static void *fly(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->ended, true, __ATOMIC_SEQ_CST);
	return NULL;
}

static void take_off(struct flight *f, const struct pair *p, enum door_kind kind,
		     uint32_t until, uint64_t rate)
{
	*f = (struct flight){ .e = elem_file(file, 0, until ? SHORT : LONG) };
	f->q = (struct request){ .elems = &f->e, .nr = 1, .sock = p->near,
				 .until = until, .rate = rate };
	door_open(&f->d, kind);
	if (pthread_create(&f->thread, NULL, fly, f))
		die("a thread");
}

/* The first one sends what it can, and the others get in line behind it. */
static void line_up(struct flight *f, const struct pair *p, enum door_kind kind,
		    uint32_t until, uint64_t rate)
{
	for (unsigned int i = 0; i < IN_LINE; i++) {
		take_off(&f[i], p, kind, until, rate);
		if (!live_becomes(i + 1, LATE))
			die("transfer %u is not live", i);
		if (!i)
			live_begins(LATE);
	}
	/* They are listed a moment before they wait. */
	sleep_ms(20 * guest_scale());
}

static bool ends(const struct flight *f)
{
	uint64_t end = now_ms() + SOON;

	while (!__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST)) {
		if (now_ms() > end)
			return false;
		sleep_ms(2);
	}
	return true;
}

/* Ends what still waits, so that the test goes on. */
static void land(struct flight *f, struct pair *p)
{
	if (!__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST)) {
		dev_cancel(f->d.dev, 0);
		shutdown(p->near, SHUT_RDWR);
		shutdown(p->far, SHUT_RDWR);
	}
	pthread_join(f->thread, NULL);
	door_close(&f->d);
}

static void row(const struct event *ev, enum door_kind kind, uint32_t until, uint64_t rate)
{
	struct pair p = pair_tight(AF_INET);
	struct flight f[IN_LINE];
	unsigned int good = 0;
	int room = ROOM;

	if (until && setsockopt(p.near, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		die("SO_SNDBUFFORCE");
	line_up(f, &p, kind, until, rate);
	ev->happens(&p);
	for (unsigned int i = 0; i < IN_LINE; i++) {
		bool in_time = ends(&f[i]);

		if (in_time && !f[i].err && f[i].res.status == ZCOPY_STATUS_SOCKET_ERROR)
			good++;
		else
			note("%s, status %u, error %u", in_time ? "ended" : "waits",
			     f[i].res.status, f[i].res.error);
	}
	ktap_eq(good, IN_LINE, "%s: door %d, until %u, rate %llu", ev->name, kind, until,
		(unsigned long long)rate);
	for (unsigned int i = 0; i < IN_LINE; i++)
		land(&f[i], &p);
	pair_close(&p);
}

static void rows(const struct event *ev, enum door_kind kind)
{
	if (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
		ktap_skip("%s: door %d: not in this kernel", ev->name, kind);
		return;
	}
	for (uint32_t until = 0; until <= ZCOPY_UNTIL_RELEASED; until++)
		if (!until || !ev->spares_sent)
			row(ev, kind, until, 0);
	row(ev, kind, ZCOPY_UNTIL_QUEUED, SLOW);
}

/* 0, or the errno of a kernel that destroys no connections */
static int try_to_destroy(void)
{
	struct pair p = pair_loopback(AF_INET);
	int err;

	shell("modprobe -q tcp_diag");
	err = destroy(p.near);
	pair_close(&p);
	return err;
}

int main(void)
{
	static const enum door_kind kinds[] = {
		DOOR_SEND, DOOR_READ, DOOR_NETLINK, DOOR_URING,
	};
	int err = try_to_destroy();

	file = file_make("file", 0, 1, LONG);
	for (unsigned int i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (err && events[i].destroys) {
			ktap_skip("%s: %s", events[i].name, strerror(err));
			continue;
		}
		for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			rows(&events[i], kinds[k]);
	}
	return ktap_done();
}
