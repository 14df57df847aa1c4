// SPDX-License-Identifier: GPL-2.0
/*
 * Measures transfers next to those of another user, each from the call until its
 * last byte is at the peer and its completion was collected; see beside.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "beside.h"
#include "doors.h"
#include "fixture.h"
#include "ring.h"
#include "tls.h"
#include "users.h"

#define LONG	(1 * MIB)
#define MIDDLE	(96 * KIB)
#define SMALL	(4 * KIB)
#define BATCH	16
#define ROUNDS	6
#define LITTLE	(64 * KIB)	/* send buffer: the socket is closed before all is sent */
#define PATIENCE (2000 * (int)guest_scale())	/* ms for each transfer; twice that for a kind */

static const char *const beside_names[BESIDE_NR] = {
	[BESIDE_LONG]	 = "1 MiB",
	[BESIDE_MIDDLE]	 = "96 KiB",
	[BESIDE_SMALL]	 = "16 of 4 KiB",
	[BESIDE_CLOSED]	 = "1 MiB and the end of the stream",
	[BESIDE_LINGERS] = "1 MiB and the end of a stream that lingers",
	[BESIDE_TLS]	 = "96 KiB of TLS and the end of the stream",
	[BESIDE_OVERLAY] = "1 MiB of overlayfs",
	[BESIDE_RING]	 = "2 MiB by io_uring",
};

static struct beside *shared;		/* with the process that measures */

/* State of the process that measures */
static struct {
	int dev, file, overlay;
	struct pair s;
	struct ring ring;
	bool has_ring, has_tls;
} own;

/* What the process that measures is to do */
struct order {
	bool wanted[BESIDE_NR];
	beside_enough_fn enough;
	void *arg;
};

const char *beside_name(enum beside_kind kind)
{
	return beside_names[kind];
}

void beside_prepare(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("shared memory");
	close(file_to_read("beside", LONG));
	mkdir("beside.lower", 0755);
	mkdir("beside.empty", 0755);
	mkdir("beside.mnt", 0755);
	close(file_to_read("beside.lower/file", LONG));
	shell("modprobe -qa overlay tls gcm ghash-generic aesni-intel 2>/dev/null");
	if (mount("overlay", "beside.mnt", "overlay", MS_RDONLY,
		  "lowerdir=beside.lower:beside.empty"))
		note("no overlayfs: %s", strerror(errno));
}

void beside_end(void)
{
	umount("beside.mnt");
	munmap(shared, sizeof(*shared));
}

static bool encrypt_own(void)
{
	return pair_tls(&(struct pair){ .near = own.s.near, .far = own.s.far });
}

static void connect_own(enum beside_kind kind)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 10 };
	struct timeval patience = { PATIENCE / 1000, PATIENCE % 1000 * 1000 };
	int one = 1, little = LITTLE;

	own.s = pair_open(false);
	if (kind == BESIDE_CLOSED || kind == BESIDE_LINGERS)
		setsockopt(own.s.near, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	setsockopt(own.s.near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(own.s.far, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (kind == BESIDE_LINGERS &&
	    setsockopt(own.s.near, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die("SO_LINGER");
	if (kind == BESIDE_TLS && !encrypt_own())
		die("TLS");
}

static bool arrives(size_t len, bool to_the_end)
{
	static char buf[256 * KIB];
	size_t got = 0;
	ssize_t n;

	while (got < len || to_the_end) {
		n = recv(own.s.far, buf, sizeof(buf), 0);
		if (n <= 0)
			return !n && got == len;
		got += n;
	}
	return true;
}

static bool submit(int file, size_t len, uint64_t *id)
{
	struct raw q;

	raw_fill(&q, own.s.near, file, 0, len);
	if (raw_submit(own.dev, &q))
		return false;
	*id = q.s.id;
	return true;
}

static bool completes(uint64_t id)
{
	struct zcopy_result res;

	return dev_wait(own.dev, id, &res, 1, 1, PATIENCE) == 1 &&
	       res.status == ZCOPY_STATUS_DONE;
}

static bool one(int file, size_t len)
{
	uint64_t id;

	return submit(file, len, &id) && arrives(len, false) && completes(id);
}

static bool small(void)
{
	uint64_t id[BATCH] = {0};
	bool good = true;

	for (unsigned int i = 0; i < BATCH; i++)
		good = good && submit(own.file, SMALL, &id[i]);
	good = good && arrives(BATCH * SMALL, false);
	for (unsigned int i = 0; i < BATCH; i++)
		good = good && completes(id[i]);
	return good;
}

static bool closed(size_t len)
{
	uint64_t id;
	bool good = submit(own.file, len, &id);

	close(own.s.near);
	own.s.near = -1;
	return good && arrives(len, true) && completes(id);
}

static bool by_ring(void)
{
	struct io_uring_cqe cqe;
	struct raw q;

	/* More than an io_uring command sends in its submission */
	raw_fill(&q, own.s.near, own.file, 0, LONG);
	q.e[1] = q.e[0];
	q.s.nr_elems = 2;
	q.s.results = (uintptr_t)&q.r;
	q.s.result_size = sizeof(q.r);
	ring_send(ring_sqe(&own.ring), own.dev, &q.s, 1);
	return ring_submit(&own.ring) == 1 && arrives(2 * LONG, false) &&
	       ring_wait(&own.ring, &cqe, PATIENCE) && cqe.res >= 0;
}

static bool beside_once(enum beside_kind kind)
{
	switch (kind) {
	case BESIDE_LONG:
		return one(own.file, LONG);
	case BESIDE_MIDDLE:
		return one(own.file, MIDDLE);
	case BESIDE_SMALL:
		return small();
	case BESIDE_CLOSED:
	case BESIDE_LINGERS:
		return closed(LONG);
	case BESIDE_TLS:
		return closed(MIDDLE);
	case BESIDE_OVERLAY:
		return one(own.overlay, LONG);
	default:
		return by_ring();
	}
}

static bool there_is(enum beside_kind kind)
{
	if (kind == BESIDE_OVERLAY)
		return own.overlay >= 0;
	if (kind == BESIDE_TLS)
		return own.has_tls;
	return kind != BESIDE_RING || own.has_ring;
}

static int by_length(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

/* If the first half are all in time the rest would tell nothing new. */
static bool all_in_time(enum beside_kind kind, const struct order *o, const double *ms,
			unsigned int n)
{
	struct beside_time t = { .times = n, .done = n };

	for (unsigned int i = 0; i < n; i++)
		if (ms[i] > t.most_ms)
			t.most_ms = ms[i];
	t.often_ms = t.median_ms = t.most_ms;
	return o->enough(kind, &t, o->arg);
}

static void measure_kind(enum beside_kind kind, const struct order *o,
			 struct beside_time *t)
{
	uint64_t end = now_ms() + 2 * PATIENCE;
	double ms[BESIDE_TIMES];
	unsigned int n = 0;
	bool good = true;

	t->none = !there_is(kind);
	if (t->none)
		return;
	connect_own(kind);
	while (n < t->times && good && now_ms() < end) {
		uint64_t then;

		if (own.s.near < 0) {
			close(own.s.far);
			connect_own(kind);
		}
		then = now_ns();
		good = beside_once(kind);
		ms[n++] = (now_ns() - then) / 1e6;
		t->done += good;
		if (n == BESIDE_TIMES / 2 && t->done == n && all_in_time(kind, o, ms, n))
			t->times = n;
	}
	if (own.s.near >= 0)
		close(own.s.near);
	close(own.s.far);
	qsort(ms, n, sizeof(*ms), by_length);
	t->median_ms = ms[n / 2];
	t->often_ms = ms[(n - 1) * 9 / 10];
	t->most_ms = ms[n - 1];
}

static void measure(struct user *me, void *arg)
{
	const struct order *o = arg;

	own.dev = dev_open(0);
	own.file = open("beside", O_RDONLY | O_CLOEXEC);
	own.overlay = open("beside.mnt/file", O_RDONLY | O_CLOEXEC);
	if (own.file < 0)
		die("its file");
	own.has_ring = dev_has(ZCOPY_FEAT_URING) && !ring_open(&own.ring, 4, 0);
	connect_own(BESIDE_LONG);
	own.has_tls = encrypt_own();
	close(own.s.near);
	close(own.s.far);
	for (unsigned int i = 0; i < BESIDE_NR; i++)
		if (o->wanted[i])
			measure_kind(i, o, &shared->time[i]);
	user_say(me, 0);
}

static void measure_as(uid_t uid, struct order *o)
{
	struct user u;
	long done;

	/* A process that is killed must not seem to have done all of nothing. */
	memset(shared, 0, sizeof(*shared));
	for (unsigned int i = 0; i < BESIDE_NR; i++)
		shared->time[i].times = BESIDE_TIMES;
	user_start(&u, uid, measure, o);
	if (!user_hear(&u, &done, 60000 * guest_scale()))
		note("the process that measures has not ended");
	if (!user_ends(&u, 3000 * guest_scale())) {
		note("the process that measured cannot end");
		user_kill(&u);
	}
}

static bool better(const struct beside_time *a, const struct beside_time *b)
{
	return a->done != b->done ? a->done > b->done : a->often_ms < b->often_ms;
}

void beside_measure_until(struct beside *b, uid_t uid, beside_enough_fn enough,
			  void *arg)
{
	struct order o = { .enough = enough, .arg = arg };
	bool any = true;

	memset(o.wanted, true, sizeof(o.wanted));
	memset(b, 0, sizeof(*b));
	for (unsigned int round = 0; round < ROUNDS && any; round++) {
		measure_as(uid, &o);
		any = false;
		for (unsigned int i = 0; i < BESIDE_NR; i++) {
			const struct beside_time *t = &shared->time[i];
			bool good;

			if (!o.wanted[i])
				continue;
			good = t->none || (t->done == t->times && enough(i, t, arg));
			if (good || !round || better(t, &b->time[i]))
				b->time[i] = *t;
			o.wanted[i] = !good;
			any |= !good;
		}
	}
}

static bool often_enough(enum beside_kind kind, const struct beside_time *t, void *arg)
{
	const double *enough_ms = arg;

	(void)kind;
	return t->often_ms <= *enough_ms;
}

void beside_measure(struct beside *b, uid_t uid, double enough_ms)
{
	beside_measure_until(b, uid, often_enough, &enough_ms);
}

