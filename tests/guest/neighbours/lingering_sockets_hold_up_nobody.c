// SPDX-License-Identifier: GPL-2.0
/*
 * A program closes a socket with SO_LINGER while a transfer to it runs.  When the
 * transfer ends, no program waits in close(2) any more, so there is nothing to
 * linger for: neither its completion nor the end of another transfer waits for the
 * peer, which does not read, and the data in the socket still arrives.  A linger
 * time of zero still resets the connection.
 *
 * needs: zcopy
 * guest: timeout=100 skip-on=debug
 */
#include "ktap.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define LEN	(1 * MIB)
#define LINGER	20			/* seconds, which nobody may wait */
#define SOON	(LINGER / 2 * 1000 * guest_scale())	/* ms */
#define NR	6			/* more than there are CPUs */
#define LIMIT	(2000 * MS)		/* the program has closed its socket by then */

static int file, dev;

static void linger(int sock, int seconds)
{
	struct linger l = { .l_onoff = 1, .l_linger = seconds };

	if (setsockopt(sock, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		die("SO_LINGER");
}

static uint64_t submit(struct pair *p, int seconds, uint64_t deadline_ns)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p->near,
			     .deadline_ns = deadline_ns };
	uint64_t id;

	linger(p->near, seconds);
	if (dev_submit(dev, &q, &id))
		die("submit");
	sleep_ms(50);
	close(p->near);
	p->near = -1;
	return id;
}

/* Another transfer that holds the last reference to its socket and sends its FIN */
static void beside(const char *what)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct stream want = {0};
	struct zcopy_result res;
	struct reader r = { .fd = p.far, .kind = READER_GATED };
	int other = dev_open(0);
	uint64_t id, then;

	stream_pattern(&want, 8, 0, LEN);
	r.want = &want;
	reader_start(&r);
	linger(p.near, LINGER);
	if (dev_submit(other, &q, &id))
		die("submit");
	close(p.near);
	p.near = -1;
	then = now_ms();
	reader_go(&r);
	ktap_ok(dev_wait(other, id, &res, 1, 1, SOON) == 1 && !res.status,
		"%s: another transfer is done", what);
	reader_join(&r);
	ktap_ok(reader_happy(&r) && now_ms() - then < SOON,
		"%s: and its end arrives, after %llu ms", what,
		(unsigned long long)(now_ms() - then));
	close(other);
	pair_close(&p);
	stream_free(&want);
}

static void many(bool secret)
{
	const char *what = secret ? "TLS" : "plain";
	struct zcopy_result res[NR];
	struct pair p[NR];
	unsigned int n = 0;
	uint64_t id[NR];

	for (unsigned int i = 0; i < NR; i++) {
		p[i] = pair_tight(AF_INET);
		if (secret && !pair_tls(&p[i]))
			ktap_skip_all("no TLS in this kernel");
		id[i] = submit(&p[i], LINGER, LIMIT);
	}
	for (unsigned int i = 0; i < NR; i++)
		n += dev_wait(dev, id[i], &res[i], 1, 1, SOON) == 1 &&
		     res[i].status == ZCOPY_STATUS_DEADLINE;
	ktap_eq(n, NR, "%s: all end when their time is over", what);
	beside(what);
	n = 0;
	for (unsigned int i = 0; i < NR; i++) {
		struct reader r = { .fd = p[i].far };
		struct stream want = {0};

		stream_pattern(&want, 8, 0, LEN);
		r.want = &want;
		reader_start(&r);
		reader_join(&r);
		/*
		 * TLS cannot deliver a record that was cut, so its bytes may be
		 * missing.
		 */
		n += r.bad_at < 0 && (secret || (!r.err && r.eof && r.bytes == res[i].bytes));
		pair_close(&p[i]);
		stream_free(&want);
	}
	ktap_eq(n, NR, "%s: what their sockets had arrives", what);
}

static void no_time(void)
{
	struct pair p = pair_tight(AF_INET);
	struct pollfd reset = { .fd = p.far, .events = POLLHUP };
	struct zcopy_result res;
	uint64_t id;

	id = submit(&p, 0, LIMIT);
	if (dev_wait(dev, id, &res, 1, 1, SOON) != 1)
		die("wait");
	ktap_ok(poll(&reset, 1, 30000) == 1 && reset.revents & POLLERR,
		"to linger for no time still resets");
	pair_close(&p);
}

int main(void)
{
	file = file_make("source", 0, 8, MIB);
	dev = dev_open(0);
	many(false);
	many(true);
	no_time();
	close(dev);
	return ktap_done();
}
