// SPDX-License-Identifier: GPL-2.0
/*
 * A program that sleeps in its own send(2) on a TLS socket, because the peer does
 * not read, holds the kernel's TLS lock of that socket.  Transfers to that socket
 * wait for it without a worker, so that other transfers continue, and a submission
 * returns at once.  There are more such sockets than CPUs.
 *
 * needs: zcopy
 * guest: timeout=150
 */
#include "ktap.h"

#include <linux/sockios.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define NR	8
#define OWN	(256 * KIB)	/* a program's own bytes */
#define LONG	(1 * MIB)
#define SHORT	(32 * KIB)	/* sent in the call, if it can be */
#define SECONDS	(1000 * (int)guest_scale())
#define PATIENCE (30 * SECONDS)	/* what is held up never comes, as no peer reads */

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
		   pattern_holds(got + OWN, 0, 0, f->len);
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
	uint64_t then = now_ms();
	struct raw q;

	f->p = pair_tight(AF_INET);
	if (!pair_tls(&f->p))
		ktap_skip_all("no TLS in this kernel");
	f->len = i % 2 ? LONG : SHORT;
	f->got = 0;
	if (pthread_create(&f->sender, NULL, send_own, f))
		die("a thread");
	/* The peer lacks room, so the program is in TLS from its first record on. */
	while (!sends(f) && now_ms() - then < (uint64_t)PATIENCE)
		sleep_ms(5);
	raw_fill(&q, f->p.near, file, 0, f->len);
	if (raw_submit(dev, &q))
		die("submit");
	f->id = q.s.id;
}

int main(void)
{
	struct flight f[NR];
	struct zcopy_result res;
	unsigned int done = 0, right = 0;
	int file, other;
	struct pair s;
	struct reader reader;
	struct raw q;
	uint64_t then;

	dev = dev_open(0);
	other = dev_open(0);
	file = file_to_read("file", LONG);
	then = now_ms();
	for (unsigned int i = 0; i < NR; i++)
		start(&f[i], file, i);
	ktap_ok(now_ms() - then < (uint64_t)PATIENCE, "submissions return, in %llu ms",
		(unsigned long long)(now_ms() - then));
	sleep_ms(SECONDS);
	ktap_eq(counter_of("transfers_active"), NR, "all of them wait");

	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, LONG);
	reader_expect(&reader, s.far, LONG);
	if (raw_submit(other, &q))
		die("submit");
	ktap_ok(dev_wait(other, q.s.id, &res, 1, 1, PATIENCE) == 1 &&
		res.status == ZCOPY_STATUS_DONE, "another transfer is done");
	close(s.near);
	ktap_eq(reader_got(&reader), LONG, "and arrives");
	close(s.far);

	for (unsigned int i = 0; i < NR; i++)
		if (pthread_create(&f[i].reader, NULL, read_all, &f[i]))
			die("a thread");
	for (unsigned int i = 0; i < NR; i++) {
		done += dev_wait(dev, f[i].id, &res, 1, 1, PATIENCE) == 1 &&
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
	ktap_ok(counters_rest(), "at rest");
	close(dev);
	return ktap_done();
}

