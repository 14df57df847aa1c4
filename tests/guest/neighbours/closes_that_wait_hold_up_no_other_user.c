// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets whose last close has to wait delay only the user that owns them: TLS
 * sockets with a record that the peer has no room for, sockets in which a program
 * sleeps in send(2), and sockets that linger.
 *
 * guest: timeout=240 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "cut.h"
#include "peers.h"
#include "sleepers.h"
#include "tls.h"

#define EACH	(1 << 20)
#define OWN	(256 * KIB)	/* a program's own bytes */

static int file;

static bool tls_here(void)
{
	struct pair p = pair_tight(AF_INET);
	bool here = pair_tls(&p);

	pair_close(&p);
	return here;
}

static void tight(struct flight *f)
{
	struct pair p = pair_tight(AF_INET);

	f->s.near = p.near;
	f->s.far = p.far;
}

static void tight_tls(struct flight *f)
{
	tight(f);
	if (!pair_tls(&(struct pair){ .near = f->s.near, .far = f->s.far }))
		die("TLS");
}

/* The transfer holds the last reference to the socket, and ends. */
static void let_go(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		close(sleeper_flights[i].s.near);
		if (dev_cancel(sleeper_dev, sleeper_flights[i].id) < 0)
			die("cancel");
	}
}

static void cut_records(unsigned int nr)
{
	file = file_to_read("file1001", EACH);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];
		struct pair p = pair_cut_record();

		f->s.near = p.near;
		f->s.far = p.far;
		sleeper_submit(f, file, 0, EACH);
	}
	let_go(nr);
}

static void close_peers(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		close(sleeper_flights[i].s.far);
}

static void *send_own(void *arg)
{
	const struct flight *f = arg;
	static char own[OWN];

	send(f->s.near, own, OWN, MSG_NOSIGNAL);
	return NULL;
}

/* The program sleeps in TLS and holds its lock; the transfers wait for that lock. */
static void send_in_tls(unsigned int nr)
{
	file = file_to_read("file1001", EACH);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		tight_tls(f);
		if (pthread_create(&f->thread, NULL, send_own, f))
			die("a thread");
	}
	sleep_ms(500 * guest_scale());
	for (unsigned int i = 0; i < nr; i++)
		sleeper_submit(&sleeper_flights[i], file, 0, EACH);
}

/* A close that waits for 30 s until the peer has all */
static void linger(unsigned int nr)
{
	struct linger on = { .l_onoff = 1, .l_linger = 30 };

	file = file_to_read("file1001", EACH);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		tight(f);
		if (setsockopt(f->s.near, SOL_SOCKET, SO_LINGER, &on, sizeof(on)))
			die("SO_LINGER");
		sleeper_submit(f, file, 0, EACH);
	}
	sleep_ms(300 * guest_scale());
	let_go(nr);
}

static void linger_in_tls(unsigned int nr)
{
	struct linger on = { .l_onoff = 1, .l_linger = 30 };

	file = file_to_read("file1001", EACH);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		tight_tls(f);
		if (setsockopt(f->s.near, SOL_SOCKET, SO_LINGER, &on, sizeof(on)))
			die("SO_LINGER");
		sleeper_submit(f, file, 0, EACH);
	}
	sleep_ms(300 * guest_scale());
	let_go(nr);
}

static const struct sleeper rows[] = {
	{ .name = "TLS with a record that is cut", .nr = 24, .prepare = tls_here,
	  .attack = cut_records, .finish = close_peers },
	{ .name = "TLS that a program sends to", .nr = 32, .prepare = tls_here,
	  .attack = send_in_tls, .finish = sleeper_drain },
	{ .name = "lingering sockets", .nr = 32, .attack = linger,
	  .finish = close_peers },
	{ .name = "lingering TLS sockets", .nr = 32, .prepare = tls_here,
	  .attack = linger_in_tls, .finish = close_peers },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}
