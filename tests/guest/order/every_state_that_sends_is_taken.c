// SPDX-License-Identifier: GPL-2.0
/*
 * A socket is accepted in exactly the states in which send(2) sends without having to
 * wait for a connection.  One of them is a server's socket by TCP Fast Open before the
 * handshake is over: a transfer to it goes on after the handshake, and fails if the
 * handshake fails.  The test uses every door.
 *
 * needs: zcopy
 * guest: timeout=120 takes=13
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "rawpeer.h"

#define LEN	1000
#define LONG	(3 * MIB)	/* more than a socket holds */
#define SENDS	0
#define WHATEVER 1		/* kernels differ */

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

static struct rawpeer peer;
static int file;

static int state_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ? -1 :
	       info.tcpi_state;
}

static int fresh(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int listening(void)
{
	int fd = fresh();

	return listen(fd, 1) ? -1 : fd;
}

static int half_open(void) { return rawpeer_half_open(&peer); }
static int connected(void) { return rawpeer_connected(&peer); }
static int connecting(void) { return rawpeer_connecting(&peer); }

/* A connection whose SYN goes out with the first bytes, and not before */
static int deferred(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = fresh(), one = 1;

	sin.sin_addr.s_addr = inet_addr("10.79.0.2");
	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)) ||
	    connect(fd, (void *)&sin, sizeof(sin)))
		die("a connection that is put off");
	return fd;
}

static int both_at_once(void)
{
	int fd = rawpeer_connecting(&peer);

	rawpeer_say(&peer, RAW_SYN, 0, NULL);
	return fd;
}

static int peer_ended(void)
{
	int fd = connected();

	rawpeer_say(&peer, RAW_FIN | RAW_ACK, peer.seen, NULL);
	return fd;
}

static int we_ended(void)
{
	int fd = connected();

	shutdown(fd, SHUT_WR);
	rawpeer_expect(&peer);
	return fd;
}

static int we_ended_half_open(void)
{
	int fd = half_open();

	shutdown(fd, SHUT_WR);
	return fd;
}

static int end_acknowledged(void)
{
	int fd = we_ended();

	rawpeer_say(&peer, RAW_ACK, peer.seen, NULL);
	return fd;
}

static int both_ended(void)
{
	int fd = we_ended();

	rawpeer_say(&peer, RAW_FIN | RAW_ACK, peer.seen - 1, NULL);
	return fd;
}

static int peer_ended_first(void)
{
	int fd = peer_ended();

	shutdown(fd, SHUT_WR);
	return fd;
}

static int all_over(void)
{
	int fd = end_acknowledged();

	rawpeer_say(&peer, RAW_FIN | RAW_ACK, peer.seen, NULL);
	return fd;
}

static int reset_by_peer(void)
{
	int fd = connected();

	rawpeer_say(&peer, RAW_RST | RAW_ACK, peer.seen, NULL);
	return fd;
}

static int reset_half_open(void)
{
	int fd = half_open();

	rawpeer_say(&peer, RAW_RST, 0, NULL);
	return fd;
}

static const struct row {
	const char *what;
	int (*make)(void);
	int state;		/* TCP state; -1: differs between kernels */
	int sendfile;		/* SENDS, WHATEVER, or the errno without waiting */
	int zcopy;		/* SENDS, or the errno */
} rows[] = {
	{ "fresh", fresh, TCP_CLOSE, EPIPE, ENOTCONN },
	{ "listening", listening, TCP_LISTEN, EPIPE, EOPNOTSUPP },
	{ "connecting", connecting, TCP_SYN_SENT, EAGAIN, ENOTCONN },
	{ "connecting with the first bytes", deferred, TCP_SYN_SENT, WHATEVER,
	  ENOTCONN },
	{ "opened by both at once", both_at_once, TCP_SYN_RECV, EAGAIN, ENOTCONN },
	{ "half open", half_open, TCP_SYN_RECV, SENDS, SENDS },
	{ "half open, and ended by us", we_ended_half_open, -1, EPIPE, EPIPE },
	{ "half open, then reset", reset_half_open, TCP_CLOSE, ECONNRESET, ENOTCONN },
	{ "connected", connected, TCP_ESTABLISHED, SENDS, SENDS },
	{ "ended by the peer", peer_ended, TCP_CLOSE_WAIT, SENDS, SENDS },
	{ "ended by us", we_ended, TCP_FIN_WAIT1, EPIPE, EPIPE },
	{ "ended by us, acknowledged", end_acknowledged, TCP_FIN_WAIT2, EPIPE, EPIPE },
	{ "ended by both at once", both_ended, TCP_CLOSING, EPIPE, EPIPE },
	{ "ended by the peer, then us", peer_ended_first, TCP_LAST_ACK, EPIPE, EPIPE },
	{ "ended by us, then the peer", all_over, TCP_CLOSE, EPIPE, ENOTCONN },
	{ "reset", reset_by_peer, TCP_CLOSE, ECONNRESET, ENOTCONN },
};

/* Closes with a reset, which frees the sent data, so that nothing waits for the peer. */
static void let_go(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	rawpeer_hear(&peer, 1);
}

static int made(const struct row *row)
{
	int fd = row->make();

	/* Gives the network stack time. */
	sleep_ms(20);
	for (int i = 0; i < 2000 && row->state >= 0 && state_of(fd) != row->state; i++)
		sleep_ms(5);
	if (fd < 0 || (row->state >= 0 && state_of(fd) != row->state))
		die("%s: state %d, not %d", row->what, state_of(fd), row->state);
	return fd;
}

static void by_sendfile(const struct row *row)
{
	int fd = made(row), flags = fcntl(fd, F_GETFL);
	off_t off = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	n = sendfile(fd, file, &off, LEN);
	if (row->sendfile != WHATEVER)
		ktap_eq(n < 0 ? -errno : n, row->sendfile ? -row->sendfile : LEN,
			"%s: sendfile(2)", row->what);
	let_go(fd);
}

static void by_door(const struct row *row, enum door_kind kind)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = made(row) };
	struct zcopy_result res = {0};
	struct door d;
	int err;

	door_open(&d, kind);
	err = door_run(&d, &q, &res);
	if (!ktap_ok(row->zcopy ? err == -row->zcopy :
		     !err && !res.status && res.bytes == LEN,
		     "%s: door %d", row->what, kind))
		note("%d, status %u", err, res.status);
	door_close(&d);
	let_go(q.sock);
}

/* The transfer goes on when the handshake is over; nothing is acknowledged before. */
static void handshake_ends(enum door_kind kind)
{
	struct zcopy_elem e = elem_file(file, 0, LONG);
	struct request q = { .elems = &e, .nr = 1, .sock = half_open(),
			     .until = ZCOPY_UNTIL_ACKED };
	struct zcopy_result res = {0};
	struct door d;
	uint64_t id;
	int err;

	door_open(&d, kind);
	ktap_ok(!door_start(&d, &q, &id) && live_stalled() < LONG,
		"half open: door %d: it starts, and waits", kind);
	ktap_ok(rawpeer_drain(&peer, LONG), "all comes once the handshake is over");
	err = door_finish(&d, id, &res);
	if (!ktap_ok(!err && !res.status && res.bytes == LONG,
		     "and it has ended when all is acknowledged")) {
		note("%d", err);
		result_note(&res);
	}
	door_close(&d);
	let_go(q.sock);
}

static void handshake_fails(enum door_kind kind)
{
	struct zcopy_elem e = elem_file(file, 0, LONG);
	struct request q = { .elems = &e, .nr = 1, .sock = half_open() };
	struct zcopy_result res = {0};
	struct door d;
	uint64_t id;

	door_open(&d, kind);
	ktap_ok(!door_start(&d, &q, &id) && live_stalled() < LONG,
		"half open: door %d: it waits", kind);
	rawpeer_say(&peer, RAW_RST, 0, NULL);
	ktap_ok(!door_finish(&d, id, &res) && res.error == ECONNRESET &&
		res.status == ZCOPY_STATUS_SOCKET_ERROR,
		"and a reset instead of the handshake's end ends it");
	door_close(&d);
	let_go(q.sock);
}

/* Until acked: the acknowledgement of the handshake's SYN does not count as a byte. */
static void nothing_acknowledged(void)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = half_open(),
			     .until = ZCOPY_UNTIL_ACKED };
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t id;

	ktap_ok(!dev_submit(dev, &q, &id), "half open: acknowledgements are waited for");
	for (int i = 0; i < 1000 && peer.bytes < LEN; i++)
		rawpeer_hear(&peer, 50);
	ktap_eq(peer.bytes, LEN, "all was sent");
	rawpeer_say(&peer, RAW_ACK, peer.seen - 1, NULL);
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 300), 0, "a byte is missing");
	rawpeer_say(&peer, RAW_ACK, peer.seen, NULL);
	ktap_ok(dev_wait(dev, id, &res, 1, 1, 20000 * guest_scale()) == 1 &&
		!res.status, "the last byte ends it");
	close(dev);
	let_go(q.sock);
}

static bool has_door(enum door_kind kind)
{
	return kind != DOOR_URING || dev_has(ZCOPY_FEAT_URING);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	file = file_make("file", 0, 5, LONG);
	if (!rawpeer_open(&peer)) {
		ktap_skip("this kernel has no tun devices");
		return ktap_done();
	}
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		by_sendfile(&rows[i]);
		for (enum door_kind kind = 0; kind <= DOOR_URING; kind++) {
			if (has_door(kind))
				by_door(&rows[i], kind);
		}
	}
	nothing_acknowledged();
	for (enum door_kind kind = DOOR_WAIT; kind <= DOOR_URING; kind++) {
		if (has_door(kind)) {
			handshake_ends(kind);
			handshake_fails(kind);
		}
	}
	rawpeer_close(&peer);
	close(file);
	return ktap_done();
}
