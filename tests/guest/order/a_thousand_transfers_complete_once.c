// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand transfers to 40 sockets are submitted at once: each transfer completes
 * once, transfers to one socket complete in order, and every stream is exact.  A
 * thread that waits for a completion which another thread has collected neither
 * hangs nor spins.
 *
 * guest: timeout=120
 */
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define SOCKETS 40
#define EACH 25
#define ALL (SOCKETS * EACH)

static struct line {
	struct pair pair;
	struct reader r;
	struct stream want;
	unsigned int next;		/* the transfer that must complete next */
} lines[SOCKETS];

static unsigned char seen[ALL];
static uint64_t ids[ALL];
static int file, dev;

static uint64_t len_of(unsigned int n)
{
	return n * 7919 % 40000;
}

static void submit_all(void)
{
	for (unsigned int n = 0; n < ALL; n++) {
		struct line *l = &lines[n % SOCKETS];
		struct zcopy_elem elem = elem_file(file, n, len_of(n));
		struct request q = { .elems = &elem, .nr = 1,
				     .sock = l->pair.near, .cookie = n };

		if (dev_submit(dev, &q, &ids[n]))
			die("submit %u", n);
	}
}

static unsigned int collect_all(unsigned int *wrong, unsigned int *swapped)
{
	static struct zcopy_result res[64];
	unsigned int got = 0;

	*wrong = *swapped = 0;
	while (got < ALL) {
		int n = dev_wait(dev, 0, res, 64, 1, 20000);

		if (n <= 0)
			break;
		for (int i = 0; i < n; i++) {
			unsigned int c = res[i].cookie;

			if (c >= ALL || seen[c]++ || res[i].id != ids[c] ||
			    res[i].status || res[i].bytes != len_of(c) ||
			    !result_adds_up(&res[i]))
				++*wrong;
			else if (lines[c % SOCKETS].next++ != c / SOCKETS)
				++*swapped;
		}
		got += n;
	}
	return got;
}

static void thousand(void)
{
	unsigned int happy = 0, got, wrong, swapped;
	struct zcopy_result res;

	for (unsigned int i = 0; i < SOCKETS; i++) {
		struct line *l = &lines[i];

		l->pair = pair_tight(i % 2 ? AF_INET6 : AF_INET);
		for (unsigned int k = 0; k < EACH; k++)
			stream_pattern(&l->want, 71, i + k * SOCKETS,
				       len_of(i + k * SOCKETS));
		l->r = (struct reader){ .fd = l->pair.far, .want = &l->want,
			.kind = i % 5 == 0 ? READER_SMALL : READER_GATED };
		reader_start(&l->r);
	}
	submit_all();
	for (unsigned int i = 0; i < SOCKETS; i++)
		reader_go(&lines[i].r);
	got = collect_all(&wrong, &swapped);
	ktap_eq(got, ALL, "%d completions come", ALL);
	ktap_eq(wrong, 0, "each once, with its cookie and its bytes");
	ktap_eq(swapped, 0, "those of a socket in order");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 100), 0, "and no more");
	for (unsigned int i = 0; i < SOCKETS; i++) {
		struct line *l = &lines[i];

		shutdown(l->pair.near, SHUT_WR);
		reader_join(&l->r);
		happy += reader_happy(&l->r) && l->r.eof;
		pair_close(&l->pair);
		stream_free(&l->want);
	}
	ktap_eq(happy, SOCKETS, "all streams are exact");
}

struct waiter {
	uint64_t id;
	int got;
	pthread_t thread;
	bool over;
};

static void *waiter_run(void *arg)
{
	struct waiter *w = arg;
	struct zcopy_result res;

	w->got = dev_wait(dev, w->id, &res, 1, 1, -1);
	__atomic_store_n(&w->over, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool both_return(const struct waiter *w, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (!__atomic_load_n(&w[0].over, __ATOMIC_ACQUIRE) ||
	       !__atomic_load_n(&w[1].over, __ATOMIC_ACQUIRE)) {
		if (now_ms() > end)
			return false;
		sleep_ms(10);
	}
	return true;
}

/* A second transfer is held up all the while, so that the device stays busy. */
static void two_waiters(void)
{
	struct pair held = pair_tight(AF_INET), p = pair_tight(AF_INET);
	struct zcopy_elem elem = elem_file(file, 0, 600 * KIB);
	struct request q = { .elems = &elem, .nr = 1, .sock = held.near };
	struct stream want = {0};
	struct reader r = { .fd = p.far, .want = &want, .kind = READER_GATED,
			    .enough = 600 * KIB };
	struct waiter w[2] = {0};
	struct zcopy_result res;
	uint64_t held_id;

	stream_pattern(&want, 71, 0, 600 * KIB);
	if (dev_submit(dev, &q, &held_id))
		die("submit");
	q.sock = p.near;
	if (dev_submit(dev, &q, &w[0].id))
		die("submit");
	w[1].id = w[0].id;
	reader_start(&r);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&w[i].thread, NULL, waiter_run, &w[i]))
			die("a thread");
	sleep_ms(100);
	reader_join(&r);
	ktap_ok(both_return(w, 30000), "a waiter returns when another one collected the result");
	close(held.far);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	ktap_ok((w[0].got == 1) + (w[1].got == 1) == 1, "one of them got it");
	if (dev_wait(dev, held_id, &res, 1, 1, 10000) != 1)
		die("the held transfer");
	ktap_eq(res.status, ZCOPY_STATUS_SOCKET_ERROR, "a peer that goes ends a transfer");
	held.far = -1;
	pair_close(&held);
	pair_close(&p);
	stream_free(&want);
}

int main(void)
{
	file = file_make("thousand", 0, 71, MIB);
	dev = dev_open(0);
	thousand();
	two_waiters();
	close(dev);
	return ktap_done();
}
