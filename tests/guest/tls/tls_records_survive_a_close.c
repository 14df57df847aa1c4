// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer is not done while the kernel's TLS holds one of its records for lack
 * of room.  If the program closes the socket after the completion, the peer gets
 * all bytes.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define RECORD	(16 * KIB)	/* as much as fits */
#define ENOUGH	4

static int file;

static struct pair pair_secret(int sndbuf)
{
	struct pair p = pair_tight(AF_INET);

	if (!pair_tls(&p))
		ktap_skip_all("no TLS in this kernel");
	setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	return p;
}

/* Sends full records until TLS takes no more, at most @most. */
static unsigned int fill(int fd, unsigned int most, const char *bytes)
{
	unsigned int n = 0;

	while (n < most && send(fd, bytes + n * RECORD, RECORD, MSG_DONTWAIT) ==
			   (ssize_t)RECORD)
		n++;
	return n;
}

/* Number of records that fill TCP's buffer if it takes only a part of the last; or 0 */
static unsigned int records_to_a_cut(int sndbuf, const char *bytes)
{
	struct pair p = pair_secret(sndbuf);
	uint64_t one;
	unsigned int n;

	fill(p.near, 1, bytes);
	one = tcp_written(p.near);
	n = 1 + fill(p.near, MIB / RECORD - 1, bytes + RECORD);
	if (tcp_written(p.near) == n * one)
		n = 0;
	pair_close(&p);
	return n;
}

/* Long after the end of a transfer that would not wait for room */
static void *open_gate(void *r)
{
	sleep_ms(500);
	reader_go(r);
	return NULL;
}

static void close_after(enum door_kind kind, int sndbuf, unsigned int n,
			const char *bytes)
{
	struct pair p = pair_secret(sndbuf);
	/* Acknowledgements that come later may leave room for less. */
	unsigned int before = fill(p.near, n - 1, bytes);
	struct zcopy_elem e = elem_file(file, before * RECORD, RECORD);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct reader r = { .fd = p.far, .kind = READER_GATED };
	struct stream want = {0};
	struct zcopy_result res;
	pthread_t gate;
	struct door d;

	stream_pattern(&want, 8, 0, (before + 1) * RECORD);
	r.want = &want;
	reader_start(&r);
	if (pthread_create(&gate, NULL, open_gate, &r))
		die("a thread");
	door_open(&d, kind);
	ktap_ok(!door_run(&d, &q, &res) && res.status == ZCOPY_STATUS_DONE &&
		res.bytes == RECORD, "door %d, buffer of %d: done", kind, sndbuf);
	close(p.near);
	p.near = -1;
	pthread_join(gate, NULL);
	reader_join(&r);
	ktap_ok(reader_happy(&r), "all %u records arrive, of %u", before + 1, n);
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

int main(void)
{
	static char bytes[MIB];
	unsigned int cut = 0;

	file = file_make("source", 0, 8, MIB);
	if (pread(file, bytes, MIB, 0) != (ssize_t)MIB)
		die("the file");
	for (int sndbuf = 8 * KIB; sndbuf < (int)(128 * KIB) && cut < ENOUGH; sndbuf += KIB) {
		unsigned int n = records_to_a_cut(sndbuf, bytes);

		if (n)
			close_after(cut++ % 2 ? DOOR_WAIT : DOOR_SEND, sndbuf, n, bytes);
	}
	ktap_ok(cut, "%u times a record was cut", cut);
	return ktap_done();
}
