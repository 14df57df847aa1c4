// SPDX-License-Identifier: GPL-2.0
/*
 * A server's socket by TCP Fast Open is taken at every moment of its handshake's end,
 * which the kernel handles in whatever program owns the socket then: another thread
 * owns it over and over.  A probe makes the moment longer in which the socket is
 * neither half open nor connected.
 *
 * guest: timeout=120 takes=11
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "rawpeer.h"

#define ROUNDS	300
#define ASKS	30
#define TRACING	"/sys/kernel/tracing"

static struct rawpeer peer;
static atomic_int socket_now = -1;
static atomic_bool over;

static void *own(void *arg)
{
	static const char *const names[] = { "reno", "cubic" };

	for (unsigned int i = 0; !over; i++) {
		const char *name = names[i % 2];
		int fd = socket_now;

		if (fd >= 0)
			setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
	}
	return arg;
}

/* Slows down a function that is called between the two changes */
static void slow(bool on)
{
	if (on)
		shell("exec 2>/dev/null; mount -t tracefs tracefs " TRACING "; cd " TRACING
		      " && echo 'p:zct/slow tcp_rearm_rto' >kprobe_events && "
		      "echo stacktrace >events/zct/slow/trigger && "
		      "echo 1 >events/zct/slow/enable");
	else
		shell("exec 2>/dev/null; cd " TRACING " && echo 0 >events/zct/slow/enable; "
		      "echo '!stacktrace' >events/zct/slow/trigger; : >kprobe_events; "
		      ": >trace");
}

/* How often a transfer was refused while the handshake ended */
static unsigned int one_handshake(int dev, int file)
{
	struct linger at_once = { .l_onoff = 1 };
	struct zcopy_elem e = elem_file(file, 0, 1);
	struct request q = { .elems = &e, .nr = 1, .sock = rawpeer_half_open(&peer) };
	struct zcopy_result res;
	unsigned int refused = 0;

	socket_now = q.sock;
	sleep_ms(1);
	rawpeer_say(&peer, RAW_ACK, peer.seen, NULL);
	for (unsigned int i = 0; i < ASKS; i++)
		refused += dev_send(dev, &q, &res) == -ENOTCONN;
	socket_now = -1;
	setsockopt(q.sock, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(q.sock);
	rawpeer_hear(&peer, 1);
	return refused;
}

int main(void)
{
	unsigned int refused = 0, rounds = guest_is_debug() ? ROUNDS / 3 : ROUNDS;
	int file = file_make("file", 0, 5, 100), dev = dev_open(0);
	pthread_t t;

	signal(SIGPIPE, SIG_IGN);
	if (!rawpeer_open(&peer))
		ktap_skip_all("this kernel has no tun devices");
	slow(true);
	pthread_create(&t, NULL, own, NULL);
	for (unsigned int i = 0; i < rounds; i++)
		refused += one_handshake(dev, file);
	over = true;
	pthread_join(t, NULL);
	slow(false);
	rawpeer_close(&peer);
	ktap_eq(refused, 0, "no transfer is refused as not connected");
	close(dev);
	close(file);
	return ktap_done();
}
