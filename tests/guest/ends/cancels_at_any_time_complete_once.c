// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers that run, wait in the queue of a socket, or have ended are cancelled at
 * random moments.  Each has one completion, and the peer sees exactly the bytes
 * that the completions report, in the order of submission.
 * guest: timeout=60
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define SIZE	(512 << 10)
#define NR	16
#define LINE	100
#define PIECE	20000		/* bytes of one transfer in the line */

static int dev, file;

/* Compares a stream that is made of the starts of files. */
static bool stream_is(int sock, const struct zcopy_result *res, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (sock_check(sock, 0, res[i].bytes) != (long)res[i].bytes)
			return false;
	}
	return true;
}

/* Sorts by the order of submission, which is in the cookie. */
static void sort(struct zcopy_result *res, unsigned int nr)
{
	struct zcopy_result swap;
	unsigned int i, j;

	for (i = 1; i < nr; i++) {
		for (j = i; j && res[j].cookie < res[j - 1].cookie; j--) {
			swap = res[j];
			res[j] = res[j - 1];
			res[j - 1] = swap;
		}
	}
}

struct heap {
	int sock;
	pthread_t thread;
	uint8_t *bytes;
	size_t got;
};

/* Reads all bytes into memory, because only later it is known what they should be. */
static void *swallow(void *arg)
{
	struct heap *st = arg;
	ssize_t n;

	while ((n = recv(st->sock, st->bytes + st->got,
			 (size_t)NR * SIZE - st->got, 0)) > 0)
		st->got += n;
	return NULL;
}

static const char *compare(const struct heap *st,
			   const struct zcopy_result *res)
{
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < NR; i++) {
		if (res[i].bytes > st->got - at)
			return "fewer bytes than told";
		if (!pattern_holds(st->bytes + at, 0, 0, res[i].bytes))
			return "wrong bytes";
		at += res[i].bytes;
	}
	return at < st->got ? "more bytes than told" : NULL;
}

static const char *random_moments(unsigned int seed, unsigned int *cancelled)
{
	struct heap st = { 0 };
	struct zcopy_result res[NR];
	uint64_t id[NR];
	struct raw q;
	const char *wrong;
	unsigned int i;
	int ret;
	struct pair s;

	srandom(seed);
	s = pair_open(true);
	st.sock = s.far;
	st.bytes = malloc((size_t)NR * SIZE);
	for (i = 0; i < NR; i++) {
		raw_fill(&q, s.near, file, 0, SIZE);
		q.s.cookie = i;
		if (raw_submit(dev, &q))
			return "submit";
		id[i] = q.s.id;
	}
	pthread_create(&st.thread, NULL, swallow, &st);
	for (i = 0; i < NR; i++) {
		usleep(random() % 3000);
		ret = dev_cancel(dev, id[random() % NR]);
		if (ret != 1 && ret != -ENOENT)
			return "cancel says something else";
	}
	wrong = dev_collect(dev, res, NR);
	close(s.near);
	pthread_join(st.thread, NULL);
	close(s.far);
	for (i = 0; i < NR; i++) {
		*cancelled += res[i].status == ZCOPY_STATUS_CANCELLED;
		if (dev_cancel(dev, id[i]) != -ENOENT)
			wrong = "what was collected can be cancelled";
		if (res[i].status != ZCOPY_STATUS_CANCELLED &&
		    (res[i].status != ZCOPY_STATUS_DONE || res[i].bytes != SIZE))
			wrong = "neither done nor cancelled";
	}
	sort(res, NR);
	if (!wrong)
		wrong = compare(&st, res);
	free(st.bytes);
	return wrong;
}

static void in_the_middle(void)
{
	static struct zcopy_result res[LINE];
	static uint64_t id[LINE];
	struct raw q;
	unsigned int i, done = 0;
	const char *wrong;
	struct pair s = pair_open(true);

	for (i = 0; i < LINE; i++) {
		raw_fill(&q, s.near, file, 0, PIECE + i);
		q.s.cookie = i;
		if (raw_submit(dev, &q))
			die("submit");
		id[i] = q.s.id;
	}
	ktap_eq(dev_cancel(dev, id[50]), 1, "one in the middle of a line is told");
	ktap_eq(dev_wait(dev, id[50], res, 1, 1, RESULT_MS), 1,
		"it ends while the others wait");
	ktap_eq(res[0].status, ZCOPY_STATUS_CANCELLED, "as cancelled");
	ktap_eq(res[0].bytes, 0, "without a byte");
	ktap_eq(dev_cancel(dev, id[50]), -ENOENT, "it is gone then");
	for (i = 0; i < LINE; i++) {
		if (i != 50 && sock_check(s.far, 0, PIECE + i) == PIECE + i)
			done++;
	}
	ktap_eq(done, LINE - 1, "the others arrive in order");
	wrong = dev_collect(dev, res, LINE - 1);
	if (!ktap_ok(!wrong, "each ends once"))
		note("%s", wrong);
	sort(res, LINE - 1);
	for (i = 0, done = 0; i < LINE - 1; i++)
		done += res[i].status == ZCOPY_STATUS_DONE &&
			res[i].cookie == i + (i >= 50);
	ktap_eq(done, LINE - 1, "all of them done");
	close(s.near);
	close(s.far);
}

static void head_of_the_line(void)
{
	struct zcopy_result res[3];
	struct raw q;
	unsigned int i;
	uint64_t first = 0;
	struct pair s = pair_open(true);

	for (i = 0; i < 3; i++) {
		raw_fill(&q, s.near, file, 0, SIZE);
		if (raw_submit(dev, &q))
			die("submit");
		if (!i)
			first = q.s.id;
	}
	sleep_ms(50);
	ktap_eq(dev_cancel(dev, first), 1, "the running one is told");
	ktap_eq(dev_wait(dev, first, res, 1, 1, RESULT_MS), 1, "it ends");
	ktap_eq(dev_cancel(dev, 0), 2, "all others are told");
	ktap_ok(!dev_collect(dev, res + 1, 2), "and end");
	close(s.near);
	ktap_ok(stream_is(s.far, res, 3), "the peer has what was told");
	ktap_eq(sock_check(s.far, 0, 1), 0, "and no more");
	close(s.far);
}

int main(void)
{
	unsigned int seed, seeds = guest_is_debug() ? 3 : 10, cancelled = 0;
	const char *wrong = NULL;

	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	for (seed = 1; seed <= seeds && !wrong; seed++)
		wrong = random_moments(seed, &cancelled);
	if (!ktap_ok(!wrong, "at random moments"))
		note("seed %u: %s", seed - 1, wrong);
	ktap_ok(cancelled, "%u of %u were cancelled", cancelled, NR * (seed - 1));
	in_the_middle();
	head_of_the_line();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

