// SPDX-License-Identifier: GPL-2.0
/*
 * A program that sleeps in its own send(2) on a TLS socket, because the peer does
 * not read, holds the kernel's TLS lock of that socket.  Transfers to that socket
 * wait for it without a worker, so that other transfers continue, and a submission
 * returns at once.  There are more such sockets than CPUs.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <linux/sockios.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "life.h"
#include "peers.h"
#include "tls.h"

#define NR	8
#define OWN	(256 * KIB)	/* a program's own bytes */
#define LONG	(1 * MIB)
#define SHORT	(32 * KIB)	/* sent in the call, if it can be */
#define SECONDS	(1000 * (int)guest_scale())

static int dev;

struct flight {
	struct pair p;
	pthread_t sender, reader;
	size_t len;
	uint64_t id, got;
	bool right;
};

static void *send_own(void *arg)
{
	const struct flight *f = arg;
	static char own[OWN];

	send(f->p.near, own, OWN, MSG_NOSIGNAL);
	return NULL;
}

/* Reads the program's own bytes, then the file's. */
static void *read_all(void *arg)
{
	static const char zeros[OWN];
	char *got = malloc(OWN + LONG);
	struct flight *f = arg;
	ssize_t n;

	while (f->got < OWN + f->len &&
	       (n = recv(f->p.far, got + f->got, OWN + f->len - f->got, 0)) > 0)
		f->got += n;
	if (f->got != OWN + f->len)
		printf("# %llu of %llu bytes\n", (unsigned long long)f->got,
		       (unsigned long long)(OWN + f->len));
	else if (memcmp(got, zeros, OWN))
		printf("# the program's own bytes are not first\n");
	f->right = f->got == OWN + f->len && !memcmp(got, zeros, OWN) &&
		   life_same(got + OWN, 0, f->len);
	free(got);
	return NULL;
}

static bool sends(const struct flight *f)
{
	int unacked = 0;

	return !ioctl(f->p.near, SIOCOUTQ, &unacked) && unacked > 0;
}

static void start(struct flight *f, int file, unsigned int i)
{
	uint64_t then = life_ms();
	struct life_req q;

	f->p = pair_tight(AF_INET);
	if (!pair_tls(&f->p))
		ktap_skip_all("no TLS in this kernel");
	f->len = i % 2 ? LONG : SHORT;
	f->got = 0;
	if (pthread_create(&f->sender, NULL, send_own, f))
		ktap_bail("a thread");
	/* The peer lacks room, so the program is in TLS from its first record on. */
	while (!sends(f) && life_ms() - then < (uint64_t)10 * SECONDS)
		life_nap(5);
	life_req(&q, f->p.near, file, 0, f->len);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	f->id = q.s.id;
}

int main(void)
{
	struct flight f[NR];
	struct zcopy_result res;
	unsigned int done = 0, right = 0;
	int file, other, s[2];
	struct life_reader reader;
	struct life_req q;
	uint64_t then;

	dev = life_open();
	other = life_open();
	file = life_file("file", LONG);
	then = life_ms();
	for (unsigned int i = 0; i < NR; i++)
		start(&f[i], file, i);
	ktap_ok(life_ms() - then < (uint64_t)10 * SECONDS, "submissions return, in %llu ms",
		(unsigned long long)(life_ms() - then));
	life_nap(SECONDS);
	ktap_eq(life_counter("transfers_active"), NR, "all of them wait");

	life_pair(s, false);
	life_req(&q, s[0], file, 0, LONG);
	life_reader_start(&reader, s[1], LONG);
	if (life_submit(other, &q))
		ktap_bail("submit");
	ktap_ok(life_wait(other, q.s.id, &res, 1, 1, 10 * SECONDS) == 1 &&
		res.status == ZCOPY_STATUS_DONE, "another transfer is done");
	close(s[0]);
	ktap_eq(life_reader_join(&reader), LONG, "and arrives");
	close(s[1]);

	for (unsigned int i = 0; i < NR; i++)
		if (pthread_create(&f[i].reader, NULL, read_all, &f[i]))
			ktap_bail("a thread");
	for (unsigned int i = 0; i < NR; i++) {
		done += life_wait(dev, f[i].id, &res, 1, 1, 20 * SECONDS) == 1 &&
			res.status == ZCOPY_STATUS_DONE && res.bytes == f[i].len;
		shutdown(f[i].p.near, SHUT_WR);
	}
	ktap_eq(done, NR, "once their peers read, all are done");
	for (unsigned int i = 0; i < NR; i++) {
		pthread_join(f[i].sender, NULL);
		pthread_join(f[i].reader, NULL);
		right += f[i].right;
		pair_close(&f[i].p);
	}
	ktap_eq(right, NR, "behind the programs' own bytes, all arrives");
	close(file);
	close(other);
	ktap_ok(life_rest(), "at rest");
	close(dev);
	return ktap_done();
}
